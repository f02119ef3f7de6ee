"""Means of payment, payments, refunds, payouts and how owners want to be paid, with queries."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    bindparam,
    or_,
    select,
    text,
)
from sqlmodel import Field, SQLModel

from chargehub.payments.rules import LIVE
from chargehub.payments.views import MethodView, PaymentView, PayoutView, Preference, RefundView
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

METHODS_PER_ACCOUNT = 20  # a wallet, not a list of stolen cards

_IS_DEFAULT = text("is_default AND removed_at IS NULL")
_IS_LIVE = text(f"state IN {LIVE!r}")
_ANSWERS = text("cdr_id IS NOT NULL")
_IS_REQUESTED = text("state = 'requested'")
_IS_LOOKED_AT = text("look_at IS NOT NULL")


def _unique(name: str, *columns: str, where: Any) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


_IS_TAKEN = text("captured_minor > 0")


class PaymentMethodRow(SQLModel, table=True):
    """A driver's means of payment. `reference` is the rail's own name for it, never a card.
    `dropped_at`: when, after it was removed, the rail was asked to forget it. `expires_at`: from
    when on the card is over, None where the rail does not say; `expiry_told_at`: its driver knows.
    """

    __tablename__ = "payment_method"
    __table_args__ = (
        _unique("uq_payment_method_default", "account_id", where=_IS_DEFAULT),
        Index("ix_payment_method_dropped", "dropped_at", "removed_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36, index=True)
    rail: str = Field(max_length=20)
    reference: str = Field(max_length=200)
    label: str = Field(max_length=100)
    is_default: bool
    created_at: datetime = Field(sa_type=Instant)
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    dropped_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    expiry_told_at: datetime | None = Field(default=None, sa_type=Instant)


class PaymentRow(SQLModel, table=True):
    """One attempt to be paid for a booking or a session. Amounts in minor units.

    `hold_minor` was asked to be held, `capturable_minor` is the most that may be taken,
    `ask_minor` what the rail is asked to take (it stays the same at every try). `cdr_id` is set
    where this payment answers for a session's cost: the CDR that now stands; `due_minor` is its
    cost, less what credit pays. `renews` is the payment whose hold this one's is to replace, before
    that ends; `renew_at` when this one's own is to be replaced. `credit_minor` of
    the cost is paid by the driver's credit. `revision` guards every change.

    `destination` is the owner's account that the rail pays at the capture, "" nobody's, and
    `owner_minor` how much of `ask_minor`; None: not decided, and nothing. Each is decided once,
    before the rail is asked. `rail_transfer`, `rail_fee`: `transfer` and `fee` of Captured.
    """

    __tablename__ = "payment"
    __table_args__ = (
        _unique("uq_payment_live_booking", "booking_id", where=_IS_LIVE),
        _unique("uq_payment_live_session", "session_id", where=_IS_LIVE),
        _unique("uq_payment_answerable", "session_id", where=_ANSWERS),
        Index("ix_payment_driver", "driver_id", "id"),
        Index("ix_payment_booking", "booking_id"),
        Index("ix_payment_session", "session_id"),
        Index("ix_payment_reference", "rail_reference"),
        Index("ix_payment_renewal", "state", "renew_at"),
        Index(
            "ix_payment_captured", "changed_at", sqlite_where=_IS_TAKEN, postgresql_where=_IS_TAKEN
        ),
        Index("ix_payment_transfer", "rail_transfer"),
        Index("ix_payment_fee", "rail_fee"),
        CheckConstraint("0 <= captured_minor AND captured_minor <= capturable_minor", "captured"),
        CheckConstraint("0 <= refunded_minor AND refunded_minor <= captured_minor", "refunded"),
    )

    id: str = Field(primary_key=True, max_length=36)
    driver_id: str | None = Field(default=None, max_length=36)
    booking_id: str | None = Field(default=None, max_length=36)
    session_id: str | None = Field(default=None, max_length=36)
    rail: str = Field(max_length=20)
    method: str = Field(max_length=200)
    currency: str = Field(max_length=3)
    hold_minor: int = Field(default=0, sa_type=BigInteger)
    capturable_minor: int = Field(default=0, sa_type=BigInteger)
    ask_minor: int = Field(default=0, sa_type=BigInteger)
    captured_minor: int = Field(default=0, sa_type=BigInteger)
    refunded_minor: int = Field(default=0, sa_type=BigInteger)
    cdr_id: str | None = Field(default=None, max_length=36)
    due_minor: int = Field(default=0, sa_type=BigInteger)
    state: str = Field(max_length=20)
    wish: str | None = Field(default=None, max_length=10)
    rail_reference: str | None = Field(default=None, max_length=200)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    renew_at: datetime | None = Field(default=None, sa_type=Instant)
    renews: str | None = Field(default=None, max_length=36)
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    revision: int = 0
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    credit_minor: int = Field(default=0, sa_type=BigInteger)
    destination: str | None = Field(default=None, max_length=200)
    owner_minor: int | None = Field(default=None, sa_type=BigInteger)
    rail_transfer: str | None = Field(default=None, max_length=200)
    rail_fee: str | None = Field(default=None, max_length=200)


class RefundRow(SQLModel, table=True):
    """Money on its way back to a driver. `state`: requested, refunded, failed."""

    __tablename__ = "refund"
    __table_args__ = (
        _unique("uq_refund_open", "payment_id", where=_IS_REQUESTED),
        Index("ix_refund_payment", "payment_id"),
        Index("ix_refund_reference", "rail_reference"),
        Index("ix_refund_finished", "finished_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    payment_id: str = Field(max_length=36)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    state: str = Field(max_length=10)
    rail_reference: str | None = Field(default=None, max_length=200)
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    created_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class PayoutRow(SQLModel, table=True):
    """An owner's balance on its way out. `state`: requested, paid, failed.

    One that failed and has a `rail_reference` was paid, and came back. `look_at`: when the rail is
    asked again whether it has, or, while it is requested, to send it; None: no more. On a token
    rail `token_units` and `token_price` (currency for one token, as text) say what the amount
    became. `reversed_minor` of it was taken back, or is being.
    """

    __tablename__ = "payout"
    __table_args__ = (
        _unique("uq_payout_open", "owner_id", "currency", where=_IS_REQUESTED),
        Index("ix_payout_owner", "owner_id", "id"),
        Index("ix_payout_reference", "rail_reference"),
        Index("ix_payout_finished", "finished_at"),
        Index(
            "ix_payout_look", "look_at", sqlite_where=_IS_LOOKED_AT, postgresql_where=_IS_LOOKED_AT
        ),
        CheckConstraint("0 <= reversed_minor AND reversed_minor <= amount_minor", "reversed"),
    )

    id: str = Field(primary_key=True, max_length=36)
    owner_id: str = Field(max_length=36)
    rail: str = Field(max_length=20)
    destination: str = Field(max_length=200)
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=BigInteger)
    token_units: int | None = Field(default=None, sa_type=BigInteger)
    token_price: str | None = Field(default=None, max_length=40)
    state: str = Field(max_length=10)
    rail_reference: str | None = Field(default=None, max_length=200)
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    requested_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    look_at: datetime | None = Field(default=None, sa_type=Instant)
    reversed_minor: int = Field(default=0, sa_type=BigInteger)


class PayoutPreferenceRow(SQLModel, table=True):
    """The rail an owner is paid by, and where to on it. `pays_in`: the rail's own asset, if any."""

    __tablename__ = "payout_preference"

    owner_id: str = Field(primary_key=True, max_length=36)
    rail: str = Field(max_length=20)
    destination: str = Field(max_length=200)
    pays_in: str | None = Field(default=None, max_length=4)
    chosen_at: datetime = Field(sa_type=Instant)


