"""Money from drivers, from hold to capture, refund and release, on the sandbox rail."""

from random import Random

import pytest

from chargehub import events
from tests.payments.world import World

WALK_UP_MINOR = 2200  # 1.1 x 11 kW x 4 h x 0.45 EUR/kWh, in whole euros


async def test_a_walk_up_is_held_and_captured(world: World) -> None:
    driver = await world.driver("dora")
    session = await world.session(driver)
    await world.flow.follow()
    held = await world.payment(session)

    cdr = await world.close(session, 900)
    await world.flow.follow()

    paid = await world.payment(session)
    assert (held.state, held.hold_minor) == ("authorised", WALK_UP_MINOR)
    assert (paid.id, paid.state, paid.captured_minor) == (held.id, "captured", 900)
    assert world.flow.of_kind(events.PaymentCaptured) == [
        events.PaymentCaptured(held.id, session, cdr, 900)
    ]
    await world.check_books()


async def test_the_ledger_remembers_a_hold_until_it_is_captured(world: World) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()
    payment = await world.payment(session)
    assert await world.balance(f"hold:{payment.id}", "EURm") == WALK_UP_MINOR

    await world.close(session, 900)
    await world.flow.follow()

    assert await world.balance(f"hold:{payment.id}", "EURm") == 0


async def test_a_refused_hold_is_told(world: World) -> None:
    """Sessions stop on PaymentRefused; the driver sees why."""
    session = await world.session(await world.driver("dora", "refuse"))

    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.state, payment.refusal_code) == ("refused", "card_declined")
    assert world.flow.of_kind(events.PaymentRefused) == [
        events.PaymentRefused(payment.id, None, session)
    ]


async def test_a_driver_without_a_method_is_refused_at_once(world: World) -> None:
    session = await world.session(await world.driver("dora", None))

    await world.flow.follow()

    assert (await world.payment(session)).refusal_code == "no_method"
    assert len(world.flow.of_kind(events.PaymentRefused)) == 1


@pytest.mark.parametrize(
    ("status", "verdict", "free_reason"),
    [
        ("closed", "accepted", None),
        ("ended", "accepted", None),
        ("active", "accepted", "own_use"),
        ("active", "invalid", None),
    ],
)
async def test_some_sessions_need_no_hold(
    world: World, status: str, verdict: str, free_reason: str | None
) -> None:
    """Over already, the owner's own use, or nobody's who is known to owe it."""
    driver = await world.driver("dora")

    await world.session(driver, status=status, verdict=verdict, free_reason=free_reason)
    await world.flow.follow()

    assert await world.payments() == []


async def test_a_session_learnt_of_too_late_is_paid_at_once(world: World) -> None:
    session = await world.session(await world.driver("dora"), status="closed")
    await world.close(session, 900)

    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.state, payment.hold_minor, payment.captured_minor) == ("captured", 0, 900)
    await world.check_books()


async def test_a_cost_above_the_hold_is_captured_as_far_as_it_goes(world: World) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()

    await world.close(session, 4600)
    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.captured_minor, payment.due_minor) == (WALK_UP_MINOR, 4600)
    await world.check_books()


async def test_a_session_that_cost_nothing_gives_the_hold_back(world: World) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()

    await world.close(session, 0)
    await world.flow.follow()

    assert (await world.payment(session)).state == "released"
    assert world.flow.of_kind(events.PaymentCaptured) == []
    await world.check_books()


async def test_a_session_over_before_the_hold_is_captured_when_it_comes(world: World) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow(but=[events.AuthorisationRequested])
    cdr = await world.close(session, 900)
    await world.flow.follow(but=[events.AuthorisationRequested])
    assert (await world.payment(session)).wish == "capture"

    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.state, payment.captured_minor, payment.wish) == ("captured", 900, None)
    (captured,) = world.flow.of_kind(events.PaymentCaptured)
    assert captured.cdr_id == cdr
    await world.check_books()


async def test_a_session_over_before_the_hold_is_released_if_it_cost_nothing(
    world: World,
) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow(but=[events.AuthorisationRequested])
    await world.close(session, 0)
    await world.flow.follow(but=[events.AuthorisationRequested])

    await world.flow.follow()

    assert (await world.payment(session)).state == "released"
    assert world.flow.of_kind(events.PaymentAuthorised) == []
    await world.check_books()


