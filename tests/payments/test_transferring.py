"""What a rail sent an owner with a capture, and what the ledger says of it."""

from datetime import datetime, timedelta

from chargehub.clock import HandClock
from chargehub.ledger.tables import balance
from chargehub.payments import coming_back, tables, transferring
from chargehub.payments.rail import Refusal
from chargehub.payments.views import PaymentView
from chargehub.settlement.tables import statement
from chargehub.store.writer import Store


def payment(now: datetime) -> PaymentView:
    values = dict.fromkeys(PaymentView.__dataclass_fields__)
    told = {"id": "p1", "rail": "stripe", "currency": "EUR", "destination": "acct_1"}
    more = {"owner_minor": 810, "rail_transfer": "tr_1", "created_at": now, "changed_at": now}
    return PaymentView(**{**values, **told, **more})  # type: ignore[arg-type]


async def test_what_was_no_longer_the_owners_is_owed(store: Store, clock: HandClock) -> None:
    """A correction came between capture and settlement: the transfer is a fact all the same."""
    now = clock.now()

    await store.do(transferring.note_paid, payment(now), "o", now)

    assert await store.read(balance, "owner:receivable:o", "EUR") == 810
    assert await store.read(balance, "owner:payable:o", "EUR") == 0
    assert await store.read(balance, "psp:pending", "EUR") == -810
    day = timedelta(days=1)
    (told,) = await store.read(statement, "o", now - day, now + day)
    assert (told.payouts_minor, told.owed_minor) == (810, 810)


async def test_when_it_comes_back_nothing_is_owed(store: Store, clock: HandClock) -> None:
    now = clock.now()
    await store.do(transferring.note_paid, payment(now), "o", now)
    paid = await store.read(tables.payout_by_reference, "stripe", "tr_1")
    assert paid is not None and paid.state == "paid"

    await store.do(coming_back.came_back, paid.id, Refusal("reversed", "It came back."), now)

    for code in ("owner:receivable:o", "owner:payable:o", "owner:in_transit:o", "psp:pending"):
        assert await store.read(balance, code, "EUR") == 0
