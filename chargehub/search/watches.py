"""Watches as they are stored, and which of them a place concerns. Queries, and their rows.

A watch lies under every H3 cell that its circle touches, or under the id of its one EVSE. So
what comes free finds those who wait for it, and reads no others.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Index, bindparam, delete, func, select, text
from sqlmodel import Field, SQLModel

from chargehub.search.demand import LEAST_SHOWN, cell_of, cells_near, middle_of
from chargehub.search.rules import Filters, NeedAsked, Place, distance_m
from chargehub.search.watch import Watch, WatchKind, Wish, cells_around
from chargehub.stations.cells import Cell
from chargehub.stations.views import LocationView
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span

MOST_READ = 2_000  # watches of a cell, the oldest: to look through them takes some 30 ms
MOST_FINDS = 100  # EVSEs that one watch is judged about at a time
KEPT = timedelta(days=7)  # after its end, to be read by who was told
FORGET_AT_ONCE = 500


class WatchRow(SQLModel, table=True):
    """Somebody is to be told. `filters`: what `_filters` reads, without the time.

    `evse_id` None: it is about the circle. `due_at`: when to look at what was found for it; None:
    nothing was. `quiet_until`: until then nothing is told, and what comes is told together.
    `cell`: in which the place is counted.
    """

    __tablename__ = "watch"
    __table_args__ = (
        Index("ix_watch_account", "account_id", "id"),
        Index("ix_watch_cell", "cell", "expires_at"),
        Index("ix_watch_due", "due_at"),
        Index("ix_watch_expires_at", "expires_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36)
    kind: str = Field(max_length=6)
    latitude_e6: int | None = Field(default=None)
    longitude_e6: int | None = Field(default=None)
    radius_m: int
    cell: str | None = Field(default=None, max_length=15)
    evse_id: str | None = Field(default=None, max_length=36)
    starts_at: datetime | None = Field(default=None, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    filters: Any = Field(sa_type=Json)
    is_repeating: bool
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    quiet_until: datetime | None = Field(default=None, sa_type=Instant)
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    told: Any = Field(sa_type=Json)


class WatchPlace(SQLModel, table=True):
    """Where a watch is found: `place` is an H3 cell, or the id of an EVSE."""

    __tablename__ = "watch_place"
    __table_args__ = (
        Index("ix_watch_place_watch", "watch_id"),
        {"sqlite_with_rowid": False},
    )

    place: str = Field(primary_key=True, max_length=36)
    watch_id: str = Field(primary_key=True, max_length=36)


class WatchFind(SQLModel, table=True):
    """An EVSE that may have come free for a watch. `is_told`: told of as new, and never again."""

    __tablename__ = "watch_find"
    __table_args__ = ({"sqlite_with_rowid": False},)

    watch_id: str = Field(primary_key=True, max_length=36)
    evse_id: str = Field(primary_key=True, max_length=36)
    is_told: bool = Field(default=False)


class Waiting(NamedTuple):
    """What of a watch tells whether a place and a time concern it."""

    id: str
    account_id: str
    evse_id: str | None
    latitude_e6: int | None
    longitude_e6: int | None
    radius_m: int
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def during(self) -> Span | None:
        if self.starts_at is None or self.ends_at is None:
            return None
        return Span(self.starts_at, self.ends_at)

    def is_there(self, evse_id: str, place: Place) -> bool:
        """Whether it is about an EVSE at that place."""
        if self.latitude_e6 is None or self.longitude_e6 is None:
            return self.evse_id == evse_id
        around = Place(self.latitude_e6, self.longitude_e6)
        return distance_m(around, place) <= self.radius_m


WATCH, PLACE, FIND = table_of(WatchRow), table_of(WatchPlace), table_of(WatchFind)
_STANDS = WATCH.c.expires_at > bindparam("now", type_=Instant())
_AT = Hot(
    select(*(WATCH.c[name] for name in Waiting._fields))
    .join(PLACE, PLACE.c.watch_id == WATCH.c.id)
    .where(any_of(PLACE.c.place, "places"), any_of(WATCH.c.kind, "kinds"), _STANDS)
    .order_by(WATCH.c.id)
    .limit(MOST_READ)
)
_DUE = (
    select(WATCH)
    .where(WATCH.c.due_at <= bindparam("now", type_=Instant()))
    .order_by(WATCH.c.due_at)
)
_FINDS = Hot(
    select(FIND.c.evse_id)
    .where(FIND.c.watch_id == bindparam("watch_id"), FIND.c.is_told.is_(False))
    .order_by(FIND.c.evse_id)
    .limit(MOST_FINDS)
)
_NOTE = text(
    "INSERT INTO watch_find (watch_id, evse_id, is_told) VALUES (:watch_id, :evse_id, :is_told)"
    " ON CONFLICT DO NOTHING"
)
_WATCHERS = func.count(WATCH.c.account_id.distinct())
_AROUND = Hot(
    select(WATCH.c.cell, _WATCHERS.label("watchers"))
    .where(any_of(WATCH.c.cell, "cells"), _STANDS, WATCH.c.account_id != bindparam("but"))
    .group_by(WATCH.c.cell)
    .having(_WATCHERS >= LEAST_SHOWN)
    .order_by(_WATCHERS.desc(), WATCH.c.cell)
)
_COUNT = select(func.count()).where(WATCH.c.account_id == bindparam("account_id"), _STANDS)


def watch(reads: Reads, account_id: str, watch_id: str) -> Watch | None:
    """An account's watch, also one that ended a few days ago; or None."""
    wanted = select(WATCH).where(WATCH.c.id == watch_id, WATCH.c.account_id == account_id)
    row = reads.one(wanted)
    return None if row is None else _view(row)


