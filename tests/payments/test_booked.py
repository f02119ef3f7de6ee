"""Deposits of bookings: held, used by their session, given back."""

from chargehub import events
from tests.payments.world import World


async def test_a_booking_is_confirmed_by_its_hold(world: World) -> None:
    booking = await world.booking()

    await world.flow.follow()

    (payment,) = await world.payments()
    assert (payment.booking_id, payment.state, payment.hold_minor) == (booking, "authorised", 600)
    assert (await world.market.booking(booking)).status == "confirmed"


async def test_a_booked_session_uses_the_hold_of_its_booking(world: World) -> None:
    booking = await world.booking()
    await world.flow.follow()

    session = await world.session(world.market.driver.account_id, booking)
    await world.flow.follow()
    await world.close(session, 450)
    await world.flow.follow()

    (payment,) = await world.payments()
    assert (payment.session_id, payment.state, payment.captured_minor) == (session, "captured", 450)
    await world.check_books()


async def test_the_second_session_of_a_booking_is_held_for_by_itself(world: World) -> None:
    booking = await world.booking()
    await world.flow.follow()
    driver = world.market.driver.account_id
    first = await world.session(driver, booking)
    await world.flow.follow()

    second = await world.session(driver, booking)
    await world.flow.follow()
    await world.close(first, 450)
    await world.close(second, 100)
    await world.flow.follow()

    assert [one.captured_minor for one in await world.payments()] == [450, 100]
    await world.check_books()


async def test_a_released_booking_gives_the_hold_back(world: World) -> None:
    booking = await world.booking()
    await world.flow.follow()

    await world.cancel(booking)
    await world.flow.follow()

    (payment,) = await world.payments()
    assert payment.state == "released"
    await world.check_books()


async def test_a_booking_cancelled_before_the_hold_gives_it_back_when_it_comes(
    world: World,
) -> None:
    booking = await world.booking()
    await world.flow.follow(but=[events.AuthorisationRequested])

    await world.cancel(booking)
    await world.flow.follow(but=[events.AuthorisationRequested])
    await world.flow.follow()

    (payment,) = await world.payments()
    assert payment.state == "released"
    assert (await world.market.booking(booking)).status == "cancelled"
    await world.check_books()


async def test_a_refused_deposit_declines_the_booking(world: World) -> None:
    await world.add_method(world.market.driver.account_id, "refuse")
    booking = await world.booking()

    await world.flow.follow()

    assert (await world.market.booking(booking)).status == "declined"


async def test_the_own_use_of_a_booked_evse_gives_the_hold_back(world: World) -> None:
    booking = await world.booking()
    await world.flow.follow()

    driver = world.market.driver.account_id
    session = await world.session(driver, booking, free_reason="own_use")
    await world.flow.follow()
    await world.close(session, 0)
    await world.flow.follow()

    (payment,) = await world.payments()
    assert payment.state == "released"
