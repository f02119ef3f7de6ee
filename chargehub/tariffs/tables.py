"""Tariffs and their snapshots. A snapshot is a tariff's text under its hash, and never changes.

Nor does a tariff, but for one whose prices move: its snapshot is that of the version in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Row, Text, UniqueConstraint, bindparam, func, select
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads, table_of
from chargehub.tariffs import versions
from chargehub.tariffs.pricing import Tariff, fingerprint, parse
from chargehub.tariffs.versions import VERSION

REFUSED = "tariff_snapshot_append_only"
# A trigger's name and message is what an operator reads who tries to change a price afterwards.
APPEND_ONLY_SQLITE = tuple(
    f"CREATE TRIGGER {REFUSED}_{verb.lower()} BEFORE {verb} ON tariff_snapshot "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    for verb in ("UPDATE", "DELETE")
)
APPEND_ONLY_POSTGRES = (
    f"CREATE FUNCTION {REFUSED}() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'integrity_constraint_violation'; "
    "END $$",
    f"CREATE TRIGGER {REFUSED} BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_snapshot "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSED}()",
)


class SnapshotBroken(Exception):
    """A snapshot is not there, or its text is not what was priced with. Nothing may be billed."""


class TariffSnapshot(SQLModel, table=True):
    """The canonical text of a tariff; `id` is its SHA-256 in hex. Never changed, never deleted."""

    __tablename__ = "tariff_snapshot"

    id: str = Field(primary_key=True, max_length=64)
    body: str = Field(sa_type=Text)


class TariffRow(SQLModel, table=True):
    """An owner's price list. What it says stands in its snapshot."""

    __tablename__ = "tariff"
    __table_args__ = (
        UniqueConstraint("owner_id", "external_ref", name="uq_tariff_owner_external_ref"),
    )

    id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36, index=True)
    external_ref: str | None = Field(default=None, max_length=100)
    name: str = Field(max_length=100)
    currency: str = Field(max_length=3)
    snapshot_id: str = Field(max_length=64, foreign_key="tariff_snapshot.id")
    created_at: datetime = Field(sa_type=Instant)
    is_dynamic: bool = False


class MemberGroup(SQLModel, table=True):
    """Drivers who have a price of their own at all stations of an owner. `code` lets one join."""

    __tablename__ = "member_group"
    __table_args__ = (UniqueConstraint("code", name="uq_member_group_code"),)

    id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36, index=True)
    name: str = Field(max_length=100)
    tariff_id: str = Field(max_length=36, foreign_key="tariff.id")
    code: str = Field(max_length=40)
    created_at: datetime = Field(sa_type=Instant)


class Membership(SQLModel, table=True):
    """A driver in a group; a driver is in one group of an owner at most."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("driver_id", "owner_id", name="uq_membership_driver_owner"),
        Index("ix_membership_group", "group_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    group_id: str = Field(max_length=36, foreign_key="member_group.id")
    owner_id: str = Field(max_length=36)
    driver_id: str = Field(max_length=36)
    joined_at: datetime = Field(sa_type=Instant)


class MemberCode(SQLModel, table=True):
    """A code by which so many drivers may join a group until then. `most_uses` None: any number."""

    __tablename__ = "member_code"
    __table_args__ = (
        UniqueConstraint("code", name="uq_member_code_code"),
        Index("ix_member_code_group", "group_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    group_id: str = Field(max_length=36, foreign_key="member_group.id")
    code: str = Field(max_length=40)
    most_uses: int | None = Field(default=None)
    uses: int = Field(default=0)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of members as its owner knows it."""

    id: str
    owner_id: str
    name: str
    tariff_id: str
    code: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A driver's place in a group, and the tariff it gives."""

    id: str
    group_id: str
    group_name: str
    owner_id: str
    driver_id: str
    tariff_id: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class TariffView:
    """A tariff as its owner knows it; `content` is the price list itself, as it is in force.

    `is_dynamic`: its prices per kWh move within its floor and ceiling.
    """

    id: str
    owner_id: str
    external_ref: str | None
    snapshot_id: str
    content: Tariff
    created_at: datetime
    is_dynamic: bool = False

    @property
    def name(self) -> str:
        return self.content.name

    @property
    def currency(self) -> str:
        return self.content.currency


TARIFF = table_of(TariffRow)
GROUP = table_of(MemberGroup)
MEMBERSHIP = table_of(Membership)
CODE = table_of(MemberCode)
SNAPSHOT = table_of(TariffSnapshot)

