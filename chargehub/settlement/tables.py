"""Settlements: what the division of each CDR's cost was, and owners' statements of them.

The amounts stand in the ledger; a row here says which session they are of and when they mature.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Index, bindparam, func, select, text
from sqlmodel import Field, SQLModel

from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.ledger.tables import ENTRY, TXN
from chargehub.ledger.tables import balance as ledger_balance
from chargehub.settlement import contests, fees, shares
from chargehub.settlement.joint import Agreement
from chargehub.settlement.split import REVERSE_CHARGE, Terms, VatMode
from chargehub.stations import tables as stations
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

WRITTEN_OFF = ("written_off", "written_off_undone", "recovered")  # kinds of transfers
STANDING = "uq_settlement_session_standing"
_STANDS = text("reversed_at IS NULL")
_IS_DUE = text("matured_at IS NULL AND reversed_at IS NULL AND doubts IS NULL")
_IS_DOUBTED = text("matured_at IS NULL AND reversed_at IS NULL AND doubts IS NOT NULL")
_WAS_REVERSED = text("reversed_at IS NOT NULL")
_IS_OWED = text(
    "gross_minor > captured_minor + credit_minor AND written_off_at IS NULL AND reversed_at IS NULL"
)


class SettlementRow(SQLModel, table=True):
    """The cost of one CDR, divided. Amounts in minor units: gross = owner + fee + vat.

    `credit_minor` was paid by the driver's credit, beside what was captured. `transfer_id` None:
    the CDR cost nothing. `reversed_at`: a correction took it back; a session
    has at most one settlement that stands. `conceded_minor` of what was captured had gone back to
    the driver because of a dispute before this division was made. `doubts`: it does not mature, for
    these reasons by their names in `meters.trust.WHY`, until an operator accepts it.
    `written_off_at`: what nobody had paid by then was given up. `later_minor` of what was captured
    the driver paid after it was settled, to pay a debt. `vat_mode`: as it is corrected too;
    `sale_vat_percent`: the VAT of what the hub sold, None where the owner did.
    """

    __tablename__ = "settlement"
    __table_args__ = (
        Index(STANDING, "session_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("ix_settlement_due", "matures_at", sqlite_where=_IS_DUE, postgresql_where=_IS_DUE),
        Index(
            "ix_settlement_doubted",
            "cdr_id",
            sqlite_where=_IS_DOUBTED,
            postgresql_where=_IS_DOUBTED,
        ),
        Index(
            "ix_settlement_owed", "captured_at", sqlite_where=_IS_OWED, postgresql_where=_IS_OWED
        ),
        Index("ix_settlement_owner_captured", "owner_id", "captured_at"),
        Index(
            "ix_settlement_owner_reversed",
            "owner_id",
            "reversed_at",
            sqlite_where=_WAS_REVERSED,
            postgresql_where=_WAS_REVERSED,
        ),
    )

    cdr_id: str = Field(primary_key=True, max_length=36)
    session_id: str = Field(max_length=36)
    version: int
    transfer_id: str | None = Field(default=None, max_length=36)
    owner_id: str = Field(max_length=36)
    driver_id: str | None = Field(default=None, max_length=36, index=True)
    currency: str = Field(max_length=3)
    gross_minor: int = Field(sa_type=BigInteger)
    captured_minor: int = Field(sa_type=BigInteger)
    owner_minor: int = Field(sa_type=BigInteger)
    fee_minor: int = Field(sa_type=BigInteger)
    vat_minor: int = Field(sa_type=BigInteger)
    captured_at: datetime = Field(sa_type=Instant)
    matures_at: datetime = Field(sa_type=Instant)
    matured_at: datetime | None = Field(default=None, sa_type=Instant)
    reversed_at: datetime | None = Field(default=None, sa_type=Instant)
    conceded_minor: int = Field(default=0, sa_type=BigInteger)
    credit_minor: int = Field(default=0, sa_type=BigInteger)
    doubts: str | None = Field(default=None, max_length=200)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    accepted_by: str | None = Field(default=None, max_length=36)
    accepted_because: str | None = Field(default=None, max_length=500)
    written_off_at: datetime | None = Field(default=None, sa_type=Instant)
    later_minor: int = Field(default=0, sa_type=BigInteger)
    vat_mode: str = Field(default="agent", max_length=14)
    sale_vat_percent: str | None = Field(default=None, max_length=20)


@dataclass(frozen=True, slots=True)
class SettlementView:
    """A settlement as it stands; the fields of its row."""

    cdr_id: str
    session_id: str
    version: int
    transfer_id: str | None
    owner_id: str
    driver_id: str | None
    currency: str
    gross_minor: int
    captured_minor: int
    owner_minor: int
    fee_minor: int
    vat_minor: int
    captured_at: datetime
    matures_at: datetime
    matured_at: datetime | None
    reversed_at: datetime | None
    conceded_minor: int = 0
    credit_minor: int = 0
    doubts: str | None = None
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    accepted_because: str | None = None
    written_off_at: datetime | None = None
    later_minor: int = 0
    vat_mode: VatMode = "agent"
    sale_vat_percent: str | None = None

    @property
    def sale_vat_minor(self) -> int:
        """The VAT that comes before the owner's share: where the hub sells and owes it."""
        return self.vat_minor if self.vat_mode == "commissionaire" else 0


