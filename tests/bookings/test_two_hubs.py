"""Two hubs on one database: neither sees what the other has not committed, so only the
constraint knows, and its word reaches the driver as the same refusal."""

import asyncio
import time

import pytest
from sqlalchemy import create_engine, func, insert, select, text

from chargehub.bookings import rules
from chargehub.bookings.tables import BOOKING, BookingView
from chargehub.store.writer import Store
from tests.bookings.rows import row
from tests.bookings.world import World, make_world

WAIT_S = 20.0


# PostgreSQL alone: SQLite lets one writer in at a time, so there is nothing to race for.
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


async def test_a_slot_another_hub_takes_in_the_same_instant_is_refused(
    store: Store, database: str
) -> None:
    """Our hub has looked and found the slot free; the other hub commits only then."""
    world = await make_world(store)
    other = row(60, 60, number=1)
    other.evse_id = world.evse_id
    engine = create_engine(database)
    with engine.connect() as connection:
        connection.execute(insert(BOOKING), {**other.model_dump()})
        attempt = asyncio.ensure_future(world.hold(start=60))
        await asyncio.to_thread(_wait_for_a_lock, database)
        connection.commit()

    with pytest.raises(rules.SlotTaken, match="just now"):
        await attempt
    engine.dispose()
    assert await _live(world) == 1


async def test_a_slot_another_hub_gives_up_is_had(store: Store, database: str) -> None:
    world = await make_world(store)
    other = row(60, 60, number=1)
    other.evse_id = world.evse_id
    engine = create_engine(database)
    with engine.connect() as connection:
        connection.execute(insert(BOOKING), {**other.model_dump()})
        attempt = asyncio.ensure_future(world.hold(start=60))
        await asyncio.to_thread(_wait_for_a_lock, database)
        connection.rollback()

    assert isinstance(await attempt, BookingView)
    engine.dispose()
    assert await _live(world) == 1


def _wait_for_a_lock(database: str) -> None:
    """Until a connection of this database waits for another's transaction."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    engine = create_engine(database)
    deadline = time.monotonic() + WAIT_S
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(waiting).scalar_one():
            assert time.monotonic() < deadline, "nobody waits"
    engine.dispose()


async def _live(world: World) -> int:
    counted = select(func.count()).where(BOOKING.c.status.in_(rules.LIVE))
    return int(await world.store.read(lambda reads: reads.value(counted)))
