"""The station keeps the EVSE for a booking where it can, and lets go when the booking is over."""

import pytest

from chargehub import events
from chargehub.bookings import actions, cancelling
from chargehub.people.rules import group_token
from chargehub.stations import actions as stations
from chargehub.stations.commands import CancelReservation, Outcome, Reserve
from chargehub.stations.reports import Acknowledged, ReservationEnded
from chargehub.store.writer import Store
from tests.bookings.world import HOUR, MINUTE, NOW, World, make_world

OPENS = NOW + 50 * MINUTE  # ten minutes before a slot that starts in an hour
ACCEPTED = Outcome("accepted", "Accepted")


async def reserved(world: World, outcome: Outcome | None = ACCEPTED) -> str:
    """The id of a booking whose window is open, with the station's answer to ReserveNow."""
    booking_id = await world.confirmed(start=60, length=120)
    await world.store.do(actions.open_due_windows, OPENS)
    if outcome is not None:
        (asked,) = await world.commands()
        await world.answer(asked, outcome, OPENS)
    return booking_id


async def test_the_station_is_asked_once_when_the_window_opens(store: Store) -> None:
    world = await make_world(store)
    booking = await world.booking(await world.confirmed(start=60, length=120))

    counts = [
        await store.do(actions.open_due_windows, moment)
        for moment in (OPENS - MINUTE / 60, OPENS, OPENS + MINUTE)
    ]

    assert counts == [0, 1, 0]
    (asked,) = await world.commands()
    until = NOW + 75 * MINUTE
    group = group_token(booking.driver_id)
    assert asked.command == Reserve(booking.reservation_id, 1, booking.id_token, until, group)
    assert (asked.booking_id, asked.expires_at) == (booking.id, until)


async def test_holds_and_ended_bookings_reserve_nothing(store: Store) -> None:
    world = await make_world(store)
    await world.hold(start=60)
    cancelled = await world.confirmed(start=200)
    await store.do(cancelling.cancel, world.driver, cancelled, NOW)

    assert await store.do(actions.open_due_windows, NOW + 201 * MINUTE) == 0


async def test_a_window_that_opened_while_the_hub_was_down_is_opened_late(store: Store) -> None:
    world = await make_world(store)
    await world.confirmed(start=60)
    await world.confirmed(start=200)

    assert await store.do(actions.open_due_windows, NOW + 74 * MINUTE) == 1
    assert await store.do(actions.open_due_windows, NOW + 215 * MINUTE) == 0


@pytest.mark.parametrize(
    ("outcome", "reservation"),
    [
        (ACCEPTED, "made"),
        (Outcome("refused", "Occupied"), "refused"),
        (Outcome("error", "NotSupported"), "refused"),
        (Outcome("timed_out"), "unsure"),
    ],
)
async def test_the_stations_answer_is_kept(
    store: Store, outcome: Outcome, reservation: str
) -> None:
    """The booking stands whatever the station says: authorisation keeps others out."""
    world = await make_world(store)

    booking = await world.booking(await reserved(world, outcome))

    assert (booking.status, booking.reservation) == ("confirmed", reservation)
    assert booking.reserved_at == (OPENS if reservation == "made" else None)


async def test_a_command_that_was_never_sent_reserved_nothing(store: Store) -> None:
    """The station had no line until the command was no longer worth anything."""
    world = await make_world(store)
    booking_id = await reserved(world, outcome=None)
    (asked,) = await world.commands()

    await store.do(stations.expire_commands, asked.expires_at)
    finished = events.CommandFinished(asked.id, world.station_id, "reserve")
    await store.do(actions.follow_command, finished, asked.expires_at)

    assert (await world.booking(booking_id)).reservation == "refused"


async def test_cancelling_takes_the_reservation_back(store: Store) -> None:
    world = await make_world(store)
    booking_id = await reserved(world)

    for _ in range(2):
        await store.do(cancelling.cancel, world.driver, booking_id, OPENS + MINUTE)

    booking = await world.booking(booking_id)
    assert [asked.command for asked in await world.commands()][1:] == [
        CancelReservation(booking.reservation_id)
    ]
    assert booking.reservation == "ended"


async def test_a_no_show_takes_the_reservation_back(store: Store) -> None:
    """It has run out by the station's clock too, if that is right; not all are."""
    world = await make_world(store)
    booking_id = await reserved(world, Outcome("timed_out"))

    await store.do(cancelling.release_no_shows, NOW + 75 * MINUTE)

    booking = await world.booking(booking_id)
    assert (await world.commands())[-1].command == CancelReservation(booking.reservation_id)


async def test_a_reservation_the_station_refused_is_not_taken_back(store: Store) -> None:
    world = await make_world(store)
    booking_id = await reserved(world, Outcome("refused", "Rejected"))

    await store.do(cancelling.cancel, world.driver, booking_id, OPENS + MINUTE)

    assert len(await world.commands()) == 1


async def test_a_reservation_that_comes_after_the_cancellation_is_taken_back(
    store: Store,
) -> None:
    """While the answer is awaited nothing is sent, lest the two overtake each other."""
    world = await make_world(store)
    booking_id = await reserved(world, outcome=None)
    await store.do(cancelling.cancel, world.driver, booking_id, OPENS)
    (asked,) = await world.commands()

    await world.answer(asked, ACCEPTED, OPENS + MINUTE)

    booking = await world.booking(booking_id)
    assert (await world.commands())[-1].command == CancelReservation(booking.reservation_id)
    assert booking.reservation == "ended"


@pytest.mark.parametrize(("left_after", "commands"), [(10, 2), (16, 1)])
async def test_a_session_that_ends_while_a_reservation_may_stand_takes_it_back(
    store: Store, left_after: int, commands: int
) -> None:
    """A station that forgot to use it up keeps the EVSE until 09:15, and no longer."""
    world = await make_world(store)
    booking_id = await reserved(world)
    await store.do(actions.mark_used, events.SessionOpened("session-1", booking_id), NOW + HOUR)

    end = NOW + HOUR + left_after * MINUTE
    await store.do(actions.complete, events.SessionClosed("session-1", "cdr-1"), end)

    assert len(await world.commands()) == commands


async def test_a_reservation_the_station_let_go_leaves_the_booking(store: Store) -> None:
    world = await make_world(store)
    booking = await world.booking(await reserved(world))
    report = ReservationEnded(booking.reservation_id, "removed")

    for station_id in ("another station", world.station_id, world.station_id):
        answer = await store.do(actions.reservation_ended, station_id, report, OPENS + MINUTE)
        assert answer == Acknowledged()

    after = await world.booking(booking.id)
    assert (after.status, after.reservation) == ("confirmed", "ended")
    await store.do(cancelling.cancel, world.driver, booking.id, OPENS + MINUTE)
    assert len(await world.commands()) == 1


async def test_commands_that_are_none_of_ours_are_left_alone(store: Store) -> None:
    world = await make_world(store)
    own = CancelReservation(7)
    command_id = await store.do(stations.command, world.station_id, own, NOW, HOUR)

    for kind in ("cancel_reservation", "reserve", "start_session"):
        finished = events.CommandFinished(command_id, world.station_id, kind)
        await store.do(actions.follow_command, finished, NOW)
