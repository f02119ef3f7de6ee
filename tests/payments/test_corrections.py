"""A cost that changes after the capture: refunds, receivables, and corrections in a row."""

from chargehub import events
from tests.payments.world import World


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


async def test_a_refused_hold_of_a_session_that_turned_out_free_asks_for_nothing(
    world: World,
) -> None:
    """The correction is stored and not yet told to payments when the rail's answer comes."""
    session = await world.session(await world.driver("dora", "refuse"))
    await world.flow.follow(but=[events.AuthorisationRequested])
    await world.close(session, 900)
    await world.flow.follow(but=[events.AuthorisationRequested])

    await world.correct(session, 0)
    await world.flow.follow(but=[events.CdrCorrected])
    await world.flow.follow()

    assert [payment.state for payment in await world.payments()] == ["refused"]
    await world.check_books()