METHOD = table_of(PaymentMethodRow)
PAYMENT = table_of(PaymentRow)
REFUND = table_of(RefundRow)
PAYOUT = table_of(PayoutRow)
PREFERENCE = table_of(PayoutPreferenceRow)

_METHOD_BY_ID = select(METHOD).where(
    METHOD.c.id == bindparam("id"),
    METHOD.c.account_id == bindparam("account_id"),
    METHOD.c.removed_at.is_(None),
)
_METHODS = (
    select(METHOD)
    .where(METHOD.c.account_id == bindparam("account_id"), METHOD.c.removed_at.is_(None))
    .order_by(METHOD.c.id.desc())
    .limit(METHODS_PER_ACCOUNT)
)
_DEFAULT = Hot(
    select(METHOD).where(
        METHOD.c.account_id == bindparam("account_id"),
        METHOD.c.is_default,
        METHOD.c.removed_at.is_(None),
    )
)


def method(reads: Reads, account_id: str, method_id: str) -> MethodView | None:
    """An account's means of payment with this id, or None."""
    row = reads.one(_METHOD_BY_ID, id=method_id, account_id=account_id)
    return None if row is None else MethodView(*row)


def methods(reads: Reads, account_id: str) -> tuple[MethodView, ...]:
    """An account's means of payment, newest first, all of them."""
    return tuple(MethodView(*row) for row in reads.all(_METHODS, account_id=account_id))


def default_method(reads: Reads, account_id: str) -> MethodView | None:
    """What a driver pays with now, or None."""
    row = reads.one(_DEFAULT, account_id=account_id)
    return None if row is None else MethodView(*row)


