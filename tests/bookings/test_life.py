"""A booking's life after it is held: paid, used, missed, cancelled; and every event twice."""

from dataclasses import replace
from datetime import datetime

import pytest

from chargehub import events
from chargehub.bookings import actions, cancelling, rules, tables
from chargehub.clock import HandClock
from chargehub.errors import NotFound
from chargehub.people.rules import Actor
from chargehub.store.writer import Store
from tests.bookings.world import (
    HOUR,
    MINUTE,
    NOW,
    World,
    account,
    authorised,
    make_world,
    refused,
)


def opened(booking_id: str | None, session_id: str = "session-1") -> events.SessionOpened:
    return events.SessionOpened(session_id, booking_id)


def closed(session_id: str = "session-1") -> events.SessionClosed:
    return events.SessionClosed(session_id, "cdr-1")


async def names(world: World, booking_id: str) -> list[str]:
    return [
        f"{name}:{body['reason']}" if "reason" in body else name
        for name, body in await world.events(booking_id)
    ]


async def test_a_paid_booking_is_confirmed_once(store: Store) -> None:
    world = await make_world(store)
    booking = await world.hold()

    for _ in range(2):
        await store.do(actions.confirm, authorised(booking.id), NOW + MINUTE)

    assert (await world.booking(booking.id)).status == "confirmed"
    assert await names(world, booking.id) == ["BookingHeld", "BookingConfirmed"]


async def test_a_refused_payment_frees_the_slot(store: Store) -> None:
    world = await make_world(store)
    booking = await world.hold()

    for _ in range(2):
        await store.do(actions.decline, refused(booking.id), NOW + MINUTE)

    assert (await world.booking(booking.id)).status == "declined"
    assert await names(world, booking.id) == ["BookingHeld", "BookingReleased:declined"]
    assert (await world.hold()).status == "held"


async def test_payments_of_sessions_without_a_booking_concern_nobody_here(store: Store) -> None:
    await store.do(actions.confirm, events.PaymentAuthorised("payment-1", None, "session-1"), NOW)
    await store.do(actions.decline, events.PaymentRefused("payment-1", None, "session-1"), NOW)
    await store.do(actions.mark_used, opened(None), NOW)
    await store.do(actions.complete, closed(), NOW)


async def test_a_hold_runs_out_at_the_instant_it_was_to_be_paid(
    store: Store, clock: HandClock
) -> None:
    world = await make_world(store)
    booking = await world.hold()

    clock.advance(5 * MINUTE - MINUTE / 60)
    assert await store.do(actions.expire_holds, clock.now()) == 0
    clock.advance(MINUTE / 60)
    assert await store.do(actions.expire_holds, clock.now()) == 1
    assert await store.do(actions.expire_holds, clock.now()) == 0

    ended = await world.booking(booking.id)
    assert (ended.status, ended.ended_at) == ("expired", NOW + 5 * MINUTE)
    assert await names(world, booking.id) == ["BookingHeld", "BookingReleased:expired"]


async def test_money_that_comes_in_time_but_late_in_the_queue_still_counts(store: Store) -> None:
    """Past `pay_by`, but nobody has taken the slot and the clock has not released it."""
    world = await make_world(store)
    booking = await world.hold()

    await store.do(actions.confirm, authorised(booking.id), NOW + 6 * MINUTE)

    assert (await world.booking(booking.id)).status == "confirmed"


async def test_money_that_comes_after_the_end_ends_nothing_twice(store: Store) -> None:
    """The driver was told that it is over, and the slot may be somebody else's."""
    world = await make_world(store)
    booking = await world.hold()
    await store.do(actions.expire_holds, NOW + 5 * MINUTE)
    other = await world.hold(now=NOW + 5 * MINUTE)

    await store.do(actions.confirm, authorised(booking.id), NOW + 6 * MINUTE)

    assert (await world.booking(booking.id)).status == "expired"
    assert (await world.booking(other.id)).status == "held"
    assert await names(world, booking.id) == [
        "BookingHeld",
        "BookingReleased:expired",
    ]


