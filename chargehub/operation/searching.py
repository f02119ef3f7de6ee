"""Finding anything by what an operator has in hand: an id, a station's name, a mail, a number.

What is looked for is compared with whole columns and their beginnings; who has a whole id also
finds what hangs on it. Each kind is bounded. Names and mails are looked through one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Table, or_, select
from sqlmodel import SQLModel

from chargehub.store.work import Reads

MOST: Final = 10  # of each kind
ID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing: in which columns a text is it (`begins`: or its beginning), of which whole
    ids it is a part, and what tells it apart."""

    table: str
    begins: tuple[str, ...] = ("id",)
    exact: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    title: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was found."""

    kind: str
    id: str
    title: str


KINDS: Final = (
    Kind("account", ("id", "email_folded", "name"), title=("name", "email")),
    Kind(
        "station",
        ("id", "identity", "name"),
        ("serial_number",),
        ("owner_id",),
        ("name", "identity", "status"),
    ),
    Kind(
        "booking",
        part_of=("driver_id", "owner_id", "station_id", "session_id"),
        title=("status", "starts_at"),
    ),
    Kind(
        "session",
        exact=("transaction_id",),
        part_of=("driver_id", "owner_id", "station_id"),
        title=("status", "started_at"),
    ),
    Kind(
        "payment",
        exact=("rail_reference",),
        part_of=("driver_id", "booking_id", "session_id"),
        title=("rail", "state", "rail_reference"),
    ),
    Kind("refund", exact=("rail_reference",), part_of=("payment_id",), title=("state",)),
    Kind("payout", exact=("rail_reference",), part_of=("owner_id",), title=("rail", "state")),
    Kind(
        "dispute",
        part_of=("driver_id", "owner_id", "session_id", "booking_id"),
        title=("kind", "status"),
    ),
    Kind("cdr", part_of=("session_id",), title=("kind", "created_at")),
    Kind(
        "invoice",
        ("id", "number"),
        part_of=("driver_id", "owner_id", "subject_id"),
        title=("number", "kind"),
    ),
)


def found(reads: Reads, text: str) -> tuple[Thing, ...]:
    """What fits the text, newest first of each kind, at most ten of each."""
    return tuple(thing for kind in KINDS for thing in _of_kind(reads, kind, text))


def _of_kind(reads: Reads, kind: Kind, text: str) -> Iterator[Thing]:
    table = SQLModel.metadata.tables[kind.table]
    columns = [table.c[name] for name in kind.title]
    fits = select(table.c.id, *columns).where(or_(*_fits(table, kind, text)))
    for key, *values in reads.all(fits.order_by(table.c.id.desc()).limit(MOST)):
        title = " · ".join(_said(value) for value in values if value not in (None, ""))
        yield Thing(kind.table, key, title)


def _said(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)


def _fits(table: Table, kind: Kind, text: str) -> Iterator[ColumnElement[bool]]:
    for name in kind.begins:
        if name == "id" and len(text) == ID_LENGTH:
            yield table.c.id == text
        else:
            yield table.c[name].istartswith(text, autoescape=True)
    for name in kind.exact:
        yield table.c[name] == text
    if len(text) == ID_LENGTH:
        for name in kind.part_of:
            yield table.c[name] == text
