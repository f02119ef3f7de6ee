"""What tariffs that move said when, and how they move. A version is never changed.

A tariff without versions says what it was made with, for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, select
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of
from chargehub.tariffs.dynamic import RATE_OVER


class TariffVersion(SQLModel, table=True):
    """What a tariff said from `since` until its next version. `signals`: what moved it there."""

    __tablename__ = "tariff_version"
    __table_args__ = (
        Index("ix_tariff_version_since", "tariff_id", "since", "id"),
        Index("ix_tariff_version_snapshot", "tariff_id", "snapshot_id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    tariff_id: str = Field(max_length=36, foreign_key="tariff.id")
    snapshot_id: str = Field(max_length=64, foreign_key="tariff_snapshot.id")
    since: datetime = Field(sa_type=Instant)
    signals: Any = Field(default=None, sa_type=Json, nullable=True)


class TariffDynamics(SQLModel, table=True):
    """By what the prices of a tariff move (`rule`, see `dynamic.read`), and when next."""

    __tablename__ = "tariff_dynamics"
    __table_args__ = (Index("ix_tariff_dynamics_due", "due_at"),)

    tariff_id: str = Field(primary_key=True, max_length=36, foreign_key="tariff.id")
    base_snapshot_id: str = Field(max_length=64, foreign_key="tariff_snapshot.id")
    area: str | None = Field(default=None, max_length=32)
    rule: Any = Field(sa_type=Json)
    signals: Any = Field(default=None, sa_type=Json, nullable=True)
    stated_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of a tariff. `signals` None: it is what the tariff was made with."""

    id: str
    snapshot_id: str
    since: datetime
    signals: Any


VERSION = table_of(TariffVersion)
DYNAMICS = table_of(TariffDynamics)

_COLUMNS = (VERSION.c.id, VERSION.c.snapshot_id, VERSION.c.since, VERSION.c.signals)
_NEWEST_FIRST = (VERSION.c.since.desc(), VERSION.c.id.desc())
_AT = Hot(
    select(*_COLUMNS)
    .where(
        VERSION.c.tariff_id == bindparam("tariff_id"),
        VERSION.c.since <= bindparam("at", type_=Instant()),
    )
    .order_by(*_NEWEST_FIRST)
    .limit(1)
)
_LAST = Hot(
    select(*_COLUMNS)
    .where(
        VERSION.c.tariff_id == bindparam("tariff_id"),
        VERSION.c.since > bindparam("at", type_=Instant()),
    )
    .order_by(*_NEWEST_FIRST)
    .limit(20)  # four an hour, and what an owner stated in between
)
_RULE = Hot(select(DYNAMICS).where(DYNAMICS.c.tariff_id == bindparam("tariff_id")))
_DUE = Hot(
    select(DYNAMICS.c.tariff_id)
    .where(DYNAMICS.c.due_at <= bindparam("now", type_=Instant()))
    .order_by(DYNAMICS.c.due_at)
    .limit(bindparam("most"))
)


def rule_of(reads: Reads, tariff_id: str) -> Any:
    """The row that says how a tariff moves; None: it does not."""
    return reads.one(_RULE, tariff_id=tariff_id)


def version_at(reads: Reads, tariff_id: str, at: datetime) -> VersionView | None:
    """What held at an instant; None: it had no versions by then."""
    row = reads.one(_AT, tariff_id=tariff_id, at=at)
    return None if row is None else VersionView(*row)


def within_the_hour(reads: Reads, tariff_id: str, now: datetime) -> Sequence[VersionView]:
    """The versions that held in the hour before, the newest first."""
    since = now - RATE_OVER
    found = [VersionView(*row) for row in reads.all(_LAST, tariff_id=tariff_id, at=since)]
    first = version_at(reads, tariff_id, since)
    return found if first is None else [*found, first]


def was_said(reads: Reads, tariff_id: str, snapshot_id: str) -> bool:
    """Is this one of the tariff's versions?"""
    is_it = (VERSION.c.tariff_id == tariff_id) & (VERSION.c.snapshot_id == snapshot_id)
    return reads.value(select(VERSION.c.id).where(is_it).limit(1)) is not None


def versions_of(
    reads: Reads, tariff_id: str, before: tuple[datetime, str] | None, limit: int
) -> tuple[VersionView, ...]:
    """A tariff's versions, the newest first, those before an instant and id."""
    statement = select(*_COLUMNS).where(VERSION.c.tariff_id == tariff_id)
    if before is not None:
        since, version_id = before
        is_earlier = VERSION.c.since < since
        is_beside = (VERSION.c.since == since) & (VERSION.c.id < version_id)
        statement = statement.where(is_earlier | is_beside)
    rows = reads.all(statement.order_by(*_NEWEST_FIRST).limit(limit))
    return tuple(VersionView(**row._mapping) for row in rows)


def due(reads: Reads, now: datetime, limit: int) -> Sequence[str]:
    """The tariffs whose prices are to be worked out now."""
    return [row[0] for row in reads.all(_DUE, now=now, most=limit)]
