"""The database alone refuses a double booking, whatever the rules overlook."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from chargehub.bookings.rules import LIVE, RELEASED
from chargehub.bookings.tables import BOOKING, NO_OVERLAP_SQLITE, overlapping
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.units import Span
from tests.bookings.rows import MINUTE, NOW, change, insert, row


async def test_a_second_live_booking_is_refused_on_insert(store: Store) -> None:
    """08:00 to 09:00 is blocked until 09:10; so is everything that reaches into it."""
    await store.do(insert, row(0, 60, number=1))

    reaching_in = [(0, 60), (30, 60), (-30, 60), (10, 20), (-30, 120), (69, 30), (-39, 30)]
    for start, length in reaching_in:
        with pytest.raises(IntegrityError, match="no_overlap"):
            await store.do(insert, row(start, length, number=2))


async def test_back_to_back_with_its_buffer_is_accepted(store: Store) -> None:
    await store.do(insert, row(0, 60, number=1))

    await store.do(insert, row(70, 30, number=2))
    await store.do(insert, row(-40, 30, number=3))


async def test_moving_a_booking_onto_another_is_refused(store: Store) -> None:
    await store.do(insert, row(0, 60, number=1))
    later = await store.do(insert, row(70, 60, number=2))

    with pytest.raises(IntegrityError, match="no_overlap"):
        await store.do(change, later, starts_at=NOW + 69 * MINUTE)

    assert await store.do(change, later, starts_at=NOW + 71 * MINUTE) == 1


async def test_extending_a_booking_into_the_next_is_refused(store: Store) -> None:
    first = await store.do(insert, row(0, 60, number=1))
    await store.do(insert, row(70, 60, number=2))

    with pytest.raises(IntegrityError, match="no_overlap"):
        await store.do(change, first, ends_at=NOW + 61 * MINUTE, blocked_until=NOW + 71 * MINUTE)


async def test_moving_a_booking_to_a_busy_evse_is_refused(store: Store) -> None:
    await store.do(insert, row(0, 60, number=1))
    other = row(0, 60, number=2)
    other.evse_id = "evse-2"
    moved = await store.do(insert, other)

    with pytest.raises(IntegrityError, match="no_overlap"):
        await store.do(change, moved, evse_id="evse-1")


async def test_an_ended_booking_blocks_nobody_and_cannot_come_back(store: Store) -> None:
    ended = [
        await store.do(insert, row(0, 60, number, status))
        for number, status in enumerate([*RELEASED, "completed"], start=2)
    ]
    await store.do(insert, row(0, 60, number=1))

    for booking in ended:
        for live in LIVE:
            with pytest.raises(IntegrityError, match="no_overlap"):
                await store.do(change, booking, status=live)


async def test_a_booking_may_change_within_its_own_time(store: Store) -> None:
    booking = await store.do(insert, row(0, 60, number=1, status="held"))

    assert await store.do(change, booking, status="active") == 1
    assert await store.do(change, booking, blocked_until=NOW + 65 * MINUTE) == 1


async def test_an_empty_or_reversed_slot_is_refused(store: Store) -> None:
    """An empty range overlaps nothing, so it would slip past the constraint."""
    booking = await store.do(insert, row(0, 60, number=1))

    with pytest.raises(IntegrityError, match="ck_booking_slot"):
        await store.do(change, booking, ends_at=NOW, blocked_until=NOW)
    with pytest.raises(IntegrityError, match="ck_booking_slot"):
        await store.do(change, booking, blocked_until=NOW + 30 * MINUTE)


async def test_of_fifty_inserts_at_once_one_stays(store: Store) -> None:
    attempts = [store.do(insert, row(0, 60, number=number)) for number in range(1, 51)]

    outcomes = await asyncio.gather(*attempts, return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, IntegrityError)]
    assert len(refused) == 49
    assert len(await store.read(overlapping, "evse-1", Span(NOW, NOW + 60 * MINUTE))) == 1


slots = st.tuples(st.integers(0, 600), st.integers(1, 120), st.sampled_from([*LIVE, "cancelled"]))


@settings(max_examples=60, deadline=None)
@given(wanted=st.lists(slots, max_size=25))
def test_whatever_is_inserted_live_bookings_never_overlap(
    wanted: list[tuple[int, int, str]],
) -> None:
    """On SQLite, where the law is a trigger of ours; it refuses no more than it must."""
    engine = create_engine("sqlite://")
    kept: list[Span] = []
    with engine.begin() as connection:
        BOOKING.create(connection)
        for statement in NO_OVERLAP_SQLITE:
            connection.execute(text(statement))
        work = Work(connection, {}, {})
        for number, (start, length, status) in enumerate(wanted, start=1):
            booking = row(start, length, number, status)
            blocked = Span(booking.starts_at, booking.blocked_until)
            is_clear = status not in LIVE or not any(blocked.overlaps(other) for other in kept)
            try:
                insert(work, booking)
            except IntegrityError:
                assert not is_clear
            else:
                assert is_clear
                kept += [blocked] if status in LIVE else []
    engine.dispose()
