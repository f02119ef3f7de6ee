"""What rails are asked, outside any transaction. The answers are recorded by `collect.py`.

Each effect reads what is wanted now, asks the rail what it knows of the key, and only then sends
the order: a delivery may be repeated after a crash, and long after the rail forgot its key. An
order's content is fixed in its row before it is sent, so that every try sends the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar, assert_never

from chargehub import events
from chargehub.payments import (
    card_disputes,
    destined,
    prepaid,
    tables,
    top_up_pages,
)
from chargehub.payments.rail import (
    NO_DESTINATION,
    RAIL_TIMEOUT_S,
    Captured,
    CaptureOrder,
    CollectOrder,
    Collects,
    Held,
    HoldOrder,
    RailBroken,
    RailUnreachable,
    Refunded,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeOrder,
)
from chargehub.payments.rails import Rails
from chargehub.payments.rules import is_releasable
from chargehub.payments.views import PaymentView
from chargehub.store.work import Work
from chargehub.store.writer import Store

DISPUTED = Refusal(
    "charge_disputed",
    "The cardholder disputes this payment at the bank, which decides whose it is. What is owed "
    "beyond that is given back by hand, after it has decided.",
)

Event = TypeVar("Event")
Outcome = TypeVar("Outcome")
Effect = Callable[[Event, str], Awaitable[Outcome | Refusal | None]]
Decide = Callable[[Work, PaymentView], PaymentView]
"""Decides, once for each payment, about the owner who is paid at its capture."""


def authorise(
    rails: Rails, store: Store, name_owner: Decide | None = None
) -> Effect[events.AuthorisationRequested, Held]:
    """Ask for a hold. None: it is not wanted any more."""

    async def run(event: events.AuthorisationRequested, key: str) -> Held | Refusal | None:
        payment = await store.read(tables.payment, event.payment_id)
        if payment is None or payment.state != "requested":
            return None
        if name_owner and payment.rail in rails.at_capture:
            payment = await store.do(name_owner, payment)
        order = HoldOrder(
            *(payment.method, payment.hold_minor, payment.currency, payment.purpose),
            destination=payment.destination or None,
        )
        rail = rails.collecting[payment.rail]
        outcome = await _send(rail, order, key, Held)
        if not isinstance(outcome, Refusal) or outcome.code != NO_DESTINATION:
            return outcome
        await store.do(destined.give_up, payment)  # no driver is refused for an owner's account
        return await _send(rail, replace(order, destination=None), key, Held)

    return run


def capture(
    rails: Rails, store: Store, divide: Decide | None = None
) -> Effect[events.CaptureRequested | events.FeeRequested | events.DebtPaymentRequested, Captured]:
    """Take money from a hold, or at once where there is none. None: not wanted any more.

    Without `divide` all of it is the hub's, whomever the hold names.
    """

    async def run(
        event: events.CaptureRequested | events.FeeRequested | events.DebtPaymentRequested, key: str
    ) -> Captured | Refusal | None:
        payment = await store.read(tables.payment, event.payment_id)
        if payment is None or payment.state != "capture_requested":
            return None
        order: CollectOrder
        if divide and payment.destination:
            payment = await store.do(divide, payment)
        if payment.rail_reference is None:
            order = TakeOrder(payment.method, payment.ask_minor, payment.currency, payment.purpose)
        else:
            asked = payment.rail_reference, payment.ask_minor, payment.currency
            order = CaptureOrder(*asked, owner_minor=payment.owner_minor or 0)
        return await _send(rails.collecting[payment.rail], order, key, Captured)

    return run


def release(rails: Rails, store: Store) -> Effect[events.ReleaseRequested, Released]:
    """Give a hold back. None: there is none any more."""

    async def run(event: events.ReleaseRequested, key: str) -> Released | Refusal | None:
        payment = await store.read(tables.payment, event.payment_id)
        if payment is None or payment.rail_reference is None or not is_releasable(payment.state):
            return None
        order = ReleaseOrder(payment.rail_reference)
        return await _send(rails.collecting[payment.rail], order, key, Released)

    return run


def refund(
    rails: Rails, store: Store
) -> Effect[events.RefundRequested | events.DisputeRefundRequested, Refunded]:
    """Send captured money back. None: it is not wanted any more."""

    async def run(
        event: events.RefundRequested | events.DisputeRefundRequested, key: str
    ) -> Refunded | Refusal | None:
        payment = await store.read(tables.payment, event.payment_id)
        wanted = await store.read(tables.refund, event.refund_id)
        if payment is None or wanted is None or wanted.state != "requested":
            return None
        if await store.read(card_disputes.is_disputed, payment.id):
            return DISPUTED
        assert payment.rail_reference is not None, payment
        order = RefundOrder(payment.rail_reference, wanted.amount_minor, wanted.currency)
        return await _send(rails.collecting[payment.rail], order, key, Refunded)

    return run


def take_top_up(rails: Rails, store: Store) -> Effect[events.TopUpRequested, Captured]:
    """Take what a driver pays in. None: it was answered before."""

    async def run(event: events.TopUpRequested, key: str) -> Captured | Refusal | None:
        asked = await store.read(prepaid.top_up, event.top_up_id)
        if asked is None or asked.state != "requested":
            return None
        order: CollectOrder
        page = await store.read(top_up_pages.page, asked.id)
        if page is not None and page.hold is not None:
            order = CaptureOrder(page.hold, asked.amount_minor, asked.currency)
        else:
            what_for = f"top_up:{asked.id}"
            order = TakeOrder(asked.method, asked.amount_minor, asked.currency, what_for)
        return await _send(rails.collecting[asked.rail], order, key, Captured)

    return run


def pay_back(rails: Rails, store: Store) -> Effect[events.PaybackRequested, Refunded]:
    """Send a part of a top-up back. None: it was answered before."""

    async def run(event: events.PaybackRequested, key: str) -> Refunded | Refusal | None:
        asked = await store.read(prepaid.payback, event.payback_id)
        if asked is None or asked.state != "requested":
            return None
        source = await store.read(prepaid.top_up, asked.top_up_id)
        assert source is not None and source.rail_reference is not None, asked
        order = RefundOrder(source.rail_reference, asked.amount_minor, asked.currency)
        return await _send(rails.collecting[source.rail], order, key, Refunded)

    return run


async def _send(
    rail: Collects, order: CollectOrder, key: str, kind: type[Outcome]
) -> Outcome | Refusal:
    """The outcome the rail has for this key already, or the one it gives now."""
    try:
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            outcome: Any = await rail.read_back(order, key)
            if outcome is None:
                outcome = await _call(rail, order, key)
    except TimeoutError as error:
        raise RailUnreachable(f"no answer within {RAIL_TIMEOUT_S} s") from error
    if not isinstance(outcome, kind | Refusal):
        raise RailBroken(f"a {type(order).__name__} was answered with {outcome}")
    return outcome


async def _call(rail: Collects, order: CollectOrder, key: str) -> Any:
    match order:
        case HoldOrder():
            return await rail.authorise(order, key)
        case TakeOrder():
            return await rail.take(order, key)
        case CaptureOrder():
            return await rail.capture(order, key)
        case ReleaseOrder():
            return await rail.release(order, key)
        case RefundOrder():
            return await rail.refund(order, key)
        case _:
            assert_never(order)
