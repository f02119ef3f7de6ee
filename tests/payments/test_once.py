"""Once, whatever happens: repeats, lost answers, crashes and any order end in the same books."""

from dataclasses import fields
from random import Random
from typing import Any

import pytest

from chargehub.payments import steps, tables, views
from chargehub.store.work import Work
from tests.payments.world import NOW, World


@pytest.mark.parametrize(
    ("table", "view"),
    [
        (tables.METHOD, views.MethodView),
        (tables.PAYMENT, views.PaymentView),
        (tables.REFUND, views.RefundView),
        (tables.PAYOUT, views.PayoutView),
        (tables.PREFERENCE, views.Preference),
    ],
)
def test_views_have_the_columns_of_their_tables(table: Any, view: Any) -> None:
    """Views are made of rows by position."""
    assert [field.name for field in fields(view)] == [column.key for column in table.columns]


async def test_a_payment_changes_only_as_it_was_read(world: World) -> None:
    """Two workers on one payment: the second must look again."""
    session = await world.session(await world.driver("dora"))
    await world.flow.follow()
    seen = await world.payment(session)
    await world.close(session, 900)
    await world.flow.follow()

    with pytest.raises(steps.PaymentMoved):
        await world.store.do(_give_up, seen)


def _give_up(work: Work, payment: views.PaymentView) -> None:
    steps.move(work, payment, NOW, state="released")


async def test_late_repeats_of_every_event_change_nothing(world: World) -> None:
    """A follower is asked again, long after, with every event there ever was."""
    booking = await world.booking()
    booked = await world.session(world.market.driver.account_id, booking)
    walk_up = await world.session(await world.driver("dora"))
    refused = await world.session(await world.driver("dirk", "refuse"))
    for session, cost_minor in ((booked, 450), (walk_up, 900), (refused, 300)):
        await world.close(session, cost_minor)
    await world.correct(walk_up, 500, version=2)
    await world.correct(walk_up, 700, version=3)
    await world.flow.follow()
    payments, books = await world.payments(), await world.books()
    happened = list(world.flow.told)

    await world.flow.repeat(happened)
    await world.flow.follow()

    assert await world.payments() == payments
    assert await world.books() == books
    assert world.flow.told == happened


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