async def test_a_booking_is_used_by_its_session_and_ends_with_it(store: Store) -> None:
    world = await make_world(store)
    booking_id = await world.confirmed(start=60, length=120)

    for _ in range(2):
        await store.do(actions.mark_used, opened(booking_id), NOW + HOUR)
    used = await world.booking(booking_id)
    assert (used.status, used.session_id) == ("active", "session-1")

    for _ in range(2):
        await store.do(actions.complete, closed(), NOW + 2 * HOUR)
    done = await world.booking(booking_id)
    assert (done.status, done.ended_at) == ("completed", NOW + 2 * HOUR)
    told = await names(world, booking_id)
    assert told == ["BookingHeld", "BookingConfirmed", "BookingLeft"]


async def test_a_driver_who_leaves_early_frees_the_rest_of_the_slot(store: Store) -> None:
    world = await make_world(store)
    booking_id = await world.confirmed(start=60, length=180)
    await store.do(actions.mark_used, opened(booking_id), NOW + HOUR)
    with pytest.raises(rules.SlotTaken):
        await world.hold(start=120)

    await store.do(actions.complete, closed(), NOW + 90 * MINUTE)

    assert (await world.hold(start=120)).status == "held"


async def test_a_driver_who_comes_before_the_payment_is_not_turned_away(store: Store) -> None:
    world = await make_world(store)
    booking = await world.hold(start=0)
    await store.do(actions.mark_used, opened(booking.id), NOW + MINUTE)

    await store.do(actions.confirm, authorised(booking.id), NOW + 2 * MINUTE)
    await store.do(actions.expire_holds, NOW + HOUR)
    await store.do(cancelling.release_no_shows, NOW + HOUR)

    assert (await world.booking(booking.id)).status == "active"


async def test_a_second_session_takes_the_bookings_place(store: Store) -> None:
    """The driver plugged in anew before the first session was closed."""
    world = await make_world(store)
    booking_id = await world.confirmed()
    await store.do(actions.mark_used, opened(booking_id, "session-1"), NOW + HOUR)
    await store.do(actions.mark_used, opened(booking_id, "session-2"), NOW + HOUR + MINUTE)

    await store.do(actions.complete, closed("session-1"), NOW + HOUR + MINUTE)
    assert (await world.booking(booking_id)).status == "active"

    await store.do(actions.complete, closed("session-2"), NOW + 2 * HOUR)
    assert (await world.booking(booking_id)).status == "completed"


async def test_a_session_does_not_wake_a_booking_that_is_over(store: Store) -> None:
    """A no-show did come, it turns out; the slot stays free all the same."""
    world = await make_world(store)
    booking_id = await world.confirmed()
    await store.do(cancelling.release_no_shows, NOW + 75 * MINUTE)
    cancelled = await world.confirmed()
    await store.do(cancelling.cancel, world.driver, cancelled, NOW)

    await store.do(actions.mark_used, opened(booking_id), NOW + 76 * MINUTE)
    await store.do(actions.mark_used, opened(cancelled), NOW + 76 * MINUTE)

    assert (await world.booking(booking_id)).status == "completed"
    assert (await world.booking(cancelled)).status == "cancelled"


async def test_who_does_not_come_within_the_grace_is_a_no_show(
    store: Store, clock: HandClock
) -> None:
    world = await make_world(store)
    await world.connect()
    booking_id = await world.confirmed(start=60, length=120)

    clock.set(NOW + 75 * MINUTE - MINUTE / 60)
    assert await store.do(cancelling.release_no_shows, clock.now()) == 0
    clock.set(NOW + 75 * MINUTE)
    assert await store.do(cancelling.release_no_shows, clock.now()) == 1
    assert await store.do(cancelling.release_no_shows, clock.now()) == 0

    assert (await world.booking(booking_id)).status == "no_show"
    assert (await names(world, booking_id))[-1] == "BookingReleased:no_show"
    assert (await world.hold(start=76, now=clock.now())).status == "held"