def page(reads: Reads, account_id: str, after: str | None, limit: int) -> tuple[Watch, ...]:
    """An account's watches, the newest first, those made before `after`."""
    wanted = select(WATCH).where(WATCH.c.account_id == account_id)
    if after is not None:
        wanted = wanted.where(WATCH.c.id < after)
    rows = reads.all(wanted.order_by(WATCH.c.id.desc()).limit(limit))
    return tuple(_view(row) for row in rows)


def count(reads: Reads, account_id: str, now: datetime) -> int:
    """How many of an account's watches have not ended."""
    found: int = reads.value(_COUNT, account_id=account_id, now=now)
    return found


def at(
    reads: Reads, places: Sequence[str], kinds: Sequence[WatchKind], now: datetime
) -> tuple[Waiting, ...]:
    """The watches of some cells and EVSEs, the oldest first, `MOST_READ` at most."""
    return tuple(Waiting(*row) for row in reads.all(_AT, places=places, kinds=kinds, now=now))


def due(reads: Reads, now: datetime, limit: int) -> tuple[Watch, ...]:
    """Watches for which something was found, and that are not quiet."""
    return tuple(_view(row) for row in reads.all(_DUE.limit(limit), now=now))


def finds(reads: Reads, watch_id: str) -> list[str]:
    """The EVSEs that were found for a watch and are not told of yet, `MOST_FINDS` at most."""
    return [row.evse_id for row in reads.all(_FINDS, watch_id=watch_id)]


def around(reads: Reads, location: LocationView, now: datetime) -> list[tuple[Cell, int]]:
    """How many drivers watch for a charger around a location, by cell, most first; from five on."""
    cells = cells_near(location)
    rows = reads.all(_AROUND, cells=cells, now=now, but=location.owner_id)
    return [(middle_of(row.cell), row.watchers) for row in rows]


def add(work: Work, new: Watch) -> None:
    """Store a watch, to be found from where it looks."""
    wish, filters = new.wish, new.wish.filters
    during, around = filters.during, wish.around
    work.insert(
        WatchRow,
        id=new.id,
        account_id=new.account_id,
        kind=wish.kind,
        latitude_e6=around.latitude_e6 if around else None,
        longitude_e6=around.longitude_e6 if around else None,
        radius_m=wish.radius_m,
        cell=cell_of(around.latitude_e6, around.longitude_e6) if around else None,
        evse_id=wish.evse_id,
        starts_at=during.start if during else None,
        ends_at=during.end if during else None,
        filters=_as_json(filters),
        is_repeating=new.is_repeating,
        created_at=new.created_at,
        expires_at=new.expires_at,
        told=[],
    )
    places = (wish.evse_id,) if wish.evse_id else cells_around(_place(around), wish.radius_m)
    for place in places:
        work.insert(WatchPlace, place=place, watch_id=new.id)


def note(work: Work, watch_id: str, evse_ids: Sequence[str], is_told: bool = False) -> None:
    """Remember EVSEs for a watch, each once."""
    for evse_id in evse_ids:
        work.execute(_NOTE, watch_id=watch_id, evse_id=evse_id, is_told=is_told)


def forget_finds(work: Work, watch_id: str, evse_ids: Sequence[str]) -> None:
    """What was found for a watch has been looked at; another hub may find more just now."""
    is_it = (FIND.c.watch_id == watch_id) & FIND.c.evse_id.in_(evse_ids)
    work.execute(delete(FIND).where(is_it))


def remove(work: Work, watch_ids: Sequence[str]) -> int:
    """Delete watches with all that hangs on them; how many there were."""
    if not watch_ids:
        return 0
    for table in (FIND, PLACE):
        work.execute(delete(table).where(table.c.watch_id.in_(watch_ids)))
    return work.execute(delete(WATCH).where(WATCH.c.id.in_(watch_ids)))


def _as_json(filters: Filters) -> dict[str, Any]:
    need = filters.need
    return {
        "connector_types": list(filters.connector_types),
        "min_power_w": filters.min_power_w,
        "amenities": list(filters.amenities),
        "is_instant": filters.is_instant,
        "access": filters.access,
        "need": [need.energy_wh, need.currency, need.max_total_minor] if need else None,
    }


def _filters(body: dict[str, Any], during: Span | None, viewer_id: str) -> Filters:
    return Filters(
        during=during,
        connector_types=tuple(body["connector_types"]),
        min_power_w=body["min_power_w"],
        need=NeedAsked(*body["need"]) if body["need"] else None,
        viewer_id=viewer_id,
        amenities=tuple(body["amenities"]),
        is_instant=body["is_instant"],
        access=body["access"],
    )


def _view(row: Any) -> Watch:
    during = None if row.starts_at is None else Span(row.starts_at, row.ends_at)
    around = None if row.latitude_e6 is None else Place(row.latitude_e6, row.longitude_e6)
    filters = _filters(row.filters, during, row.account_id)
    return Watch(
        row.id,
        row.account_id,
        Wish(row.kind, filters, around, row.radius_m, row.evse_id),
        row.is_repeating,
        row.created_at,
        row.expires_at,
        row.told_at,
        tuple(row.told),
    )


def _place(around: Place | None) -> Place:
    assert around is not None
    return around
