"""`chargehub audit`: do the laws of money hold in this database? It reads, and changes nothing."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from chargehub.audit.findings import Finding
from chargehub.audit.laws import findings_of
from chargehub.commands.settings import fail, load
from chargehub.ledger.tables import TABLES
from chargehub.store.engines import parse_url
from chargehub.store.migrate import is_migrated

BROKEN = 1
STYLES = {"holds": "green", "broken": "bold red", "open": "dim"}


def run(database: str | None, noted: str | None, as_json: bool) -> int:
    """Print every law with its figure; the exit status: 1 if one is broken."""
    head, url = _head(noted), load(database=database).database
    _look_for(url)
    findings = findings_of(url, head)
    print(_json(findings)) if as_json else _print(findings)
    return BROKEN if any(one.state == "broken" for one in findings) else 0


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