async def test_after_a_refused_hold_the_cost_is_asked_for_at_once(world: World) -> None:
    """The card does not cover the deposit, but it covers what was charged until the stop."""
    session = await world.session(await world.driver("dora", "limit:1000"))
    await world.flow.follow()

    await world.close(session, 300)
    await world.flow.follow()

    refused, paid = await world.payments()
    assert (refused.state, paid.state, paid.captured_minor) == ("refused", "captured", 300)
    await world.check_books()


async def test_a_hold_refused_after_the_session_is_followed_by_a_take(world: World) -> None:
    session = await world.session(await world.driver("dora", "limit:1000"))
    await world.flow.follow(but=[events.AuthorisationRequested])
    await world.close(session, 300)
    await world.flow.follow(but=[events.AuthorisationRequested])

    await world.flow.follow()

    assert [one.state for one in await world.payments()] == ["refused", "captured"]
    assert len(world.flow.of_kind(events.PaymentCaptured)) == 1


@pytest.mark.parametrize("reference", ["refuse", "refuse_capture", None])
async def test_what_cannot_be_had_is_a_receivable(world: World, reference: str | None) -> None:
    """A declined card never ends in free energy: settlement is told that nothing was taken."""
    driver = await world.driver("dora", reference)
    session = await world.session(driver)
    await world.flow.follow()

    await world.close(session, 900)
    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.state, payment.captured_minor, payment.due_minor) == ("failed", 0, 900)
    (captured,) = world.flow.of_kind(events.PaymentCaptured)
    assert captured.captured_minor == 0
    assert await world.balance(f"driver:receivable:{driver}") == 900
    await world.check_books()


async def test_after_a_refused_capture_nothing_stays_held(world: World) -> None:
    session = await world.session(await world.driver("dora", "refuse_capture"))
    await world.flow.follow()

    await world.close(session, 900)
    await world.flow.follow()

    assert (await world.books()).held_minor == 0
    await world.check_books()


async def test_a_session_that_never_began_gives_the_hold_back(world: World) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()

    await world.fail(session)
    await world.flow.follow()

    assert (await world.payment(session)).state == "released"
    await world.check_books()


async def test_removing_the_method_does_not_free_the_driver(world: World) -> None:
    driver = await world.driver("dora", None)
    method = await world.add_method(driver, "ok")
    session = await world.session(driver)
    await world.flow.follow()

    await world.remove_method(driver, method)
    await world.close(session, 900)
    await world.flow.follow()

    assert (await world.payment(session)).captured_minor == 900


# --- bookings ----------------------------------------------------------------------------------


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


# --- corrections -------------------------------------------------------------------------------


async def paid_session(world: World, cost_minor: int = 900) -> str:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()
    await world.close(session, cost_minor)
    await world.flow.follow()
    return session


async def test_a_lower_cost_is_refunded_and_settled_anew(world: World) -> None:
    session = await paid_session(world)

    cdr = await world.correct(session, 500)
    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.captured_minor, payment.refunded_minor) == (900, 400)
    assert world.flow.of_kind(events.PaymentCaptured)[-1] == events.PaymentCaptured(
        payment.id, session, cdr, 500
    )
    assert (await world.books()).refunded_minor == 400
    await world.check_books()


async def test_a_higher_cost_is_a_receivable(world: World) -> None:
    session = await paid_session(world)

    await world.correct(session, 1000)
    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.captured_minor, payment.refunded_minor) == (900, 0)
    assert await world.balance(f"driver:receivable:{payment.driver_id}") == 100
    await world.check_books()


async def test_a_cost_of_nothing_is_refunded_whole(world: World) -> None:
    session = await paid_session(world)

    await world.correct(session, 0)
    await world.flow.follow()

    assert (await world.payment(session)).refunded_minor == 900
    assert await world.balance("psp:pending") == 0
    await world.check_books()


