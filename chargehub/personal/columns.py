"""Which columns can name or tell of a person, by what they are; and whose a row is."""

from collections.abc import Iterator

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    select,
)
from sqlmodel import SQLModel

from chargehub.personal.rules import HELD, NOBODYS, Held
from chargehub.store.columns import Json

PERSONS = frozenset(
    ("account_id", "driver_id", "owner_id", "actor_id", "blocked_by", "knocked_from", "email")
)
SHORT = 40  # signs: in a longer text somebody can have written something


def table(name: str) -> Table:
    """The table of this name."""
    return SQLModel.metadata.tables[name]


def is_telling(column: Column[object]) -> bool:
    """Can this column name a person, or hold what a person wrote?

    Keys of other rows and ids are no texts; JSON, files, days and texts of some length are.
    """
    if column.name in PERSONS:
        return True
    if column.name == "id" or column.name.endswith("_id"):
        return False
    kind = column.type
    if isinstance(kind, Json | LargeBinary | Date):
        return True
    plain = kind.impl if isinstance(kind, TypeDecorator) else kind
    return isinstance(plain, String) and (plain.length is None or plain.length > SHORT)


def uncovered() -> Iterator[str]:
    """The telling columns, as table.column, that no line of `rules.HELD` knows."""
    for each in SQLModel.metadata.sorted_tables:
        lines = [held for held in HELD if held.table == each.name]
        if any(held.is_deleted for held in lines):
            continue
        known = {name for held in lines for name in _known(held)}
        for column in each.columns:
            name = f"{each.name}.{column.name}"
            if is_telling(column) and column.name not in known and name not in NOBODYS:
                yield name


def _known(held: Held) -> tuple[str, ...]:
    by = held.by.partition("@")[0]
    return by, *held.blank, *held.cut, *held.kept, *held.hidden


def theirs(held: Held, account_id: str) -> ColumnElement[bool]:
    """The rows of the line's table that are about this person."""
    column, _, parent = held.by.partition("@")
    mine = table(held.table).c[column]
    if not parent:
        return mine == account_id
    (key,) = table(parent).primary_key.columns
    # The first way counts: what hangs on sessions, bookings and payments is their driver's.
    way = next(line for line in HELD if line.table == parent)
    return mine.in_(select(key).where(theirs(way, account_id)))
