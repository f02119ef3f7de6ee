"""Agreements of co-owners, and who earns what a station brings."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, bindparam, or_, select
from sqlmodel import Field, SQLModel

from chargehub.settlement.joint import Agreement, Share
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of


class ShareAgreementRow(SQLModel, table=True):
    """What co-owners of a station agree on; see `joint.Agreement`. Its id holds accounts of the
    ledger as an owner's does. `is_joint` false: the owner has all of it."""

    __tablename__ = "share_agreement"
    __table_args__ = (Index("ix_share_agreement_station", "station_id", "holds_from"),)

    id: str = Field(primary_key=True, max_length=36)
    station_id: str = Field(max_length=36)
    owner_id: str = Field(max_length=36, index=True)
    starts_at: datetime = Field(sa_type=Instant)
    proposed_at: datetime = Field(sa_type=Instant)
    holds_from: datetime | None = Field(default=None, sa_type=Instant)
    divisions: int = 0
    is_joint: bool


class ShareRow(SQLModel, table=True):
    """A party's part, in basis points. Position 0 is the station's owner, who has the rest."""

    __tablename__ = "share"

    agreement_id: str = Field(primary_key=True, max_length=36)
    position: int = Field(primary_key=True)
    account_id: str = Field(max_length=36, index=True)
    basis_points: int
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)


AGREEMENT = table_of(ShareAgreementRow)
SHARE = table_of(ShareRow)

_HOLDS_AT = Hot(
    select(AGREEMENT.c.id, AGREEMENT.c.is_joint)
    .where(
        AGREEMENT.c.station_id == bindparam("station_id"),
        AGREEMENT.c.owner_id == bindparam("owner_id"),
        AGREEMENT.c.holds_from <= bindparam("at", type_=Instant()),
    )
    .order_by(AGREEMENT.c.id.desc())
    .limit(1)
)
_OWNER_OF = Hot(select(AGREEMENT.c.owner_id).where(AGREEMENT.c.id == bindparam("holder_id")))
_MOST = 200  # agreements that are read at once


def holder(reads: Reads, station_id: str, owner_id: str, at: datetime) -> str:
    """Who earns what a station of this owner's brings: the owner, or the agreement that holds."""
    row = reads.one(_HOLDS_AT, station_id=station_id, owner_id=owner_id, at=at)
    return row.id if row is not None and row.is_joint else owner_id


def agreement(reads: Reads, agreement_id: str) -> Agreement | None:
    """The agreement with this id, or None."""
    return next(iter(_agreements(reads, AGREEMENT.c.id == agreement_id)), None)


def account_of(reads: Reads, holder_id: str) -> str:
    """Whose station earned what is on a holder's accounts: its owner's, who sells alone."""
    owner_id: str | None = reads.value(_OWNER_OF, holder_id=holder_id)
    return owner_id or holder_id


def standing(reads: Reads, station_id: str, at: datetime) -> Agreement | None:
    """What holds for a station: of those whose time has come, what was proposed last. None: its
    owner has it all."""
    come = AGREEMENT.c.station_id == station_id, AGREEMENT.c.holds_from <= at
    return next(iter(_agreements(reads, *come)), None)


def coming(reads: Reads, station_id: str, at: datetime) -> tuple[Agreement, ...]:
    """What all have accepted for a station, and will hold later."""
    return _agreements(reads, AGREEMENT.c.station_id == station_id, AGREEMENT.c.holds_from > at)


def proposed(reads: Reads, station_id: str) -> Agreement | None:
    """What was proposed for a station, and not accepted by all yet."""
    open_ = AGREEMENT.c.station_id == station_id, AGREEMENT.c.holds_from.is_(None)
    return next(iter(_agreements(reads, *open_)), None)


def of_party(reads: Reads, account_id: str) -> tuple[Agreement, ...]:
    """The agreements that somebody is a party to, accepted or not; at most 200."""
    mine = select(SHARE.c.agreement_id).where(SHARE.c.account_id == account_id)
    return _agreements(reads, AGREEMENT.c.id.in_(mine))


def joint_of(reads: Reads, account_id: str) -> tuple[Agreement, ...]:
    """The agreements of which somebody has a part of what is earned."""
    found = of_party(reads, account_id)
    return tuple(one for one in found if one.is_joint and one.holds_from is not None)


def joint_among(reads: Reads, holders: Iterable[str]) -> dict[str, Agreement]:
    """Those of these holders that are agreements, by id."""
    wanted = sorted(set(holders))
    found: dict[str, Agreement] = {}
    for start in range(0, len(wanted), _MOST):
        some = AGREEMENT.c.id.in_(wanted[start : start + _MOST])
        found |= {one.id: one for one in _agreements(reads, some)}
    return found


def is_of(holder_column: Any, owner_id: Any) -> ColumnElement[bool]:
    """Whether earnings are of an owner's stations, alone or with others."""
    theirs = select(AGREEMENT.c.id).where(AGREEMENT.c.owner_id == owner_id)
    found: ColumnElement[bool] = or_(holder_column == owner_id, holder_column.in_(theirs))
    return found


def owned(reads: Reads, owner_id: str) -> tuple[str, ...]:
    """The agreements about an owner's stations that ever held, by id."""
    held = AGREEMENT.c.owner_id == owner_id, AGREEMENT.c.holds_from.is_not(None)
    statement = select(AGREEMENT.c.id).where(*held, AGREEMENT.c.is_joint)
    return tuple(row[0] for row in reads.all(statement))


def _agreements(reads: Reads, *where: ColumnElement[bool]) -> tuple[Agreement, ...]:
    rows = reads.all(select(AGREEMENT).where(*where).order_by(AGREEMENT.c.id.desc()).limit(_MOST))
    ids = [row.id for row in rows]
    parties: dict[str, list[Share]] = {one: [] for one in ids}
    statement = select(SHARE).where(SHARE.c.agreement_id.in_(ids)).order_by(SHARE.c.position)
    for row in reads.all(statement):
        share = Share(row.account_id, row.basis_points, row.accepted_at)
        parties[row.agreement_id].append(share)
    return tuple(
        Agreement(
            id=row.id,
            station_id=row.station_id,
            owner_id=row.owner_id,
            starts_at=row.starts_at,
            proposed_at=row.proposed_at,
            holds_from=row.holds_from,
            divisions=row.divisions,
            shares=tuple(parties[row.id]),
        )
        for row in rows
    )
