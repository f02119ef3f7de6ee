"""Balances that can be paid out, by what their owners chose, and those that cannot yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, not_, or_, select
from sqlmodel import col

from chargehub.ledger.tables import ACCOUNT
from chargehub.payments import plans, rules
from chargehub.payments.payees import PAYEE
from chargehub.payments.plan import Plan
from chargehub.payments.plans import PLAN
from chargehub.payments.tables import PAYOUT, PREFERENCE
from chargehub.payments.views import PayoutView, Preference
from chargehub.payments.withheld import HOLD
from chargehub.people.tables import Account
from chargehub.store.columns import Instant
from chargehub.store.work import Reads
from chargehub.units import EXPONENTS, Money

_PAYABLE = ACCOUNT.c.family == "owner:payable", ACCOUNT.c.balance < 0
_MINIMUM = case(
    {code: rules.minimum_payout(code) for code in EXPONENTS},
    value=ACCOUNT.c.asset,
    else_=rules.minimum_payout(rules.TOKEN_CURRENCY),
)
_SAME_BALANCE = and_(PAYOUT.c.owner_id == ACCOUNT.c.holder, PAYOUT.c.currency == ACCOUNT.c.asset)
_UNDER_WAY = exists().where(_SAME_BALANCE, PAYOUT.c.state == "requested")
_FAILED_THERE = and_(
    _SAME_BALANCE,
    PAYOUT.c.state == "failed",
    PAYOUT.c.requested_at >= PREFERENCE.c.chosen_at,
    PAYOUT.c.rail == PREFERENCE.c.rail,
    PAYOUT.c.destination == PREFERENCE.c.destination,
)
_REFUSED_LATELY = exists().where(
    _FAILED_THERE, PAYOUT.c.finished_at > bindparam("since", type_=Instant())
)
_LATER = PAYOUT.alias()
_PAID_SINCE = exists().where(
    _LATER.c.owner_id == PAYOUT.c.owner_id,
    _LATER.c.currency == PAYOUT.c.currency,
    _LATER.c.state == "paid",
    _LATER.c.id > PAYOUT.c.id,
)
_FAILURES = (
    select(func.count())
    .select_from(PAYOUT)
    .where(_FAILED_THERE, ~_PAID_SINCE)
    .correlate(ACCOUNT, PREFERENCE)
    .scalar_subquery()
)
_HAS_LATER = exists().where(
    _LATER.c.owner_id == PAYOUT.c.owner_id,
    _LATER.c.currency == PAYOUT.c.currency,
    _LATER.c.id > PAYOUT.c.id,
)
_IS_TO_BE_REPEATED = exists().where(_SAME_BALANCE, PAYOUT.c.state == "failed", ~_HAS_LATER)
_IS_READY = (
    col(Account.verified_at).is_not(None),
    ~exists().where(HOLD.c.owner_id == PREFERENCE.c.owner_id),
    ~exists().where(  # an account that the rail does not pay, or not any more
        PAYEE.c.owner_id == PREFERENCE.c.owner_id,
        PAYEE.c.rail == PREFERENCE.c.rail,
        PAYEE.c.reference == PREFERENCE.c.destination,
        PAYEE.c.is_ready.is_(False),
    ),
)
_REACHES_THE_PLANS_MINIMUM = or_(
    PLAN.c.minimum_minor.is_(None),
    PLAN.c.minimum_currency != ACCOUNT.c.asset,
    ACCOUNT.c.balance <= -PLAN.c.minimum_minor,
)
_CAN_BE_PAID = (
    select(*PREFERENCE.c, ACCOUNT.c.asset, ACCOUNT.c.balance)
    .join(ACCOUNT, ACCOUNT.c.holder == PREFERENCE.c.owner_id)
    .join(Account, col(Account.id) == PREFERENCE.c.owner_id)
    .outerjoin(PLAN, PLAN.c.owner_id == PREFERENCE.c.owner_id)
    .where(
        *_PAYABLE,
        *_IS_READY,
        ACCOUNT.c.balance <= -_MINIMUM,
        or_(PREFERENCE.c.pays_in.is_(None), ACCOUNT.c.asset == rules.TOKEN_CURRENCY),
        not_(_UNDER_WAY),
        not_(_REFUSED_LATELY),
        _FAILURES < rules.PAYOUT_TRIES,
    )
    .order_by(ACCOUNT.c.balance)
)
_DUE = _CAN_BE_PAID.where(
    _REACHES_THE_PLANS_MINIMUM,
    or_(PLAN.c.owner_id.is_(None), PLAN.c.schedule == "at_once", _IS_TO_BE_REPEATED),
).limit(bindparam("limit"))
_DUE_OF = _CAN_BE_PAID.where(PREFERENCE.c.owner_id == bindparam("owner_id"))
_COME = (
    select(PLAN)
    .join(PREFERENCE, PREFERENCE.c.owner_id == PLAN.c.owner_id)
    .join(Account, col(Account.id) == PLAN.c.owner_id)
    .where(PLAN.c.next_at <= bindparam("now", type_=Instant()), *_IS_READY)
    .order_by(PLAN.c.next_at, PLAN.c.owner_id)
    .limit(bindparam("limit"))
)
_PAYABLE_OF = (
    select(ACCOUNT.c.asset, ACCOUNT.c.balance)
    .where(*_PAYABLE, ACCOUNT.c.holder == bindparam("owner_id"))
    .order_by(ACCOUNT.c.asset)
)
_NEWEST = (
    select(PAYOUT)
    .where(
        PAYOUT.c.owner_id == bindparam("owner_id"),
        PAYOUT.c.currency == bindparam("currency"),
        PAYOUT.c.state == bindparam("state"),
    )
    .order_by(PAYOUT.c.id.desc())
    .limit(1)
)
_FAILED = (
    select(PAYOUT)
    .where(PAYOUT.c.state == "failed", ~_PAID_SINCE)
    .order_by(PAYOUT.c.id.desc())
    .limit(rules.PAYOUT_TRIES)
)

Due = tuple[Preference, Money]
"""A balance that leaves, and where to."""


def due_at_once(reads: Reads, refused_since: datetime, limit: int) -> tuple[Due, ...]:
    """Balances that leave now, without a day of a plan, the largest first; at most `limit`.

    Of verified owners who said how and whose payouts are not withheld, from the minimum on, with
    no payout of the same currency under way, and none refused since then at the place that is
    chosen still, nor three in a row. Where a plan has days or waits to be asked, only what a rail
    refused before.
    """
    return _found(reads, _DUE, since=refused_since, limit=limit)


def due_by_plan(reads: Reads, owner_id: str, refused_since: datetime) -> tuple[Due, ...]:
    """What an owner is paid on a day of the plan: from the plan's own minimum on."""
    statement = _DUE_OF.where(_REACHES_THE_PLANS_MINIMUM)
    return _found(reads, statement, owner_id=owner_id, since=refused_since)