async def test_a_cost_after_none_is_taken(world: World) -> None:
    session = await paid_session(world, 0)

    await world.correct(session, 500)
    await world.flow.follow()

    assert (await world.payment(session)).captured_minor == 500
    await world.check_books()


async def test_corrections_while_the_rail_is_busy_end_in_the_last_cost(world: World) -> None:
    """The capture, then the refund, were still under way when the next correction came."""
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()
    await world.close(session, 900)
    await world.flow.follow(but=[events.CaptureRequested])

    await world.correct(session, 700, version=2)
    await world.flow.follow(but=[events.CaptureRequested])
    await world.flow.follow(but=[events.RefundRequested])
    await world.correct(session, 300, version=3)
    last = await world.correct(session, 400, version=4)
    await world.flow.follow(but=[events.RefundRequested])
    await world.flow.follow()

    payment = await world.payment(session)
    assert payment.captured_minor - payment.refunded_minor == 400
    assert world.flow.of_kind(events.PaymentCaptured)[-1].cdr_id == last
    assert len(world.flow.of_kind(events.PaymentCaptured)) == 1
    await world.check_books()


async def test_a_correction_before_the_hold_is_answered_is_the_cost(world: World) -> None:
    session = await world.session(await world.driver("dora"))
    await world.flow.follow(but=[events.AuthorisationRequested])
    await world.close(session, 900)
    await world.flow.follow(but=[events.AuthorisationRequested])

    await world.correct(session, 500)
    await world.flow.follow(but=[events.AuthorisationRequested])
    await world.flow.follow()

    payment = await world.payment(session)
    assert (payment.captured_minor, payment.refunded_minor) == (500, 0)
    await world.check_books()


async def test_a_refund_that_the_rail_refuses_stays_visible(world: World) -> None:
    """The money is still there, so the ledger must show it: as nobody's, until somebody acts."""
    session = await paid_session(world)
    payment = await world.payment(session)
    await world.refund_elsewhere(payment, 800)

    await world.correct(session, 500)
    await world.flow.follow()

    payment = await world.payment(session)
    assert payment.refunded_minor == 0
    assert world.flow.of_kind(events.PaymentCaptured)[-1].captured_minor == 900
    assert await world.balance("psp:suspense") == -400


# --- once, whatever happens --------------------------------------------------------------------


async def test_every_delivery_twice_is_once(world: World) -> None:
    booking = await world.booking()
    booked = await world.session(world.market.driver.account_id, booking)
    walk_up = await world.session(await world.driver("dora"))
    await world.flow.follow(twice=True)

    await world.close(booked, 450)
    await world.close(walk_up, 900)
    await world.correct(walk_up, 500)
    await world.flow.follow(twice=True)

    assert len(await world.payments()) == 2
    books = await world.books()
    assert (books.captured_minor - books.refunded_minor, books.held_minor) == (950, 0)
    await world.check_books()


@pytest.mark.parametrize("reference", ["ok", "flaky"])
async def test_any_order_and_any_crash_end_in_the_same_books(world: World, reference: str) -> None:
    """Answers lost after the effect, deliveries repeated, payments in any order among sessions."""
    driver = world.market.driver.account_id
    await world.add_method(driver, reference)

    for seed in range(8):
        await tangled_day(world, driver, Random(seed), slot=60 + 120 * seed)

    books = await world.books()
    assert books.captured_minor - books.refunded_minor == 8 * (450 + 500 + 100)
    assert await world.balance("psp:pending") == 8 * (450 + 500 + 100)
    assert books.held_minor == 0
    await world.check_books()


async def tangled_day(world: World, driver: str, random: Random, slot: int) -> None:
    """A booked session of 4.50, walk-ups of 9.00, 46.00 and nothing, and two corrections."""
    booked = await world.session(driver, await world.booking(slot))
    walk_ups = [await world.session(driver) for _ in range(3)]
    if random.random() < 0.5:
        await world.flow.shuffle(random)
    await world.close(booked, 450)
    for session, cost_minor in zip(walk_ups, (900, 4600, 0), strict=True):
        await world.close(session, cost_minor)
    await world.correct(walk_ups[0], 500)
    await world.correct(walk_ups[1], 100)
    await world.flow.shuffle(random)
