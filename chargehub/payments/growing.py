"""A hold that grows where its rail can do that; where not, a greater one takes its place."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from chargehub import events
from chargehub.payments import budgets, renewing, rules, tables
from chargehub.payments.rail import (
    RAIL_TIMEOUT_S,
    GrowsHolds,
    Held,
    IncreaseOrder,
    RailBroken,
    Refusal,
)
from chargehub.payments.rails import Rails
from chargehub.payments.steps import move, note_hold_grown
from chargehub.payments.views import PaymentView
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store

FIXED = Refusal("hold_is_fixed", "This hold cannot grow.")


def ask(work: Work, payment: PaymentView, amount_minor: int, now: datetime) -> None:
    """Have a hold keep so much in all; the card behind it must still be in the driver's wallet."""
    if _is_kept(work, payment):
        work.record(events.HoldGrowthRequested(payment.id, amount_minor))
    else:
        _replace(work, payment, amount_minor, now)


def _is_kept(reads: Reads, payment: PaymentView) -> bool:
    """A guest's hold was made on a page, by no card of a wallet."""
    if not payment.method or payment.driver_id is None:
        return True
    mine = tables.methods(reads, payment.driver_id)
    return (payment.rail, payment.method) in [(one.rail, one.reference) for one in mine]


def grow(
    rails: Rails, store: Store
) -> Callable[[events.HoldGrowthRequested, str], Awaitable[Held | Refusal | None]]:
    """The effect that asks a rail to let a hold grow. None: it is not wanted any more."""

    async def run(event: events.HoldGrowthRequested, key: str) -> Held | Refusal | None:
        payment = await store.read(tables.payment, event.payment_id)
        if payment is None or payment.state != "authorised" or payment.rail_reference is None:
            return None
        rail = rails.collecting.get(payment.rail)
        if not isinstance(rail, GrowsHolds):
            return FIXED
        order = IncreaseOrder(payment.rail_reference, event.amount_minor, payment.currency)
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return await rail.increase(order, key)

    return run


def record_growth(
    work: Work, event: events.HoldGrowthRequested, outcome: Held | Refusal | None, now: datetime
) -> None:
    """Note that a hold has grown. One that cannot has another asked for in its place, once."""
    payment = tables.payment(work, event.payment_id)
    if payment is None or outcome is None or payment.state != "authorised":
        return
    if isinstance(outcome, Refusal):
        _replace(work, payment, event.amount_minor, now)
        return
    if outcome.amount_minor < event.amount_minor:
        raise RailBroken(f"{payment.rail} was to hold {event.amount_minor} and said {outcome}")
    more_minor = outcome.amount_minor - payment.hold_minor
    if more_minor <= 0:
        return
    note_hold_grown(work, payment, more_minor, now)
    move(
        work,
        payment,
        now,
        hold_minor=outcome.amount_minor,
        capturable_minor=max(outcome.capturable_minor, payment.capturable_minor),
        expires_at=outcome.expires_at,
        renew_at=rules.renew_at(outcome.expires_at, now),
    )


def _replace(work: Work, payment: PaymentView, amount_minor: int, now: datetime) -> None:
    session_id = payment.session_id
    budget = None if session_id is None else budgets.budget(work, session_id)
    if budget is None or budget.asked_of == payment.id or payment.driver_id is None:
        return
    if not budgets.is_asked(work, payment.driver_id, payment.id):
        budgets.look_again(work, budget.session_id, budget.look_at, payment.id)
        renewing.replace(work, payment, amount_minor, now)