async def test_jobs_take_fifty_at_a_time(store: Store) -> None:
    world = await make_world(store)
    drivers = [await account(store, f"driver{number}") for number in range(2)]
    for number in range(55):  # within a day: later ones need no hold yet
        await world.hold(start=60 + number * 25, length=15, driver=drivers[number % 2])

    counts = [await store.do(actions.expire_holds, NOW + HOUR) for _ in range(3)]

    assert counts == [50, 5, 0]


@pytest.mark.parametrize("who", ["driver", "owner", "operator"])
async def test_a_booking_is_cancelled_free_by_those_it_concerns(store: Store, who: str) -> None:
    world = await make_world(store)
    booking_id = await world.confirmed()
    stranger = await account(store, "sue")
    actors = {
        "driver": world.driver,
        "owner": world.owner,
        "operator": replace(stranger, is_operator=True),
    }

    for _ in range(2):
        gone = await store.do(cancelling.cancel, actors[who], booking_id, NOW + HOUR)

    assert (gone.status, gone.cancelled_by, gone.ended_at) == ("cancelled", who, NOW + HOUR)
    assert (await names(world, booking_id))[2:] == ["BookingReleased:cancelled"]
    assert gone.fee_minor == 0


async def test_somebody_elses_booking_is_not_there(store: Store) -> None:
    world = await make_world(store)
    booking_id = await world.confirmed()
    stranger = await account(store, "sue")

    for actor, wanted in ((stranger, booking_id), (world.driver, "nothing")):
        with pytest.raises(NotFound, match="no such booking"):
            await store.do(cancelling.cancel, actor, wanted, NOW)

    assert (await world.booking(booking_id)).status == "confirmed"


async def test_a_booking_in_use_or_over_is_not_cancelled(store: Store) -> None:
    world = await make_world(store)
    used = await world.confirmed()
    missed = await world.confirmed(start=200)
    await store.do(actions.mark_used, opened(used), NOW + HOUR)
    await store.do(cancelling.release_no_shows, NOW + 5 * HOUR)

    with pytest.raises(rules.BookingOver, match="Stop its session"):
        await store.do(cancelling.cancel, world.driver, used, NOW + HOUR)
    with pytest.raises(rules.BookingOver, match="over already"):
        await store.do(cancelling.cancel, world.driver, missed, NOW + 5 * HOUR)


async def covering(world: World, at: datetime) -> str | None:
    found = await world.store.read(tables.covering, world.evse_id, at)
    return None if found is None else found.id


async def test_an_evse_is_kept_from_shortly_before_the_slot_until_the_driver_is_missed(
    store: Store,
) -> None:
    world = await make_world(store)
    booking_id = await world.confirmed(start=60, length=60)

    assert await covering(world, NOW + 49 * MINUTE) is None
    assert await covering(world, NOW + 50 * MINUTE) == booking_id
    assert await covering(world, NOW + 74 * MINUTE) == booking_id
    assert await covering(world, NOW + 75 * MINUTE) is None


async def test_between_two_bookings_the_coming_one_counts(store: Store) -> None:
    """Ten minutes lie between them: buffer of the one, and the other may come early."""
    world = await make_world(store)
    first = await world.confirmed(start=60, length=60)
    second = await world.confirmed(start=130, length=60)
    await store.do(actions.mark_used, opened(first), NOW + HOUR)

    assert await covering(world, NOW + 119 * MINUTE) == first
    assert await covering(world, NOW + 120 * MINUTE) == second
    kept = await store.read(tables.claimed, [world.evse_id, "other"], NOW + 125 * MINUTE)
    assert kept == {world.evse_id}


async def test_pages_go_back_in_time(store: Store) -> None:
    world = await make_world(store)
    made = [(await world.hold(start=number * 80)).id for number in range(1, 6)]
    driver: Actor = world.driver

    first = await store.read(tables.page, driver.account_id, "driver", None, 2)
    second = await store.read(tables.page, driver.account_id, "driver", first[-1].id, 9)
    owned = await store.read(tables.page, world.owner.account_id, "owner", None, 9)

    assert [one.id for one in (*first, *second)] == made[::-1]
    assert [one.id for one in owned] == made[::-1]
    assert await store.read(tables.page, world.owner.account_id, "driver", None, 9) == ()