_BOOKED = PAYMENT.c.booking_id == bindparam("booking_id")
_OF_SESSION = PAYMENT.c.session_id == bindparam("session_id")
_LIVE = or_(*(PAYMENT.c.state == state for state in LIVE))
_NEWEST = PAYMENT.c.id.desc()
_PAYMENT_BY_ID = Hot(select(PAYMENT).where(PAYMENT.c.id == bindparam("id")))
_NEWEST_OF_BOOKING = Hot(select(PAYMENT).where(_BOOKED).order_by(_NEWEST).limit(1))
_NEWEST_OF_SESSION = Hot(select(PAYMENT).where(_OF_SESSION).order_by(_NEWEST).limit(1))
_LIVE_OF_BOOKING = Hot(select(PAYMENT).where(_BOOKED, _LIVE))
_LIVE_OF_SESSION = Hot(select(PAYMENT).where(_OF_SESSION, _LIVE))
_ANSWERABLE = Hot(select(PAYMENT).where(_OF_SESSION, PAYMENT.c.cdr_id.is_not(None)))


def _payment(row: Any) -> PaymentView | None:
    return None if row is None else PaymentView(*row)


def payment(reads: Reads, payment_id: str) -> PaymentView | None:
    """The payment with this id, or None."""
    return _payment(reads.one(_PAYMENT_BY_ID, id=payment_id))


def of_booking(reads: Reads, booking_id: str) -> PaymentView | None:
    """The newest payment of a booking, in whatever state, or None."""
    return _payment(reads.one(_NEWEST_OF_BOOKING, booking_id=booking_id))


def of_session(reads: Reads, session_id: str) -> PaymentView | None:
    """The newest payment of a session, in whatever state, or None."""
    return _payment(reads.one(_NEWEST_OF_SESSION, session_id=session_id))


def live_of_booking(reads: Reads, booking_id: str) -> PaymentView | None:
    """The payment that stands for a booking, or None."""
    return _payment(reads.one(_LIVE_OF_BOOKING, booking_id=booking_id))


def live_of_session(reads: Reads, session_id: str) -> PaymentView | None:
    """The payment that stands for a session, or None."""
    return _payment(reads.one(_LIVE_OF_SESSION, session_id=session_id))


def answerable(reads: Reads, session_id: str) -> PaymentView | None:
    """The payment that answers for the cost of a closed session, or None if none was needed."""
    return _payment(reads.one(_ANSWERABLE, session_id=session_id))


def page_of_payments(
    reads: Reads, driver_id: str, after: str | None, limit: int
) -> tuple[PaymentView, ...]:
    """A driver's payments, newest first, those before `after`."""
    statement = select(PAYMENT).where(PAYMENT.c.driver_id == driver_id).order_by(_NEWEST)
    if after is not None:
        statement = statement.where(PAYMENT.c.id < after)
    return tuple(PaymentView(*row) for row in reads.all(statement.limit(limit)))


_REFUND_BY_ID = select(REFUND).where(REFUND.c.id == bindparam("id"))
_OPEN_REFUND = Hot(
    select(REFUND).where(
        REFUND.c.payment_id == bindparam("payment_id"), REFUND.c.state == "requested"
    )
)


def refund(reads: Reads, refund_id: str) -> RefundView | None:
    """The refund with this id, or None."""
    row = reads.one(_REFUND_BY_ID, id=refund_id)
    return None if row is None else RefundView(*row)


def open_refund(reads: Reads, payment_id: str) -> RefundView | None:
    """The refund of a payment that the rail has not answered yet, or None."""
    row = reads.one(_OPEN_REFUND, payment_id=payment_id)
    return None if row is None else RefundView(*row)


_PAYOUT_BY_ID = select(PAYOUT).where(PAYOUT.c.id == bindparam("id"))
_PAYOUT_BY_REFERENCE = select(PAYOUT).where(
    PAYOUT.c.rail == bindparam("rail"), PAYOUT.c.rail_reference == bindparam("reference")
)
_PREFERENCE = select(PREFERENCE).where(PREFERENCE.c.owner_id == bindparam("owner_id"))


def payout(reads: Reads, payout_id: str) -> PayoutView | None:
    """The payout with this id, or None."""
    row = reads.one(_PAYOUT_BY_ID, id=payout_id)
    return None if row is None else PayoutView(*row)


def page_of_payouts(
    reads: Reads, owner_id: str | None, after: str | None, limit: int
) -> tuple[PayoutView, ...]:
    """An owner's payouts, or (None) those of all, newest first, those before `after`."""
    statement = select(PAYOUT).order_by(PAYOUT.c.id.desc())
    if owner_id is not None:
        statement = statement.where(PAYOUT.c.owner_id == owner_id)
    if after is not None:
        statement = statement.where(PAYOUT.c.id < after)
    return tuple(PayoutView(*row) for row in reads.all(statement.limit(limit)))


def preference(reads: Reads, owner_id: str) -> Preference | None:
    """How an owner wants to be paid; None: not said yet."""
    row = reads.one(_PREFERENCE, owner_id=owner_id)
    return None if row is None else Preference(*row)


def payout_by_reference(reads: Reads, rail: str, reference: str) -> PayoutView | None:
    """The payout that a rail knows by this name, or None."""
    row = reads.one(_PAYOUT_BY_REFERENCE, rail=rail, reference=reference)
    return None if row is None else PayoutView(*row)