_TARIFFS = select(
    TARIFF.c.id,
    TARIFF.c.owner_id,
    TARIFF.c.external_ref,
    TARIFF.c.snapshot_id,
    SNAPSHOT.c.body,
    TARIFF.c.created_at,
    TARIFF.c.is_dynamic,
).join(SNAPSHOT, SNAPSHOT.c.id == TARIFF.c.snapshot_id)
_BY_ID = Hot(_TARIFFS.where(TARIFF.c.id == bindparam("id")))
_BY_IDS = Hot(_TARIFFS.where(any_of(TARIFF.c.id, "ids")))
_BY_REF = _TARIFFS.where(
    TARIFF.c.owner_id == bindparam("owner_id"), TARIFF.c.external_ref == bindparam("external_ref")
)
_SNAPSHOT_OF = Hot(select(TARIFF.c.snapshot_id).where(TARIFF.c.id == bindparam("id")))
_SNAPSHOT_AT = Hot(
    select(
        func.coalesce(
            select(VERSION.c.snapshot_id)
            .where(
                VERSION.c.tariff_id == TARIFF.c.id,
                VERSION.c.since <= bindparam("at", type_=Instant()),
            )
            .order_by(VERSION.c.since.desc(), VERSION.c.id.desc())
            .limit(1)
            .correlate(TARIFF)
            .scalar_subquery(),
            TARIFF.c.snapshot_id,
        )
    ).where(TARIFF.c.id == bindparam("id"))
)
_SNAPSHOT = Hot(select(SNAPSHOT.c.body).where(SNAPSHOT.c.id == bindparam("id")))


def tariff(reads: Reads, tariff_id: str) -> TariffView | None:
    """The tariff with this id, whoever owns it; or None."""
    row = reads.one(_BY_ID, id=tariff_id)
    return None if row is None else _view(row)


def tariffs_by_id(reads: Reads, ids: Sequence[str]) -> dict[str, TariffView]:
    """Some tariffs by their ids, whoever owns them; at most a few hundred at a time."""
    return {row.id: _view(row) for row in reads.all(_BY_IDS, ids=ids)}


def tariff_by_ref(reads: Reads, owner_id: str, external_ref: str) -> TariffView | None:
    """An owner's tariff by the owner's own name for it."""
    row = reads.one(_BY_REF, owner_id=owner_id, external_ref=external_ref)
    return None if row is None else _view(row)


def tariffs_of(
    reads: Reads, owner_id: str, after: str | None, limit: int
) -> tuple[TariffView, ...]:
    """An owner's tariffs, oldest first, those after the id `after`."""
    statement = _TARIFFS.where(TARIFF.c.owner_id == owner_id).order_by(TARIFF.c.id).limit(limit)
    if after is not None:
        statement = statement.where(TARIFF.c.id > after)
    return tuple(_view(row) for row in reads.all(statement))


_MEMBERS_TARIFF = Hot(
    select(GROUP.c.tariff_id)
    .select_from(TARIFF)
    .join(MEMBERSHIP, MEMBERSHIP.c.owner_id == TARIFF.c.owner_id)
    .join(GROUP, GROUP.c.id == MEMBERSHIP.c.group_id)
    .where(TARIFF.c.id == bindparam("id"), MEMBERSHIP.c.driver_id == bindparam("driver_id"))
)
_LISTED = TARIFF.alias("listed")
_GROUP_SNAPSHOTS = (
    select(TARIFF.c.snapshot_id)
    .join(GROUP, GROUP.c.tariff_id == TARIFF.c.id)
    .where(
        GROUP.c.owner_id == _LISTED.c.owner_id,
        _LISTED.c.id == bindparam("id"),
        TARIFF.c.snapshot_id == bindparam("snapshot_id"),
    )
    .limit(1)
)
_MEMBERSHIPS = select(
    MEMBERSHIP.c.id,
    MEMBERSHIP.c.group_id,
    GROUP.c.name.label("group_name"),
    MEMBERSHIP.c.owner_id,
    MEMBERSHIP.c.driver_id,
    GROUP.c.tariff_id,
    MEMBERSHIP.c.joined_at,
).join(GROUP, GROUP.c.id == MEMBERSHIP.c.group_id)
_MEMBERSHIP = Hot(
    _MEMBERSHIPS.where(
        MEMBERSHIP.c.driver_id == bindparam("driver_id"),
        MEMBERSHIP.c.owner_id == bindparam("owner_id"),
    )
)


