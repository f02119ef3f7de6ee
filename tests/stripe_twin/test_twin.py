"""The stand-in is strict where Stripe is: what the rail's own tests do not reach."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest
import stripe

from tests.stripe_twin import accounts, balances, checkout, disputes, payouts
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.events import signature
from tests.stripe_twin.server import WEBHOOK_SECRET, running_twin
from tests.stripe_twin.world import PLATFORM

T = TypeVar("T")
DAY = 86_400
HELD = {"amount": 4000, "currency": "eur", "capture_method": "manual", "confirm": True}


class Asked:
    """The unmodified SDK in a thread, against one twin."""

    def __init__(self, twin: Twin, address: str) -> None:
        self.twin = twin
        self._client = stripe.StripeClient(
            KEY, base_addresses={"api": address}, max_network_retries=0
        )

    async def __call__(self, deed: Callable[[Any], Any]) -> Any:
        return await asyncio.to_thread(deed, self._client.v1)


@pytest.fixture
async def ask() -> AsyncIterator[Asked]:
    twin = Twin()
    async with running_twin(twin) as address:
        yield Asked(twin, address)
    assert twin.shortcomings == []


async def owner(ask: Asked) -> str:
    """A connected account that can be paid."""
    asked: Any = {"country": "DE", "capabilities": {"transfers": {"requested": True}}}
    made = await ask(lambda v1: v1.accounts.create(asked))
    accounts.complete(ask.twin.world, made.id)
    return str(made.id)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"amount": 4000, "currency": "eur", "colour": "red"}, None),
        ({"amount": "much", "currency": "eur"}, "amount"),
        ({"amount": 4000}, None),
        ({"amount": 4000, "currency": "eur", "capture_method": "later"}, "capture_method"),
        ({"amount": 10, "currency": "eur"}, "amount"),
    ],
)
async def test_what_the_specification_forbids_is_refused(
    ask: Asked, params: Any, param: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await ask(lambda v1: v1.payment_intents.create(params))

    assert refused.value.http_status == 400
    assert refused.value.param == param


async def test_what_is_no_operation_is_not_found(ask: Asked) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await ask(lambda v1: v1.payment_intents.retrieve("pi_none"))

    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


async def test_a_key_is_good_for_one_order_and_one_day(ask: Asked) -> None:
    """As in version 1 of Stripe's API; also a 500 is answered again."""
    key = {"idempotency_key": "k1"}
    first = await ask(lambda v1: v1.customers.create({"email": "a@example.com"}, key))

    again = await ask(lambda v1: v1.customers.create({"email": "a@example.com"}, key))
    with pytest.raises(stripe.IdempotencyError):
        await ask(lambda v1: v1.customers.create({"email": "b@example.com"}, key))
    ask.twin.world.clock.advance(DAY + 1)
    later = await ask(lambda v1: v1.customers.create({"email": "a@example.com"}, key))
    ask.twin.faults.next = ["broken"]
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await ask(lambda v1: v1.customers.create({}, {"idempotency_key": "k2"}))

    assert again.id == first.id != later.id