@dataclass(frozen=True, slots=True)
class Statement:
    """An owner's month in one currency, in minor units, and the balances as they are now.

    gross = earnings + fee + vat. A correction counts in the month it was made in, so a month
    that is over does not change. Fees for bookings that ended early count with no session; what
    went back after disputes is taken off in the month it did. `payouts` is what left the hub,
    `taken_back` what came back of it for what was owed; `owed` what the owner owes, also while it
    is being taken back; `held` is the owner's, but disputed. `penalties`: for bookings that the
    owner cancelled, no part of the earnings. `written_off`: given up, for no driver has paid it.
    """

    currency: str
    sessions: int
    gross_minor: int
    fee_minor: int
    vat_minor: int
    earnings_minor: int
    payouts_minor: int
    accrued_minor: int
    payable_minor: int
    in_transit_minor: int
    owed_minor: int
    held_minor: int = 0
    penalties_minor: int = 0
    written_off_minor: int = 0
    taken_back_minor: int = 0


SETTLEMENT = table_of(SettlementRow)

_STANDING = Hot(
    select(SETTLEMENT).where(
        SETTLEMENT.c.session_id == bindparam("session_id"), SETTLEMENT.c.reversed_at.is_(None)
    )
)
_NOTHING = (0, 0, 0, 0, 0)
_SETTLED_ONCE = Hot(
    select(SETTLEMENT.c.cdr_id)
    .where(
        shares.is_of(SETTLEMENT.c.owner_id, bindparam("owner_id")),
        SETTLEMENT.c.captured_at <= bindparam("until", type_=Instant()),
    )
    .limit(1)
)
_DUE = (
    select(SETTLEMENT)
    .where(
        SETTLEMENT.c.matured_at.is_(None),
        SETTLEMENT.c.reversed_at.is_(None),
        SETTLEMENT.c.doubts.is_(None),
        SETTLEMENT.c.matures_at <= bindparam("now", type_=Instant()),
    )
    .order_by(SETTLEMENT.c.matures_at, SETTLEMENT.c.cdr_id)
    .limit(bindparam("limit"))
)


def terms_at(reads: Reads, station_id: str, terms: Terms) -> Terms:
    """The terms for a station: who sells there, and how much VAT of that is owed to whom.

    The country of its place says it, unless the operator did. Agent where it says nothing, and
    where there is no VAT.
    """
    return terms_in(stations.country(reads, station_id) or UNKNOWN, terms)


def terms_in(country: str, terms: Terms) -> Terms:
    """The same, for a place of which the country is known."""
    if terms.vat_mode == "agent":
        return terms
    profile = shipped().of(country)
    chosen = terms.vat_mode or (profile.vat_mode.value if profile.vat_mode else "agent")
    mode: VatMode = "commissionaire" if chosen == "commissionaire" else "agent"
    sale_country = None if country == UNKNOWN else country
    percent = Decimal(profile.vat_percents.value[0]) if profile.vat_percents else None
    return replace(terms, vat_mode=mode, sale_vat_country=sale_country, sale_vat_percent=percent)


def standing(reads: Reads, session_id: str) -> SettlementView | None:
    """The settlement that stands for a session, or None."""
    return _view(reads.one(_STANDING, session_id=session_id))


