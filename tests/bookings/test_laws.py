"""Whatever people, money, stations and the clock do: bookings keep their laws."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import col

from chargehub import events
from chargehub.bookings import actions, cancelling, rules
from chargehub.bookings.rules import Wanted
from chargehub.bookings.tables import BOOKING, BookingRow
from chargehub.errors import Refused
from chargehub.people.rules import Actor
from chargehub.store.engines import write_engine
from chargehub.store.tables import EventRow
from chargehub.store.work import Work
from chargehub.store.writer import Store
from tests.bookings.world import MINUTE, NOW, World, account, authorised, make_world, refused


@dataclass(frozen=True)
class Ground:
    """A database with a published EVSE and three drivers, in which every example starts anew."""

    engine: Engine
    world: World
    drivers: tuple[Actor, ...]

    @contextmanager
    def work(self) -> Iterator[Work]:
        with self.engine.connect() as connection, connection.begin() as transaction:
            yield Work(connection, {}, {})
            transaction.rollback()


@pytest.fixture
async def ground(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Ground]:
    path = tmp_path / "laws.sqlite"
    shutil.copy(sqlite_template, path)
    store = Store(f"sqlite:///{path}")
    world = await make_world(store)
    drivers = (world.driver, await account(store, "eve"), world.owner)
    await store.close()
    engine = write_engine(store.database)
    yield Ground(engine, world, drivers)
    engine.dispose()


Deed = tuple[str, int, int, int, int]
deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["hold", "hold", "hold", "pay", "refuse", "cancel", "come", "leave", "clock"]
        ),
        st.integers(0, 2),  # who
        st.integers(0, 24),  # which booking, or the start of a slot in steps of 10 minutes
        st.integers(15, 90),  # how long
        st.integers(0, 12),  # minutes that pass before
    ),
    max_size=30,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(story=deeds)
def test_live_bookings_never_overlap_and_every_end_is_told(
    ground: Ground, story: list[Deed]
) -> None:
    with ground.work() as work:
        now = NOW
        made: list[str] = []
        for deed in story:
            now += deed[4] * MINUTE
            _do(work, ground, deed, made, now)
            _check_no_overlap(work)
        work.flush()
        _check_events(work)


def _do(work: Work, ground: Ground, deed: Deed, made: list[str], now: datetime) -> None:
    kind, who, which, length, _ = deed
    actor = ground.drivers[who]
    if kind == "hold":
        starts_at = NOW + which * 10 * MINUTE
        wanted = Wanted(ground.world.evse_id, starts_at, starts_at + length * MINUTE)
        try:
            made.append(actions.hold_slot(work, actor, wanted, now).id)
        except (rules.SlotTaken, rules.SlotInThePast):
            return
    elif kind == "clock":
        for job in (actions.expire_holds, actions.open_due_windows, cancelling.release_no_shows):
            job(work, now)
    elif made:
        _do_with(work, kind, made[which % len(made)], actor, now)


def _do_with(work: Work, kind: str, booking_id: str, actor: Actor, now: datetime) -> None:
    if kind == "pay":
        actions.confirm(work, authorised(booking_id), now)
    elif kind == "refuse":
        actions.decline(work, refused(booking_id), now)
    elif kind == "come":
        actions.mark_used(work, events.SessionOpened(booking_id, booking_id), now)
    elif kind == "leave":
        actions.complete(work, events.SessionClosed(booking_id, "cdr"), now)
    else:
        try:
            cancelling.cancel(work, actor, booking_id, now)
        except Refused as refusal:
            assert refusal.code in ("booking_over", "not_found")


def _check_no_overlap(work: Work) -> None:
    live = work.all(
        select(BOOKING).where(BOOKING.c.status.in_(rules.LIVE)).order_by(BOOKING.c.starts_at)
    )
    for one, two in pairwise(live):
        assert one.blocked_until <= two.starts_at


def _check_events(work: Work) -> None:
    """A hold or a confirmation first; one release for an end without a session, none otherwise.

    A release is told again only for money that came after it.
    """
    told = Counter(
        (row.aggregate, row.name)
        for row in work.all(select(col(EventRow.aggregate), col(EventRow.name)))
    )
    for row in work.all(select(col(BookingRow.id), col(BookingRow.status))):
        name = f"booking:{row.id}"
        assert told[name, "BookingHeld"] + told[name, "BookingConfirmed"] >= 1
        assert told[name, "BookingConfirmed"] <= 1
        assert (told[name, "BookingReleased"] > 0) == (row.status in rules.RELEASED)
        if row.status == "held":
            assert told[name, "BookingConfirmed"] == 0
