"""Who owners are to tax offices, what they earned, and the sessions of a quarter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Table, func, select
from sqlmodel import Field, SQLModel, col

from chargehub.payments.tables import PaymentRow
from chargehub.reporting.rules import Earned, Seller, TooLarge
from chargehub.sessions.schema import CDR, READING, SESSION
from chargehub.settlement import shares
from chargehub.settlement.fees import FEE
from chargehub.settlement.joint import Agreement, divided
from chargehub.settlement.tables import SETTLEMENT
from chargehub.stations.schema import Station
from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of
from chargehub.units import Span

MOST_ROWS = 100_000  # of one file: some 20 MB


class SellerRow(SQLModel, table=True):
    """An owner as tax offices know one: what `rules.Seller` says."""

    __tablename__ = "seller"

    account_id: str = Field(primary_key=True, max_length=36, foreign_key="account.id")
    kind: str = Field(max_length=10)
    name: str | None = Field(default=None, max_length=200)
    address: str | None = Field(default=None, max_length=300)
    country: str | None = Field(default=None, max_length=2)
    tin: str | None = Field(default=None, max_length=40)
    tin_country: str | None = Field(default=None, max_length=2)
    vat_id: str | None = Field(default=None, max_length=40)
    born_on: date | None = Field(default=None, sa_type=Date)
    birth_place: str | None = Field(default=None, max_length=100)
    registration: str | None = Field(default=None, max_length=60)
    account: str | None = Field(default=None, max_length=60)
    changed_at: datetime = Field(sa_type=Instant)


SELLER = table_of(SellerRow)
PAYMENT = table_of(PaymentRow)
_FIELDS = tuple(SELLER.c[name] for name in Seller.__dataclass_fields__)


def seller(reads: Reads, account_id: str) -> Seller | None:
    """What an owner has told, or None."""
    row = reads.one(select(*_FIELDS).where(SELLER.c.account_id == account_id))
    return None if row is None else Seller(**row._mapping)


def sellers(reads: Reads, account_id: str | None) -> Mapping[str, Seller]:
    """What an owner has told, or all of them (None), by account."""
    wanted = select(SELLER.c.account_id, *_FIELDS).limit(MOST_ROWS)
    if account_id is not None:
        wanted = wanted.where(SELLER.c.account_id == account_id)
    rows = reads.all(wanted)
    return {row[0]: Seller(*row[1:]) for row in rows}


def earned(reads: Reads, during: Span, owner_id: str | None) -> Mapping[tuple[str, str], Earned]:
    """What owners earned in a time, by owner and currency; `owner_id` None: all of them.

    What was taken back counts in the time in which it was.
    """
    sums: dict[tuple[str, str], list[int]] = {}
    mine = None if owner_id is None else shares.joint_of(reads, owner_id)
    holders = None if mine is None else [str(owner_id), *(one.id for one in mine)]
    for table, gross in ((SETTLEMENT, "gross_minor"), (FEE, "captured_minor")):
        for moment, sign in (("captured_at", 1), ("reversed_at", -1)):
            for row in reads.all(_sums(table, gross, moment, during, holders)):
                known = sums.setdefault((row[0], row[1]), [0, 0, 0])
                for place, value in enumerate(row[2:]):
                    known[place] += sign * int(value)
    joint = shares.joint_among(reads, (owner for owner, _ in sums))
    found: dict[tuple[str, str], Earned] = {}
    for (owner, currency), (sales, gross_minor, earnings_minor) in sums.items():
        fee_minor = gross_minor - earnings_minor
        whole = Earned(owner, currency, sales, gross_minor, fee_minor, earnings_minor)
        for part in _by_party(whole, joint.get(owner)):
            if owner_id in (None, part.owner_id):
                key = part.owner_id, currency
                found[key] = _together(found[key], part) if key in found else part
    return found


def _by_party(whole: Earned, agreement: Agreement | None) -> tuple[Earned, ...]:
    """What co-owners earned together is reported of each, by the shares that held."""
    if agreement is None:
        return (whole,)
    parties = [one for one in agreement.shares if one.basis_points]
    points = [one.basis_points for one in parties]
    fees = divided(whole.fee_minor, points)
    earnings = divided(whole.earnings_minor, points)
    return tuple(
        Earned(one.account_id, whole.currency, whole.sales, fee_minor + minor, fee_minor, minor)
        for one, fee_minor, minor in zip(parties, fees, earnings, strict=True)
    )


def _together(one: Earned, other: Earned) -> Earned:
    names = [name for name in one.__dataclass_fields__ if name not in ("owner_id", "currency")]
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in names})


def _sums(
    table: Table, gross: str, moment: str, during: Span, holders: Sequence[str] | None
) -> Any:
    wanted = (
        select(
            table.c.owner_id,
            table.c.currency,
            func.count(),
            func.sum(table.c[gross]),
            func.sum(table.c.owner_minor),
        )
        .where(table.c[moment] >= during.start, table.c[moment] < during.end, table.c[gross] != 0)
        .group_by(table.c.owner_id, table.c.currency)
    )
    return wanted if holders is None else wanted.where(table.c.owner_id.in_(holders))


@dataclass(frozen=True, slots=True)
class Charged:
    """A session of a station as authorities ask for it. Energy in Wh, power in W.

    `rail` None: nothing was to be paid; `error`: why it failed or stopped, None: as it should.
    """

    identity: str
    evse_id: str | None
    evse_number: int | None
    session_id: str
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None
    energy_wh: int | None
    peak_w: int | None
    rail: str | None


_PEAK = (
    select(func.max(READING.c.power_w))
    .where(READING.c.session_id == SESSION.c.id)
    .correlate(SESSION)
    .scalar_subquery()
)
_RAIL = (
    select(PAYMENT.c.rail)
    .where(PAYMENT.c.session_id == SESSION.c.id)
    .order_by(PAYMENT.c.id.desc())
    .limit(1)
    .correlate(SESSION)
    .scalar_subquery()
)
_CHARGED = (
    select(
        col(Station.identity),
        SESSION.c.evse_id,
        SESSION.c.evse_number,
        SESSION.c.id,
        SESSION.c.status,
        SESSION.c.started_at,
        SESSION.c.ended_at,
        SESSION.c.stop_reason,
        CDR.c.energy_wh,
        _PEAK,
        _RAIL,
    )
    .join(Station, col(Station.id) == SESSION.c.station_id)
    .outerjoin(CDR, CDR.c.id == SESSION.c.cdr_id)
)


def charged(reads: Reads, during: Span, owner_id: str | None) -> tuple[Charged, ...]:
    """The sessions that began in a time, or were asked for and never began. Raises TooLarge."""
    began_at = func.coalesce(
        SESSION.c.started_at, SESSION.c.requested_at, type_=SESSION.c.started_at.type
    )
    wanted = _CHARGED.where(began_at >= during.start, began_at < during.end)
    if owner_id is not None:
        wanted = wanted.where(SESSION.c.owner_id == owner_id)
    rows = reads.all(wanted.order_by(SESSION.c.id).limit(MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"There are more than {MOST_ROWS} sessions. Ask as their owner instead.")
    return tuple(Charged(*row) for row in rows)