def hub_fees(reads: Reads, owner_id: str, currency: str, since: datetime) -> int:
    """What the hub has of an owner's sessions that money has paid for in full since then, without
    VAT; not what went back after disputes."""
    statement = select(func.coalesce(func.sum(SETTLEMENT.c.fee_minor), 0)).where(
        shares.is_of(SETTLEMENT.c.owner_id, owner_id),
        SETTLEMENT.c.currency == currency,
        SETTLEMENT.c.captured_at > since,
        SETTLEMENT.c.reversed_at.is_(None),
        SETTLEMENT.c.captured_minor >= SETTLEMENT.c.gross_minor,
    )
    until, fee_minor = datetime.max.replace(tzinfo=UTC), int(reads.value(statement))
    for holder in (owner_id, *shares.owned(reads, owner_id)):
        back = contests.returned(reads, holder, since, until)
        fee_minor -= int(back.get(currency, _NOTHING)[1])
    return fee_minor


def due(reads: Reads, now: datetime, limit: int) -> tuple[SettlementView, ...]:
    """Settlements whose maturity has come, in the order in which it came."""
    return tuple(SettlementView(**row._mapping) for row in reads.all(_DUE, now=now, limit=limit))


def has_settled(reads: Reads, owner_id: str, until: datetime) -> bool:
    """Whether something was captured for an owner at that time or before."""
    return reads.one(_SETTLED_ONCE, owner_id=owner_id, until=until) is not None


def statement(reads: Reads, owner_id: str, start: datetime, end: datetime) -> tuple[Statement, ...]:
    """An owner's statement from `start` up to, not at, `end`: one per currency, sorted.

    With a part of what is earned together with others. What of that is not passed on yet counts
    as it will be.
    """
    found = {one.currency: one for one in _statements(reads, owner_id, start, end)}
    for agreement in shares.joint_of(reads, owner_id):
        for joint in _statements(reads, agreement.id, start, end):
            part = _part(joint, agreement, owner_id)
            own = found.get(joint.currency)
            found[joint.currency] = part if own is None else _together(own, part)
    return tuple(found[currency] for currency in sorted(found))


def _part(joint: Statement, agreement: Agreement, owner_id: str) -> Statement:
    amounts: dict[str, Any] = {
        name: agreement.part(getattr(joint, name), owner_id)
        for name in joint.__dataclass_fields__
        if name.endswith("_minor")
    }
    parts = amounts["fee_minor"] + amounts["vat_minor"] + amounts["earnings_minor"]
    return replace(joint, **{**amounts, "gross_minor": parts})


def _together(one: Statement, other: Statement) -> Statement:
    names = [name for name in one.__dataclass_fields__ if name != "currency"]
    sums: dict[str, Any] = {name: getattr(one, name) + getattr(other, name) for name in names}
    return replace(one, **sums)


def _statements(reads: Reads, owner_id: str, start: datetime, end: datetime) -> list[Statement]:
    settled = _settled(reads, SETTLEMENT.c.captured_at, owner_id, start, end)
    reversed_ = _settled(reads, SETTLEMENT.c.reversed_at, owner_id, start, end)
    early = fees.captured(reads, owner_id, start, end)
    returned = fees.reversed_(reads, owner_id, start, end)
    disputed = contests.returned(reads, owner_id, start, end)
    paid = _paid_out(reads, owner_id, start, end)
    owed = f"owner:receivable:{owner_id}"
    penalties = _moved(reads, (owed,), ("penalty",), start, end)
    lost = _moved(reads, (f"owner:accrued:{owner_id}",), WRITTEN_OFF, start, end)
    back = _moved(reads, (f"owner:reversing:{owner_id}",), ("payout_reversal_taken",), start, end)
    unbilled = _moved(reads, (f"owner:payable:{owner_id}", owed), (REVERSE_CHARGE,), start, end)
    found = []
    for currency in sorted(_currencies(reads, owner_id)):
        made, undone = settled.get(currency, _NOTHING), reversed_.get(currency, _NOTHING)
        sums = [plus - minus for plus, minus in zip(made, undone, strict=True)]
        for sign, of_fees in ((1, early), (-1, returned), (-1, disputed)):
            of_no_session = (0, *of_fees.get(currency, _NOTHING[1:]))
            sums = [one + sign * other for one, other in zip(sums, of_no_session, strict=True)]
        vat_back = -unbilled.get(currency, 0)  # out of the VAT within fees, to the owner
        sums[3:] = sums[3] - vat_back, sums[4] + vat_back
        beside = [one.get(currency, 0) for one in (paid, penalties, lost, back)]
        found.append(_statement(reads, owner_id, currency, sums, beside))
    return found