def due_when_asked(reads: Reads, owner_id: str, refused_since: datetime) -> tuple[Due, ...]:
    """What an owner who asks for it is paid, whatever the plan says."""
    return _found(reads, _DUE_OF, owner_id=owner_id, since=refused_since)


def come(reads: Reads, now: datetime, limit: int) -> tuple[Plan, ...]:
    """Plans whose day has come, of owners whom nothing but their balance keeps from being paid."""
    return tuple(plans.view(row) for row in reads.all(_COME, now=now, limit=limit))


def payable(reads: Reads, owner_id: str) -> tuple[Money, ...]:
    """An owner's matured balances that are not on their way out, by currency."""
    rows = reads.all(_PAYABLE_OF, owner_id=owner_id)
    return tuple(Money(-int(row.balance), row.asset) for row in rows)


def newest_payout(reads: Reads, owner_id: str, currency: str, state: str) -> PayoutView | None:
    """An owner's newest payout of a currency in this state, or None."""
    row = reads.one(_NEWEST, owner_id=owner_id, currency=currency, state=state)
    return None if row is None else PayoutView(*row)


def failed_in_a_row(reads: Reads, owner_id: str, currency: str) -> tuple[PayoutView, ...]:
    """An owner's payouts of a currency that failed since one was paid, the newest first; at most
    as many as are tried."""
    statement = _FAILED.where(PAYOUT.c.owner_id == owner_id, PAYOUT.c.currency == currency)
    return tuple(PayoutView(*row) for row in reads.all(statement))


def _found(reads: Reads, statement: Select[Any], **values: Any) -> tuple[Due, ...]:
    found = []
    for row in reads.all(statement, **values):
        place = Preference(row.owner_id, row.rail, row.destination, row.pays_in, row.chosen_at)
        balance_minor = -int(row.balance)
        if place.pays_in is None:  # what banks cannot move of it stays for the next payout
            balance_minor = rules.payable(balance_minor, row.asset)
        if balance_minor:
            found.append((place, Money(balance_minor, row.asset)))
    return tuple(found)
