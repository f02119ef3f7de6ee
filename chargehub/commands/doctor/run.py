"""`chargehub doctor`: is this installation fit to run a hub? It looks, and changes nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import orjson
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chargehub.commands.doctor import configuration, database, files, machine, running
from chargehub.commands.doctor.checks import Finding, examine, unread
from chargehub.commands.doctor.facts import Facts
from chargehub.commands.doctor.verdicts import BY_GRAVITY, worst
from chargehub.commands.settings import sentence_of, settings_of
from chargehub.observe import set_up_log
from chargehub.settings import Settings

FAILED = 1
STYLES = {"green": "green", "yellow": "yellow", "red": "bold red", "skipped": "dim"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the doctor. `database` None: as the settings say.

    `clock`: a URL whose server tells the time; None: no server is asked. `mail`: knock at the
    mail server. `strict`: yellow fails too.
    """

    database: str | None = None
    clock: str | None = None
    mail: bool = False
    strict: bool = False
    as_json: bool = False


def run(wanted: Wanted) -> int:
    """Print what was found; the exit status: 1 if something is red, or in strict yellow."""
    set_up_log("CRITICAL", as_json=False)  # what the looked-at would log is told by the findings
    findings = examined(wanted)
    overall = worst(each.colour for each in findings)
    print(_json(findings)) if wanted.as_json else _print(findings)
    return FAILED if overall == "red" or (wanted.strict and overall == "yellow") else 0


def examined(wanted: Wanted) -> tuple[Finding, ...]:
    """Every finding, in the order of the table."""
    try:
        settings = settings_of(database=wanted.database)
    except ValidationError as error:
        return unread(sentence_of(error))
    return examine(gather(settings, wanted))


def gather(settings: Settings, wanted: Wanted) -> Facts:
    """Look everywhere, once."""
    secret, secret_problem = files.secret_of(settings)
    found = database.look(settings.database, secret)
    is_file = found.kind == "SQLite" and found.state != "unreachable"
    ports, hub = running.look(settings)
    return Facts(
        configured=configuration.look(settings, wanted.mail),
        database=found,
        files=files.look(settings, secret, secret_problem),
        machine=machine.look(Path(found.where).parent if is_file else Path(), wanted.clock),
        ports=ports,
        running=hub,
        now=datetime.now(UTC),  # last: what was read before must not lie in the future
    )


def _json(findings: Sequence[Finding]) -> str:
    told = {
        "version": metadata.version("chargehub"),
        "colour": worst(each.colour for each in findings),
        "checks": [asdict(each) for each in findings],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _print(findings: Sequence[Finding]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for each in findings:
        text = Text(each.seen)
        if each.advice:
            text.append(f"\n-> {each.advice}", style="italic")
        table.add_row(Text(each.colour, STYLES[each.colour]), Text(each.name), text)
    counts = {one: sum(each.colour == one for each in findings) for one in BY_GRAVITY}
    console = Console()
    console.print(table)
    console.print(", ".join(f"{count} {one}" for one, count in counts.items() if count))