def offered_to(reads: Reads, tariff_id: str, driver_id: str) -> str:
    """The id of the tariff that a driver has where this one is offered: a member's, or it."""
    found: str | None = reads.value(_MEMBERS_TARIFF, id=tariff_id, driver_id=driver_id)
    return found or tariff_id


def is_offered(reads: Reads, tariff_id: str, snapshot_id: str) -> bool:
    """Is this still the price of the tariff, or that of a group of its owner's members?

    Whether the driver is a member now does not count: who joins or leaves changes no price. Nor
    does that a price has moved since, which the driver was told it would.
    """
    if snapshot_of(reads, tariff_id) == snapshot_id:
        return True
    if versions.was_said(reads, tariff_id, snapshot_id):
        return True
    return reads.value(_GROUP_SNAPSHOTS, id=tariff_id, snapshot_id=snapshot_id) is not None


def group(reads: Reads, group_id: str) -> GroupView | None:
    """A group of members by its id, whoever owns it."""
    row = reads.one(select(GROUP).where(GROUP.c.id == group_id))
    return None if row is None else GroupView(**row._mapping)


def group_by_code(reads: Reads, code: str) -> GroupView | None:
    """A group of members by the code that lets one join it."""
    row = reads.one(select(GROUP).where(GROUP.c.code == code))
    return None if row is None else GroupView(**row._mapping)


def groups_of(reads: Reads, owner_id: str, after: str | None, limit: int) -> tuple[GroupView, ...]:
    """An owner's groups, oldest first, those after the id `after`."""
    statement = select(GROUP).where(GROUP.c.owner_id == owner_id, GROUP.c.id > (after or ""))
    rows = reads.all(statement.order_by(GROUP.c.id).limit(limit))
    return tuple(GroupView(**row._mapping) for row in rows)


def members_of(
    reads: Reads, group_id: str, after: str | None, limit: int
) -> tuple[MembershipView, ...]:
    """Who is in a group, oldest first, those after the id `after`."""
    statement = _MEMBERSHIPS.where(
        MEMBERSHIP.c.group_id == group_id, MEMBERSHIP.c.id > (after or "")
    )
    rows = reads.all(statement.order_by(MEMBERSHIP.c.id).limit(limit))
    return tuple(MembershipView(**row._mapping) for row in rows)


def memberships_of(
    reads: Reads, driver_id: str, after: str | None, limit: int
) -> tuple[MembershipView, ...]:
    """Where a driver is a member, oldest first, those after the id `after`."""
    statement = _MEMBERSHIPS.where(
        MEMBERSHIP.c.driver_id == driver_id, MEMBERSHIP.c.id > (after or "")
    )
    rows = reads.all(statement.order_by(MEMBERSHIP.c.id).limit(limit))
    return tuple(MembershipView(**row._mapping) for row in rows)


def membership(reads: Reads, driver_id: str, owner_id: str) -> MembershipView | None:
    """A driver's membership with an owner."""
    row = reads.one(_MEMBERSHIP, driver_id=driver_id, owner_id=owner_id)
    return None if row is None else MembershipView(**row._asdict())


def snapshot_of(reads: Reads, tariff_id: str, at: datetime | None = None) -> str | None:
    """The id of the snapshot of a tariff, now or as it was at an instant; None: no such tariff."""
    found: str | None
    if at is None:
        found = reads.value(_SNAPSHOT_OF, id=tariff_id)
    else:
        found = reads.value(_SNAPSHOT_AT, id=tariff_id, at=at)
    return found


def snapshot(reads: Reads, snapshot_id: str) -> Tariff:
    """The tariff as it was when the snapshot was taken. Raises SnapshotBroken."""
    body: str | None = reads.value(_SNAPSHOT, id=snapshot_id)
    if body is None or fingerprint(body) != snapshot_id:
        raise SnapshotBroken(f"the tariff snapshot {snapshot_id} is missing or altered")
    return parse(body)


def _view(row: Row[Any]) -> TariffView:
    return TariffView(
        id=row.id,
        owner_id=row.owner_id,
        external_ref=row.external_ref,
        snapshot_id=row.snapshot_id,
        content=parse(row.body),
        created_at=row.created_at,
        is_dynamic=row.is_dynamic,
    )
