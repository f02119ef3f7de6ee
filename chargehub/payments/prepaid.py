"""Prepaid balances: what was paid in and paid back, and what the rail `prepaid` did, with queries.

The ledger says how much there is; rows here say what each change was for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    bindparam,
    case,
    literal,
    null,
    select,
    text,
    union_all,
)
from sqlmodel import Field, SQLModel

from chargehub.ledger.tables import ACCOUNT
from chargehub.payments.chargebacks import CHARGEBACK
from chargehub.payments.funds import Change
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of
from chargehub.units import Money

CURRENCIES_LISTED = 50  # of one driver: more than anybody charges in
TOP_UPS_SEARCHED = 100  # for what can be paid back, the newest first

_IS_REQUESTED = text("state = 'requested'")
_ENDS_A_HOLD = text("is_done AND kind IN ('capture', 'release')")


class TopUpRow(SQLModel, table=True):
    """What a driver pays in. `state`: requested, taken, refused.

    `back_minor` of it was paid back, or is on its way. `is_back_refused`: the rail would not take
    the last payback. `is_disputed`: a bank took it back, so nothing of it can go back any more.
    """

    __tablename__ = "top_up"
    __table_args__ = (
        Index(
            "uq_top_up_open",
            "account_id",
            "currency",
            unique=True,
            sqlite_where=_IS_REQUESTED,
            postgresql_where=_IS_REQUESTED,
        ),
        Index("ix_top_up_account", "account_id", "id"),
        Index("ix_top_up_reference", "rail_reference"),
        Index("ix_top_up_finished", "finished_at"),
        CheckConstraint("0 <= back_minor AND back_minor <= amount_minor", "back"),
    )

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36)
    rail: str = Field(max_length=20)
    method: str = Field(max_length=200)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    back_minor: int = Field(default=0, sa_type=BigInteger)
    is_back_refused: bool = False
    is_disputed: bool = False
    state: str = Field(max_length=10)
    rail_reference: str | None = Field(default=None, max_length=200)
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    requested_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class PaybackRow(SQLModel, table=True):
    """A part of a top-up on its way back to where it came from.

    `state`: requested, returned, failed. One that failed and has a `rail_reference` had gone back,
    and came back.
    """

    __tablename__ = "payback"
    __table_args__ = (
        Index("ix_payback_account", "account_id", "id"),
        Index("ix_payback_top_up", "top_up_id"),
        Index("ix_payback_reference", "rail_reference"),
        Index("ix_payback_finished", "finished_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    top_up_id: str = Field(max_length=36)
    account_id: str = Field(max_length=36)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=10)
    rail_reference: str | None = Field(default=None, max_length=200)
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    requested_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class PrepaidOrderRow(SQLModel, table=True):
    """One order as the rail `prepaid` judged it; never changed. `origin` is the hold or take that
    it is about. `kind`: hold, take, capture, release, refund.

    The index is a law: a hold is captured or released once.
    """

    __tablename__ = "prepaid_order"
    __table_args__ = (
        Index(
            "uq_prepaid_order_end",
            "origin",
            unique=True,
            sqlite_where=_ENDS_A_HOLD,
            postgresql_where=_ENDS_A_HOLD,
        ),
        Index("uq_prepaid_order_key", "key", unique=True),
        Index("ix_prepaid_order_origin", "origin"),
        Index("ix_prepaid_order_account", "account_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=36)
    key: str = Field(max_length=100)
    kind: str = Field(max_length=10)
    asked: Any = Field(sa_type=Json)
    origin: str = Field(max_length=36)
    account_id: str = Field(max_length=36)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    purpose: str = Field(max_length=100)
    is_done: bool
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class TopUpView:
    """A top-up as it stands; see the row."""

    id: str
    account_id: str
    rail: str
    method: str
    currency: str
    amount_minor: int
    back_minor: int
    is_back_refused: bool
    is_disputed: bool
    state: str
    rail_reference: str | None
    refusal_code: str | None
    refusal_detail: str | None
    requested_at: datetime
    finished_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class PaybackView:
    """A payback as it stands; see the row."""

    id: str
    top_up_id: str
    account_id: str
    currency: str
    amount_minor: int
    state: str
    rail_reference: str | None
    refusal_code: str | None
    refusal_detail: str | None
    requested_at: datetime
    finished_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A line of a driver's history: above zero paid in or returned, below zero paid back or spent.

    `purpose`: "payment:<id>" of what was spent or returned. `state`: as of the top-up or payback;
    "done" of the others. A top-up that a bank took back is there a second time: `charged_back`.
    """

    id: str
    kind: Change
    currency: str
    amount_minor: int
    state: str
    purpose: str | None
    refusal_code: str | None
    refusal_detail: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What a driver has prepaid in a currency. `held`: kept by holds, or because a bank disputes
    it, or on its way back."""

    available: Money
    held: Money


TOP_UP = table_of(TopUpRow)
PAYBACK = table_of(PaybackRow)
ORDER = table_of(PrepaidOrderRow)

_TOP_UP_BY_ID = select(TOP_UP).where(TOP_UP.c.id == bindparam("id"))
_PAYBACK_BY_ID = select(PAYBACK).where(PAYBACK.c.id == bindparam("id"))
_OPEN = select(TOP_UP).where(
    TOP_UP.c.account_id == bindparam("account_id"),
    TOP_UP.c.currency == bindparam("currency"),
    TOP_UP.c.state == "requested",
)
_RETURNABLE = (
    select(TOP_UP)
    .where(
        TOP_UP.c.account_id == bindparam("account_id"),
        TOP_UP.c.currency == bindparam("currency"),
        TOP_UP.c.state == "taken",
        TOP_UP.c.back_minor < TOP_UP.c.amount_minor,
        TOP_UP.c.is_disputed.is_(False),
    )
    .order_by(TOP_UP.c.is_back_refused, TOP_UP.c.id.desc())
    .limit(TOP_UPS_SEARCHED)
)
_BALANCES = (
    select(ACCOUNT.c.asset, ACCOUNT.c.family, ACCOUNT.c.balance)
    .where(
        ACCOUNT.c.holder == bindparam("account_id"),
        ACCOUNT.c.family.in_(("driver:prepaid", "driver:prepaid_held")),
    )
    .order_by(ACCOUNT.c.asset)
    .limit(2 * CURRENCIES_LISTED)
)
BY_KEY = Hot(select(ORDER).where(ORDER.c.key == bindparam("key")))
BY_ID = Hot(select(ORDER).where(ORDER.c.id == bindparam("id"), ORDER.c.is_done))
AFTER = Hot(
    select(ORDER).where(
        ORDER.c.origin == bindparam("origin"), ORDER.c.id != bindparam("origin"), ORDER.c.is_done
    )
)


def top_up(reads: Reads, top_up_id: str) -> TopUpView | None:
    """The top-up with this id, or None."""
    row = reads.one(_TOP_UP_BY_ID, id=top_up_id)
    return None if row is None else TopUpView(*row)


def payback(reads: Reads, payback_id: str) -> PaybackView | None:
    """The payback with this id, or None."""
    row = reads.one(_PAYBACK_BY_ID, id=payback_id)
    return None if row is None else PaybackView(*row)


def payback_known_as(reads: Reads, top_up_id: str, reference: str) -> PaybackView | None:
    """The payback of a top-up that its rail knows by this name, or None."""
    is_it = PAYBACK.c.top_up_id == top_up_id, PAYBACK.c.rail_reference == reference
    row = reads.one(select(PAYBACK).where(*is_it))
    return None if row is None else PaybackView(*row)


def open_payback(reads: Reads, top_up_id: str) -> PaybackView | None:
    """A payback of a top-up that its rail has not answered yet, or None."""
    is_open = PAYBACK.c.top_up_id == top_up_id, PAYBACK.c.state == "requested"
    row = reads.one(select(PAYBACK).where(*is_open).limit(1))
    return None if row is None else PaybackView(*row)


def open_top_up(reads: Reads, account_id: str, currency: str) -> TopUpView | None:
    """The top-up that a rail has not answered yet, or None."""
    row = reads.one(_OPEN, account_id=account_id, currency=currency)
    return None if row is None else TopUpView(*row)


def returnable(reads: Reads, account_id: str, currency: str) -> tuple[TopUpView, ...]:
    """Top-ups of which something can go back, the newest first, those that were refused last."""
    rows = reads.all(_RETURNABLE, account_id=account_id, currency=currency)
    return tuple(TopUpView(*row) for row in rows)


def balances(reads: Reads, account_id: str) -> tuple[Balance, ...]:
    """What a driver has prepaid, by currency; none where it is nothing."""
    found: dict[str, dict[str, int]] = {}
    for row in reads.all(_BALANCES, account_id=account_id):
        found.setdefault(row.asset, {})[row.family] = -int(row.balance)
    return tuple(
        Balance(
            Money(of.get("driver:prepaid", 0), currency),
            Money(of.get("driver:prepaid_held", 0), currency),
        )
        for currency, of in found.items()
        if any(of.values())
    )


def balance(reads: Reads, account_id: str, currency: str) -> Balance:
    """What a driver has prepaid in one currency."""
    for one in balances(reads, account_id):
        if one.available.currency == currency:
            return one
    return Balance(Money(0, currency), Money(0, currency))


def changes(reads: Reads, account_id: str, after: str | None, limit: int) -> tuple[ChangeView, ...]:
    """A driver's history, newest first, those before `after`. Holds are no changes."""
    every = _HISTORY
    statement = select(every).order_by(every.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(every.c.id < after)
    return tuple(ChangeView(*row) for row in reads.all(statement, account_id=account_id))


def _history() -> Any:
    is_theirs: Any = bindparam("account_id")
    of_top_up = select(
        TOP_UP.c.id,
        literal("top_up").label("kind"),
        TOP_UP.c.currency,
        TOP_UP.c.amount_minor.label("amount_minor"),
        TOP_UP.c.state,
        null().label("purpose"),
        TOP_UP.c.refusal_code,
        TOP_UP.c.refusal_detail,
        TOP_UP.c.requested_at.label("at"),
    ).where(TOP_UP.c.account_id == is_theirs)
    of_payback = select(
        PAYBACK.c.id,
        literal("payback"),
        PAYBACK.c.currency,
        -PAYBACK.c.amount_minor,
        PAYBACK.c.state,
        null(),
        PAYBACK.c.refusal_code,
        PAYBACK.c.refusal_detail,
        PAYBACK.c.requested_at,
    ).where(PAYBACK.c.account_id == is_theirs)
    is_return = ORDER.c.kind == "refund"
    of_order = select(
        ORDER.c.id,
        case((is_return, "returned"), else_="spent"),
        ORDER.c.currency,
        case((is_return, ORDER.c.amount_minor), else_=-ORDER.c.amount_minor),
        literal("done"),
        ORDER.c.purpose,
        null(),
        null(),
        ORDER.c.at,
    ).where(
        ORDER.c.account_id == is_theirs,
        ORDER.c.is_done,
        ORDER.c.kind.in_(("take", "capture", "refund")),
    )
    is_taken = CHARGEBACK.c.state == "lost", CHARGEBACK.c.taken_minor > 0
    of_chargeback = select(
        CHARGEBACK.c.id,
        literal("charged_back"),
        CHARGEBACK.c.currency,
        -CHARGEBACK.c.taken_minor,
        literal("done"),
        null(),
        null(),
        null(),
        CHARGEBACK.c.closed_at,
    ).where(CHARGEBACK.c.account_id == is_theirs, *is_taken)
    return union_all(of_top_up, of_payback, of_order, of_chargeback).subquery()


_HISTORY = _history()
