"""Everything that is held about a person, as JSON."""

import base64
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from chargehub.personal.columns import table, theirs
from chargehub.personal.rules import HELD, SECRET, Held
from chargehub.store.work import Reads

MOST_ROWS = 20_000  # of one line


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table; `by` says as whom. `is_cut`: there are more than are shown."""

    table: str
    by: str
    rows: list[dict[str, Any]]
    is_cut: bool


def export(reads: Reads, account_id: str) -> list[Part]:
    """All rows about the account, without secrets and without what is another's."""
    parts = [_part(reads, held, account_id) for held in HELD]
    return [part for part in parts if part.rows]


def _part(reads: Reads, held: Held, account_id: str) -> Part:
    shown = [
        column
        for column in table(held.table).columns
        if column.name not in SECRET and column.name not in held.hidden
    ]
    is_theirs = theirs(held, account_id)
    if "seq_no" in table(held.table).c:  # mere readings are shown as such, and are in no index
        is_theirs &= table(held.table).c.seq_no.is_not(None)
    found = reads.all(select(*shown).where(is_theirs).limit(MOST_ROWS + 1))
    rows = [
        {name: _json(value) for name, value in row._mapping.items()} for row in found[:MOST_ROWS]
    ]
    return Part(held.table, held.by, rows, len(found) > MOST_ROWS)


def _json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, Decimal) else value
