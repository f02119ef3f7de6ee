"""A hold that ends is followed by a new one, in whatever order the answers come."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chargehub import events
from chargehub.payments import renewing, rules
from chargehub.store.engines import read_engine
from chargehub.store.work import Reads
from tests.bookings.world import NOW
from tests.payments.world import World

LASTS = "lasts:40"
SEEDS = range(12)


async def renew(world: World, minutes: int = 30) -> int:
    """The old hold has ten minutes left by then."""
    world.clock.advance(timedelta(minutes=minutes))
    return await world.store.do(renewing.renew_due_holds, world.clock.now())


async def states(world: World) -> Sequence[str]:
    return [payment.state for payment in await world.payments()]


def test_a_long_hold_is_renewed_half_a_day_before_its_end_a_short_one_in_its_last_quarter() -> None:
    week, hour = NOW + timedelta(days=7), NOW + timedelta(hours=1)

    assert rules.renew_at(None, NOW) is None
    assert rules.renew_at(week, NOW) == week - timedelta(hours=12)
    assert rules.renew_at(hour, NOW) == hour - timedelta(minutes=15)
    assert rules.renew_at(NOW, hour) == NOW  # it came too late to be of use


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_session_that_ends_while_its_hold_is_renewed_is_paid_once(
    world: World, seed: int
) -> None:
    """The close, both answers of the rail and their repeats, in any order."""
    session = await world.session(await world.driver("dora", LASTS))
    await world.flow.follow()
    assert await renew(world) == 1

    await world.close(session, 900)
    await world.flow.shuffle(Random(seed))

    books = await world.books()
    assert (books.held_minor, books.captured_minor, books.refunded_minor) == (0, 900, 0)
    assert sorted(await states(world)) == ["captured", "released"]
    assert len(world.flow.of_kind(events.PaymentCaptured)) == 1
    await world.check_books()


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_session_that_ends_after_its_hold_did_is_paid_once(world: World, seed: int) -> None:
    """The new hold is still on its way when the old one has ended."""
    session = await world.session(await world.driver("dora", LASTS))
    await world.flow.follow()
    assert await renew(world) == 1
    world.clock.advance(timedelta(minutes=20))

    await world.close(session, 900)
    await world.flow.shuffle(Random(seed))

    books = await world.books()
    assert (books.held_minor, books.captured_minor, books.refunded_minor) == (0, 900, 0)
    assert (await states(world)).count("captured") == 1
    await world.check_books()


async def test_what_is_due_once_is_asked_once(world: World) -> None:
    await world.session(await world.driver("dora", LASTS))
    await world.flow.follow()

    asked = [await renew(world), await renew(world, 0)]
    await world.flow.follow(twice=True)

    assert asked == [1, 0]
    assert await states(world) == ["released", "authorised"]
    await world.check_books()


async def test_a_booking_keeps_its_hold_until_its_session_uses_it(world: World) -> None:
    driver = world.market.driver.account_id
    await world.add_method(driver, LASTS)
    booking = await world.booking(120)
    await world.flow.follow()

    for _ in range(3):
        assert await renew(world) == 1
        await world.flow.follow()
    session = await world.session(driver, booking)
    await world.flow.follow()
    await world.close(session, 300)
    await world.flow.follow()

    assert await states(world) == ["released"] * 3 + ["captured"]
    paid = (await world.payments())[-1]
    assert (paid.booking_id, paid.session_id, paid.captured_minor) == (booking, session, 300)
    await world.check_books()


async def test_a_cancelled_booking_gets_its_old_and_its_new_hold_back(world: World) -> None:
    await world.add_method(world.market.driver.account_id, LASTS)
    booking = await world.booking(120)
    await world.flow.follow()
    await renew(world)

    await world.cancel(booking)
    await world.flow.follow()

    assert await states(world) == ["released", "released"]
    assert (await world.books()).held_minor == 0
    await world.check_books()


async def test_a_driver_who_removed_every_method_is_told_like_one_who_was_refused(
    world: World,
) -> None:
    """The hold that stands is not touched; an hour later it is tried again."""
    driver = await world.driver("dora", None)
    method = await world.add_method(driver, LASTS)
    session = await world.session(driver)
    await world.flow.follow()
    await world.remove_method(driver, method)

    await renew(world)
    await world.flow.follow()
    await world.add_method(driver, "ok")
    too_soon = await renew(world, 59)
    again = await renew(world, 1)
    await world.flow.follow()

    assert (too_soon, again) == (0, 1)
    (first, second) = await world.payments()
    assert world.flow.of_kind(events.PaymentRefused) == [
        events.PaymentRefused(first.id, None, session)
    ]
    assert (first.state, second.state, second.session_id) == ("released", "authorised", session)
    await world.check_books()


def test_due_holds_are_found_without_a_look_at_all_payments(sqlite_template: Path) -> None:
    """Captured ones keep the instant at which their hold was to be renewed, and are the most."""
    engine = read_engine(f"sqlite:///{sqlite_template}")
    asked: list[str] = []
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        renewing.due(Reads(connection), NOW, 50)
        driver.set_trace_callback(None)
        (statement,) = (each for each in asked if each.startswith("SELECT"))
        plan = [line[3] for line in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
    engine.dispose()

    (step,) = plan
    assert step.endswith("ix_payment_renewal (state=? AND renew_at<?)")
