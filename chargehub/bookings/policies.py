"""Booking policies of owners, version by version; a booking keeps a copy of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Text, bindparam, func, select, type_coerce
from sqlmodel import Field, SQLModel

from chargehub.bookings.rules import DEFAULTS, Policy
from chargehub.bookings.tables import BookingView
from chargehub.bookings.terms import read_policy
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads, table_of


class BookingPolicyRow(SQLModel, table=True):
    """A policy an owner stated for a station's EVSEs. The newest counts; none ever changes.

    `terms` is the JSON of `terms.write_policy`.
    """

    __tablename__ = "booking_policy"

    station_id: str = Field(primary_key=True, max_length=36)
    version: int = Field(primary_key=True)
    terms: Any = Field(sa_type=Json)
    stated_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Stated:
    """A policy and which one it is; version 0 and no instant: the owner stated none."""

    policy: Policy
    version: int = 0
    stated_at: datetime | None = None


POLICY = table_of(BookingPolicyRow)

_NEWEST = Hot(
    select(POLICY.c.version, POLICY.c.terms, POLICY.c.stated_at)
    .where(POLICY.c.station_id == bindparam("station_id"))
    .order_by(POLICY.c.version.desc())
    .limit(1)
)
_LATER = POLICY.alias("later")
_NEWEST_OF = Hot(
    select(POLICY.c.station_id, type_coerce(POLICY.c.terms, Text).label("terms")).where(
        any_of(POLICY.c.station_id, "station_ids"),
        POLICY.c.version
        == select(func.max(_LATER.c.version))
        .where(_LATER.c.station_id == POLICY.c.station_id)
        .scalar_subquery(),
    )
)


def current(reads: Reads, station_id: str) -> Stated:
    """How a station's EVSEs may be booked now."""
    row = reads.one(_NEWEST, station_id=station_id)
    if row is None:
        return Stated(DEFAULTS)
    return Stated(read_policy(row.terms), row.version, row.stated_at)


def current_of(reads: Reads, station_ids: Sequence[str]) -> dict[str, Policy]:
    """How the EVSEs of some stations may be booked now; without those whose owner stated none.

    Equal terms are one and the same value: owners mostly state the same few.
    """
    rows = reads.all(_NEWEST_OF, station_ids=station_ids)
    return {station_id: _read(terms) for station_id, terms in rows}


@lru_cache(maxsize=4096)
def _read(terms: str) -> Policy:
    return read_policy(orjson.loads(terms))


def of_booking(booking: BookingView) -> Policy:
    """The policy that a booking was made on."""
    return DEFAULTS if booking.policy is None else read_policy(booking.policy)
