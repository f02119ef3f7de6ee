"""Fees for bookings that ended early, and penalties: captured, divided, matured, netted.

The cents are those of money.md 1.4.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from chargehub.bookings import cancelling
from chargehub.bookings.rules import DEFAULTS
from chargehub.bookings.tables import BOOKING
from chargehub.bookings.terms import write_policy
from chargehub.events import BookingReleased, FeeCaptured, FeeRequested, PaymentAuthorised
from chargehub.settlement import dividing, tables
from chargehub.settlement.split import Terms
from chargehub.store.work import Work
from tests.payments.world import World

DAY = timedelta(days=1)


def _set(work: Work, booking_id: str, values: dict[str, object]) -> None:
    work.execute(update(BOOKING).where(BOOKING.c.id == booking_id).values(**values))


MODERATE = {
    "policy": write_policy(replace(DEFAULTS, cancellation="moderate", no_show_fee=None)),
    "policy_version": 1,
}


async def confirmed(world: World, start: int = 60) -> str:
    """A deposit of 6.00 at a station that has its line, on the policy "moderate"."""
    await world.market.connect()
    booking = await world.booking(start)
    await world.store.do(_set, booking, MODERATE)
    await world.flow.follow()
    return booking


async def cancel_late(world: World) -> str:
    """An hour before the start half of the deposit is kept."""
    booking = await confirmed(world, start=75)
    world.clock.advance(timedelta(minutes=15))
    await world.cancel(booking)
    return booking


async def test_half_a_deposit_is_taken_and_divided(world: World) -> None:
    booking = await cancel_late(world)
    await world.flow.follow(twice=True)

    (payment,) = await world.payments()
    assert (payment.state, payment.captured_minor) == ("captured", 300)
    assert (await world.market.booking(booking)).fee_minor == 300
    assert await world.balance("psp:pending") == 300
    assert await world.balance(f"owner:accrued:{world.owner_id}") == -240
    assert await world.balance("income:no_show_cancel") == -50
    assert await world.balance("vat:payable:DE") == -10
    await world.check_books()


async def test_a_fee_is_no_sale_of_the_hubs_where_the_hub_sells(world: World) -> None:
    """A compensation: of 300 the hub has a fifth, 60, and owes the VAT of that alone."""
    booking = await cancel_late(world)
    taken, own = FeeCaptured("payment", booking, 300), Terms(vat_mode="commissionaire")

    await world.store.do(dividing.settle_fee, taken, world.clock.now(), own)

    assert await world.balance(f"owner:accrued:{world.owner_id}") == -240
    assert await world.balance("income:no_show_cancel") == -50
    assert await world.balance("vat:payable:DE") == -10


async def test_a_fee_matures_and_stands_in_the_statement(world: World) -> None:
    await cancel_late(world)
    await world.flow.follow()
    start = world.clock.now()

    assert await world.store.do(dividing.mature_due_fees, start) == 0
    world.clock.advance(DAY)
    assert await world.store.do(dividing.mature_due_fees, world.clock.now()) == 1
    assert await world.store.do(dividing.mature_due_fees, world.clock.now()) == 0

    assert await world.balance(f"owner:payable:{world.owner_id}") == -240
    assert await world.balance("psp:pending") == 300
    (month,) = await world.store.read(tables.statement, world.owner_id, start - DAY, start + DAY)
    assert (month.sessions, month.gross_minor, month.earnings_minor) == (0, 300, 240)
    assert (month.fee_minor, month.vat_minor, month.payable_minor) == (50, 10, 240)
    await world.check_books()


async def test_a_fee_that_the_rail_refuses_is_nobodys_debt(world: World) -> None:
    await world.add_method(world.market.driver.account_id, "refuse_capture")
    booking = await cancel_late(world)
    await world.flow.follow()

    (payment,) = await world.payments()
    assert payment.captured_minor == 0
    assert (await world.books()).held_minor == 0
    assert await world.balance(f"driver:receivable:{world.market.driver.account_id}") == 0
    assert (await world.market.booking(booking)).status == "cancelled"
    await world.check_books()


async def test_what_an_owner_owes_for_cancelling_is_taken_from_what_is_earned(
    world: World,
) -> None:
    first = await confirmed(world)
    await world.cancel(first, world.market.owner)
    await world.flow.follow(twice=True)
    owed = (await world.market.booking(first)).penalty_minor

    assert owed == 247  # half of 11 kWh at 0.45
    assert await world.balance(f"owner:receivable:{world.owner_id}") == owed
    assert (await world.payments())[0].state == "released"

    second = await confirmed(world, start=200)
    world.clock.advance(timedelta(minutes=120))
    await world.cancel(second)
    await world.flow.follow()
    world.clock.advance(DAY)
    await world.store.do(dividing.mature_due_fees, world.clock.now())

    assert await world.balance(f"owner:receivable:{world.owner_id}") == owed - 240
    assert await world.balance(f"owner:payable:{world.owner_id}") == 0
    await world.check_books()


async def missed(world: World) -> str:
    """Nobody was seen to come: the fee of 2.47 is to be taken."""
    booking = await confirmed(world)
    world.clock.advance(timedelta(minutes=80))
    await world.store.do(cancelling.release_no_shows, world.clock.now())
    return booking


async def came_after_all(world: World, booking: str) -> str:
    """A station tells late of the driver's session."""
    return await world.session(world.market.driver.account_id, booking)


