"""`chargehub audit`: do the laws of money hold in this database? It reads, and changes nothing."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from chargehub.commands.audit import books, claims, debts, reading
from chargehub.commands.audit.findings import Finding
from chargehub.commands.audit.tally import Tally
from chargehub.commands.settings import fail, load
from chargehub.ledger.tables import TABLES
from chargehub.store.engines import parse_url, read_engine
from chargehub.store.migrate import is_migrated
from chargehub.store.work import Reads

BROKEN = 1
STYLES = {"holds": "green", "broken": "bold red", "open": "dim"}
_NO_TESTIMONY = (
    ("I5", "webhooks in any order, any number of times", "The tests of the rails show it."),
    ("I11", "a crash anywhere changes nothing", "The tests that kill the hub show it."),
    ("I13", "minted within the schedule", "No tokens are minted yet."),
    ("I14", "what is owed in tokens only grows", "No tokens are distributed yet."),
)


def run(database: str | None, noted: str | None, as_json: bool) -> int:
    """Print every law with its figure; the exit status: 1 if one is broken."""
    head, url = _head(noted), load(database=database).database
    _look_for(url)
    findings = findings_of(url, head)
    print(_json(findings)) if as_json else _print(findings)
    return BROKEN if any(one.state == "broken" for one in findings) else 0


def findings_of(database: str, noted: tuple[int, str] | None = None) -> list[Finding]:
    """Every law, in the order of its number. The chain must hold what was `noted` of it."""
    with _snapshot(database) as reads:
        return _audited(reads, noted)


def _audited(reads: Reads, noted: tuple[int, str] | None) -> list[Finding]:
    tally = Tally(noted)
    for linked in reading.links(reads):
        tally.add(linked)
    of_energy = tally.energy_finding(books.energy_of_cdrs(reads), books.energy_by_cdr(reads))
    findings = [
        *tally.findings(reading.stored(reads)),
        of_energy,
        books.division(reads),
        claims.taken(reads),
        claims.lifetimes(reads),
        claims.rails(reads),
        claims.credit(reads),
        debts.debts(reads),
        books.corrections(reads),
        books.once(reads),
        *(Finding(law, title, "open", told, {}) for law, title, told in _NO_TESTIMONY),
    ]
    return sorted(findings, key=_place)


def _place(found: Finding) -> tuple[bool, int]:
    """The chain first, then the laws by number, then those without one."""
    digits = found.law[1:]
    return found.law != "chain", int(digits) if digits.isdigit() else 99


def _head(noted: str | None) -> tuple[int, str] | None:
    if noted is None:
        return None
    match = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", noted)
    if match is None:
        fail("--noted is a head as an earlier audit printed it: its number, a colon, 64 digits.")
    return int(match[1]), match[2]


def _look_for(database: str) -> None:
    """See that there is something to read; a file that is not there would be made."""
    url = parse_url(database)
    if url.drivername.startswith("sqlite") and not Path(url.database or "").is_file():
        fail(f"There is no database at {url.database}.")
    try:
        if not is_migrated(database, *TABLES, "ledger_head"):
            fail("The database lacks this version's tables. Run `chargehub migrate` first.")
    except DBAPIError as error:
        fail(f"The database cannot be read: {error.orig}")


@contextmanager
def _snapshot(database: str) -> Iterator[Reads]:
    """One state of the database, whatever a running hub writes meanwhile."""
    engine = read_engine(database)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Reads(connection)
    finally:
        engine.dispose()


def _json(findings: Sequence[Finding]) -> str:
    told = {
        "version": metadata.version("chargehub"),
        "holds": all(one.state != "broken" for one in findings),
        "laws": [asdict(one) for one in findings],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _print(findings: Sequence[Finding]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for one in findings:
        text = Text(f"{one.title}\n{one.told}")
        for what in one.broken_by:
            text.append(f"\n-> {what}", style="italic")
        table.add_row(Text(one.law), Text(one.state, STYLES[one.state]), text)
    console = Console()
    console.print(table)
    broken = [one.law for one in findings if one.state == "broken"]
    console.print(f"BROKEN: {', '.join(broken)}." if broken else "No law is broken.")
