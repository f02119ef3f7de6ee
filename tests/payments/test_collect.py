"""Money from drivers, from hold to capture, refund and release, on the sandbox rail."""

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