async def check_that_only_the_session_is_paid(world: World, booking: str, session: str) -> None:
    await world.close(session, 450)
    await world.flow.follow(twice=True)

    found = await world.market.booking(booking)
    assert (found.status, found.fee_minor) == ("completed", 0)
    books = await world.books()
    assert (books.captured_minor - books.refunded_minor, books.held_minor) == (450, 0)
    assert await world.balance("income:no_show_cancel") == 0
    assert await world.balance(f"owner:accrued:{world.owner_id}") == -405
    await world.check_books()


@pytest.mark.parametrize("days", [0, 2])
async def test_the_fee_of_who_did_come_goes_back(world: World, days: int) -> None:
    """Also when the owner's part has matured."""
    booking = await missed(world)
    await world.flow.follow()
    start = world.clock.now()
    world.clock.advance(days * DAY)
    matured = await world.store.do(dividing.mature_due_fees, world.clock.now())

    session = await came_after_all(world, booking)
    await world.flow.follow(twice=True)
    (month,) = await world.store.read(
        tables.statement, world.owner_id, start - DAY, world.clock.now() + DAY
    )

    assert matured == (1 if days else 0)
    assert (month.gross_minor, month.earnings_minor, month.fee_minor) == (0, 0, 0)
    assert await world.balance(f"owner:payable:{world.owner_id}") == 0
    await check_that_only_the_session_is_paid(world, booking, session)
    assert await world.store.do(dividing.mature_due_fees, world.clock.now() + 3 * DAY) == 0


@pytest.mark.parametrize("late", [FeeRequested, FeeCaptured, BookingReleased])
async def test_a_fee_that_is_being_taken_when_its_driver_comes_goes_back(
    world: World, late: type
) -> None:
    booking = await missed(world)
    await world.flow.follow(but=[late])
    session = await came_after_all(world, booking)
    await world.flow.follow(but=[late], twice=True)
    await world.flow.follow(twice=True)

    await check_that_only_the_session_is_paid(world, booking, session)


async def test_a_hold_that_comes_when_its_booking_is_over_goes_back_and_is_told_once(
    world: World,
) -> None:
    """The release was told before, or is still to be told: there is one of it."""
    await world.market.connect()
    booking = await world.booking(60)
    await world.flow.follow(but=[PaymentAuthorised])
    await world.cancel(booking)
    await world.flow.follow(but=[BookingReleased])

    (payment,) = await world.payments()
    assert payment.state == "released"
    await world.flow.follow(twice=True)
    assert len(world.flow.of_kind(BookingReleased)) == 1
    await world.check_books()