@pytest.mark.parametrize(("fault", "made"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_line_that_breaks_is_one_before_or_after_the_effect(
    ask: Asked, fault: Any, made: int
) -> None:
    ask.twin.faults.next = [fault]

    with pytest.raises(stripe.APIConnectionError):
        await ask(lambda v1: v1.customers.create({"email": "a@example.com"}))

    assert len(ask.twin.world.all(PLATFORM, "customer")) == made


async def test_a_hold_that_is_not_captured_in_time_is_gone(ask: Asked) -> None:
    held = await ask(
        lambda v1: v1.payment_intents.create(HELD | {"payment_method": "pm_card_visa"})
    )

    ask.twin.world.clock.advance(7 * DAY)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await ask(lambda v1: v1.payment_intents.capture(held.id))

    assert refused.value.code == "payment_intent_unexpected_state"
    assert (await ask(lambda v1: v1.payment_intents.retrieve(held.id))).status == "canceled"


async def test_a_destination_charge_divides_itself(ask: Asked) -> None:
    """What the platform keeps is the fee less Stripe's own; a refund leaves the transfer alone."""
    world, destination = ask.twin.world, await owner(ask)
    held: Any = {"amount": 4000, "currency": "eur", "capture_method": "manual", "confirm": True}
    held |= {"payment_method": "pm_card_visa", "transfer_data": {"destination": destination}}
    intent = await ask(lambda v1: v1.payment_intents.create(held))
    taken: Any = {"amount_to_capture": 900, "application_fee_amount": 90}
    taken["expand"] = ["latest_charge.transfer", "latest_charge.application_fee"]
    charge = (await ask(lambda v1: v1.payment_intents.capture(intent.id, taken))).latest_charge
    await ask(lambda v1: v1.refunds.create({"payment_intent": intent.id, "amount": 450}))
    world.clock.advance(3 * DAY)

    assert (charge.transfer.amount, charge.transfer.source_transaction) == (900, charge.id)
    assert charge.application_fee.originating_transaction == charge.id
    assert balances.available(world, destination, "eur") == 900 - 90
    kept = 900 - balances.card_fee(900) - 900 + 90 - 450
    assert balances.available(world, PLATFORM, "eur") == kept
    nobody = held | {"transfer_data": {"destination": "acct_nobody"}}
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        await ask(lambda v1: v1.payment_intents.create(nobody))
    assert unknown.value.param == "transfer_data[destination]"


async def test_money_conserves(ask: Asked) -> None:
    """Captured, refunded, transferred, taken back, disputed and paid out: each cent once."""
    world, destination = ask.twin.world, await owner(ask)
    paid = {"amount": 900, "currency": "eur", "confirm": True}
    first, second = [
        await ask(lambda v1, card=card: v1.payment_intents.create(paid | {"payment_method": card}))
        for card in ("pm_card_visa", "pm_card_createDispute")
    ]
    await ask(lambda v1: v1.refunds.create({"payment_intent": first.id, "amount": 450}))
    sent: Any = {"amount": 400, "currency": "eur", "destination": destination}
    with pytest.raises(stripe.InvalidRequestError) as too_soon:
        await ask(lambda v1: v1.transfers.create(sent))
    sent["source_transaction"] = first.latest_charge
    transfer = await ask(lambda v1: v1.transfers.create(sent))
    world.clock.advance(3 * DAY)
    await ask(lambda v1: v1.transfers.reversals.create(transfer.id, {"amount": 100}))
    with pytest.raises(stripe.InvalidRequestError):
        await ask(lambda v1: v1.transfers.reversals.create(transfer.id, {"amount": 301}))
    [dispute] = (await ask(lambda v1: v1.disputes.list({"payment_intent": second.id}))).data
    disputes.decide(world, dispute.id, is_won=True)
    payout = payouts.sent(world, destination, 300, "eur", is_automatic=True)
    payouts.fail(world, destination, payout["id"])

    fees = 2 * balances.card_fee(900) + balances.DISPUTE_FEE_MINOR
    assert too_soon.value.code == "balance_insufficient"
    assert balances.available(world, PLATFORM, "eur") == 1800 - 450 - 300 - fees
    assert balances.available(world, destination, "eur") == 300


async def test_a_card_is_told_on_the_hosted_page_alone(ask: Asked) -> None:
    """One that wants its holder is asked for once there, and not again while they are away."""
    customer = await ask(lambda v1: v1.customers.create({"email": "a@example.com"}))
    asked: Any = {
        "mode": "setup",
        "customer": customer.id,
        "currency": "eur",
        "success_url": "https://hub.example/{CHECKOUT_SESSION_ID}",
    }
    session = await ask(lambda v1: v1.checkout.sessions.create(asked))
    number = "4000002500003155"

    is_asked = checkout.pay(ask.twin.world, session.id, number) is None
    to = checkout.pay(ask.twin.world, session.id, number, has_agreed=True)
    whole: Any = {"expand": ["setup_intent.payment_method"]}
    done = await ask(lambda v1: v1.checkout.sessions.retrieve(session.id, whole))
    card = done.setup_intent.payment_method
    order = HELD | {"customer": customer.id, "payment_method": card.id, "off_session": True}
    held = await ask(lambda v1: v1.payment_intents.create(order))

    assert (is_asked, to) == (True, f"https://hub.example/{session.id}")
    assert (card.card.last4, held.status) == ("3155", "requires_capture")


def test_the_sdk_knows_our_signature() -> None:
    """And refuses one that is old, or of another secret."""
    body = b'{"id": "evt_1", "object": "event"}'
    header = signature(body, WEBHOOK_SECRET, 1_000)
    verify: Any = stripe.WebhookSignature.verify_header

    assert verify(body.decode(), header, WEBHOOK_SECRET, None)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(body.decode(), header, WEBHOOK_SECRET, 300)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(body.decode(), header, "whsec_other", None)