def _view(row: Sequence[Any] | None) -> SettlementView | None:
    return None if row is None else SettlementView(*row)


def _settled(
    reads: Reads,
    moment: ColumnElement[datetime],
    owner_id: str,
    start: datetime,
    end: datetime,
) -> dict[str, tuple[int, ...]]:
    """By currency: how many settlements, and their gross, fee, VAT and owner's part."""
    statement = (
        select(
            SETTLEMENT.c.currency,
            func.count(),
            func.sum(SETTLEMENT.c.gross_minor),
            func.sum(SETTLEMENT.c.fee_minor),
            func.sum(SETTLEMENT.c.vat_minor),
            func.sum(SETTLEMENT.c.owner_minor),
        )
        .where(SETTLEMENT.c.owner_id == owner_id, moment >= start, moment < end)
        .group_by(SETTLEMENT.c.currency)
    )
    return {row[0]: tuple(int(value) for value in row[1:]) for row in reads.all(statement)}


def _paid_out(reads: Reads, owner_id: str, start: datetime, end: datetime) -> dict[str, int]:
    """By currency: what payouts took from payable and in transit together. One that is on its
    way, or came back, has moved between the two and sums to nothing."""
    accounts = [f"owner:payable:{owner_id}", f"owner:in_transit:{owner_id}"]
    statement = (
        select(ENTRY.c.asset, func.sum(ENTRY.c.amount))
        .join(TXN, TXN.c.id == ENTRY.c.txn_id)
        .where(
            ENTRY.c.account.in_(accounts),
            TXN.c.payout_id.is_not(None),
            TXN.c.effective_at >= start,
            TXN.c.effective_at < end,
        )
        .group_by(ENTRY.c.asset)
    )
    return {asset: int(total) for asset, total in reads.all(statement)}


def _moved(
    reads: Reads, accounts: tuple[str, ...], kinds: tuple[str, ...], start: datetime, end: datetime
) -> dict[str, int]:
    """By currency: what transfers of these kinds moved on accounts."""
    statement = (
        select(ENTRY.c.asset, func.sum(ENTRY.c.amount))
        .join(TXN, TXN.c.id == ENTRY.c.txn_id)
        .where(
            ENTRY.c.account.in_(accounts),
            TXN.c.kind.in_(kinds),
            TXN.c.effective_at >= start,
            TXN.c.effective_at < end,
        )
        .group_by(ENTRY.c.asset)
    )
    return {asset: int(total) for asset, total in reads.all(statement)}


def _currencies(reads: Reads, owner_id: str) -> set[str]:
    """The currencies an owner ever earned in, or owes in: also a penalty before any earnings."""
    statement = select(SETTLEMENT.c.currency).where(SETTLEMENT.c.owner_id == owner_id).distinct()
    earned = {row[0] for row in reads.all(statement)} | fees.currencies(reads, owner_id)
    owed = select(ENTRY.c.asset).where(ENTRY.c.account == f"owner:receivable:{owner_id}").distinct()
    return earned | {row[0] for row in reads.all(owed)}


def _statement(
    reads: Reads, owner_id: str, currency: str, sums: list[int], beside: list[int]
) -> Statement:
    sessions, gross, fee, vat, earnings = sums
    paid_minor, penalties_minor, written_off_minor, back_minor = beside
    owed = (f"owner:{one}:{owner_id}" for one in ("receivable", "reversing"))
    return Statement(
        currency=currency,
        sessions=sessions,
        gross_minor=gross,
        fee_minor=fee,
        vat_minor=vat,
        earnings_minor=earnings,
        payouts_minor=paid_minor,
        accrued_minor=-ledger_balance(reads, f"owner:accrued:{owner_id}", currency),
        payable_minor=-ledger_balance(reads, f"owner:payable:{owner_id}", currency),
        in_transit_minor=-ledger_balance(reads, f"owner:in_transit:{owner_id}", currency),
        owed_minor=sum(ledger_balance(reads, account, currency) for account in owed),
        held_minor=-ledger_balance(reads, f"owner:dispute_hold:{owner_id}", currency),
        penalties_minor=penalties_minor,
        written_off_minor=written_off_minor,
        taken_back_minor=-back_minor,
    )
