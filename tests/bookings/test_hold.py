"""Holding a slot: who gets it, on what terms, and who does not."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from chargehub.bookings import holding, rules, tables
from chargehub.bookings.rules import Wanted
from chargehub.bookings.tables import BookingView
from chargehub.errors import Forbidden, Invalid, NotFound
from chargehub.listings import actions as listings
from chargehub.listings.rules import Hours, Window
from chargehub.people import actions as people
from chargehub.people.tables import app_token
from chargehub.stations import actions as stations
from chargehub.store.writer import Store
from tests.bookings.world import HOUR, MINUTE, NOW, account, make_world


async def test_a_held_slot_has_a_deposit_and_a_time_to_pay(store: Store) -> None:
    """11 kW x 4 h x 1.1 x 0.45 EUR are 21.78 EUR: held are whole 22 EUR."""
    world = await make_world(store)

    booking = await world.hold(start=60, length=240)

    assert booking.status == "held"
    assert (booking.deposit_minor, booking.currency) == (2_200, "EUR")
    assert booking.pay_by == NOW + 5 * MINUTE
    assert (booking.starts_at, booking.ends_at) == (NOW + HOUR, NOW + 5 * HOUR)
    assert booking.blocked_until == NOW + 5 * HOUR + 10 * MINUTE
    assert booking.arrive_by == NOW + HOUR + 15 * MINUTE
    assert booking.opens_at == NOW + 50 * MINUTE
    assert booking.id_token == await store.read(app_token, world.driver.account_id)
    assert (booking.owner_id, booking.station_id) == (world.owner.account_id, world.station_id)
    assert await world.events(booking.id) == [("BookingHeld", {"booking_id": booking.id})]


async def test_of_fifty_drivers_at_once_one_gets_the_slot(store: Store) -> None:
    world = await make_world(store)
    drivers = [await account(store, f"driver{number}") for number in range(50)]

    outcomes = await asyncio.gather(
        *(world.hold(driver=driver) for driver in drivers), return_exceptions=True
    )

    assert sum(isinstance(outcome, BookingView) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, rules.SlotTaken) for outcome in outcomes) == 49


async def test_of_fifty_slots_at_once_those_that_are_clear_of_each_other_stay(
    store: Store,
) -> None:
    """Fifty slots of an hour, ten minutes apart: whatever order they come in, none overlaps."""
    world = await make_world(store)

    outcomes = await asyncio.gather(
        *(world.hold(start=number * 10 * 7 % 500) for number in range(50)), return_exceptions=True
    )

    held = [outcome for outcome in outcomes if isinstance(outcome, BookingView)]
    held.sort(key=lambda booking: booking.starts_at)
    assert len(held) > 1
    assert all(one.blocked_until <= two.starts_at for one, two in pairwise(held))
    assert all(isinstance(one, BookingView | rules.SlotTaken) for one in outcomes)


async def test_the_buffer_is_kept_and_no_more(store: Store) -> None:
    world = await make_world(store)
    await world.hold(start=60, length=60)

    with pytest.raises(rules.SlotTaken, match="next free at 2026-03-02T10:10Z"):
        await world.hold(start=129)
    after = await world.hold(start=130)

    assert after.starts_at == NOW + 130 * MINUTE


async def test_a_hold_that_was_not_paid_gives_way(store: Store) -> None:
    """Without waiting for the clock: the next driver need not know about the first."""
    world = await make_world(store)
    first = await world.hold()
    other = await account(store, "eve")

    with pytest.raises(rules.SlotTaken):
        await world.hold(driver=other, now=NOW + 4 * MINUTE)
    second = await world.hold(driver=other, now=NOW + 5 * MINUTE)

    assert second.status == "held"
    assert (await world.booking(first.id)).status == "expired"
    assert (await world.events(first.id))[-1] == (
        "BookingReleased",
        {"booking_id": first.id, "reason": "expired"},
    )


async def test_a_refused_attempt_leaves_the_stale_hold_as_it_was(store: Store) -> None:
    """Who cannot pay changes nothing for others."""
    world = await make_world(store)
    first = await world.hold()
    poor = await account(store, "pim", can_pay=False)

    with pytest.raises(rules.PaymentMethodNeeded, match="Add a payment method"):
        await world.hold(driver=poor, now=NOW + HOUR / 2)

    assert (await world.booking(first.id)).status == "held"


async def test_an_owner_books_the_own_evse_free_and_at_once(store: Store) -> None:
    world = await make_world(store)
    await store.do(people.set_can_pay, world.owner.account_id, False)

    booking = await world.hold(driver=world.owner)

    assert (booking.status, booking.deposit_minor, booking.pay_by) == ("confirmed", 0, None)
    assert await world.events(booking.id) == [("BookingConfirmed", {"booking_id": booking.id})]


async def test_a_household_token_books_free_whatever_its_case(store: Store) -> None:
    world = await make_world(store)
    partner = await account(store, "pat", can_pay=False)
    card = people.NewIdToken("Card-1")
    await store.do(people.add_id_token, partner, card, NOW)
    await store.do(stations.set_household, world.owner.account_id, world.evse_id, "CARD-1")

    booking = await world.hold(driver=partner, id_token="card-1")

    assert (booking.status, booking.deposit_minor, booking.id_token) == ("confirmed", 0, "Card-1")
    with pytest.raises(rules.PaymentMethodNeeded):
        await world.hold(start=200, driver=partner)


async def test_a_tariff_that_asks_for_nothing_needs_no_payment_method(store: Store) -> None:
    world = await make_world(store, per_kwh="0")
    poor = await account(store, "pim", can_pay=False)

    booking = await world.hold(driver=poor)

    assert (booking.status, booking.deposit_minor) == ("confirmed", 0)


async def test_somebody_elses_id_token_is_refused(store: Store) -> None:
    world = await make_world(store)
    theirs = await store.read(app_token, world.owner.account_id)

    for value in (theirs, "UNKNOWN"):
        with pytest.raises(Forbidden, match="not one of yours"):
            await world.hold(id_token=value)


async def test_a_blocked_or_expired_id_token_is_refused(store: Store) -> None:
    world = await make_world(store)
    ending = people.NewIdToken("ENDING", expires_at=NOW + MINUTE)
    await store.do(people.add_id_token, world.driver, ending, NOW)
    await store.do(people.add_id_token, world.driver, people.NewIdToken("BLOCKED"), NOW)
    await store.do(people.set_id_token_status, world.driver, "BLOCKED", "blocked")

    for value in ("ENDING", "BLOCKED"):
        with pytest.raises(Forbidden, match="blocked or has expired"):
            await world.hold(id_token=value, now=NOW + MINUTE)


async def test_an_unknown_or_unpublished_evse_cannot_be_booked(store: Store) -> None:
    world = await make_world(store)
    await store.do(listings.withdraw, world.owner, world.station_id, NOW)

    with pytest.raises(NotFound, match="No such EVSE"):
        await world.hold()
    with pytest.raises(NotFound, match="No such EVSE"):
        await store.do(
            holding.hold_slot, world.driver, Wanted("nowhere", NOW + HOUR, NOW + 2 * HOUR), NOW
        )


async def test_the_whole_slot_lies_within_the_opening_hours(store: Store) -> None:
    """Open from 07:00 to 12:00 in Oslo, which is 06:00 to 11:00 UTC in March."""
    morning = Hours((Window(frozenset(range(7)), 7 * 60, 12 * 60),))
    world = await make_world(store, hours=morning)

    with pytest.raises(rules.StationClosed):
        await world.hold(start=121, length=60)
    booking = await world.hold(start=120, length=60)

    assert booking.ends_at == NOW + 3 * HOUR


async def test_a_slot_outside_the_policy_is_refused(store: Store) -> None:
    world = await make_world(store)

    for start, length, refusal in (
        (60, 14, rules.SlotTooShort),
        (60, 24 * 60 + 1, rules.SlotTooLong),
        (-2, 60, rules.SlotInThePast),
        (31 * 24 * 60, 60, rules.TooFarAhead),
        (60, -60, Invalid),
    ):
        with pytest.raises(refusal):
            await world.hold(start, length)


async def test_nobody_can_book_everything(store: Store) -> None:
    world = await make_world(store, per_kwh="0")
    for number in range(rules.DEFAULTS.open_bookings):
        await world.hold(start=number * 30, length=15)

    with pytest.raises(rules.TooManyBookings, match="Cancel one"):
        await world.hold(start=3_000)


async def test_every_booking_has_its_own_reservation_number(store: Store) -> None:
    """Positive and 31 bits: what OCPP 1.6 stations read as an integer."""
    world = await make_world(store)

    numbers = {(await world.hold(start=number * 80)).reservation_id for number in range(1, 4)}

    assert len(numbers) == 3
    assert all(0 < number < 2**31 for number in numbers)


async def test_a_new_price_leaves_what_is_booked_as_it_was(store: Store) -> None:
    """The price list is frozen when the slot is held."""
    world = await make_world(store)
    before = await world.hold()
    dearer = await world.tariff_at("0.90")

    after = await world.hold(start=200)

    assert before.tariff_snapshot_id != after.tariff_snapshot_id == dearer
    kept = await store.read(tables.booking, before.id)
    assert kept is not None
    assert kept.tariff_snapshot_id == before.tariff_snapshot_id
    assert after.deposit_minor > before.deposit_minor


async def test_a_minute_too_late_is_still_now(store: Store) -> None:
    """People's clocks differ from the hub's, and typing takes time."""
    world = await make_world(store)

    booking = await world.hold(start=0, now=NOW + timedelta(seconds=59))

    assert booking.starts_at == NOW
