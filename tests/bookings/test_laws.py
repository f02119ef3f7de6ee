"""Whatever people, money, stations and the clock do: bookings keep their laws."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import col

from chargehub import events
from chargehub.bookings import (
    actions,
    approving,
    cancelling,
    holding,
    rules,
    stating,
    tables,
)
from chargehub.bookings.cancellation import STEPS
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

    @property
    def owner(self) -> Actor:
        return self.world.owner

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
    await world.connect()
    drivers = (world.driver, await account(store, "eve"), world.owner)
    await store.close()
    engine = write_engine(store.database)
    yield Ground(engine, world, drivers)
    engine.dispose()


POLICIES = [
    replace(rules.DEFAULTS, cancellation=kind, no_show_fee=None, mode=mode)
    for kind in ("free", *STEPS)
    for mode in ("instant", "request")
]
HOLD_REFUSALS = ("slot_taken", "slot_in_the_past", "too_late_to_ask")
ANSWERS = {
    "approve": approving.approve,
    "decline": approving.decline,
    "cancel": cancelling.cancel,
}
CLOCK = (
    actions.expire_holds,
    approving.decline_overdue,
    actions.open_due_windows,
    cancelling.release_no_shows,
)

Deed = tuple[str, int, int, int, int]
deeds = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("hold", "hold", "book", "book", "policy", "approve", "decline"),
                *("pay", "refuse", "cancel", "cancel", "come", "leave", "clock"),
            ]
        ),
        st.integers(0, 2),  # who
        st.integers(0, 24),  # which booking, or the start of a slot in steps of 10 minutes
        st.integers(15, 90),  # how long
        st.integers(0, 12),  # minutes that pass before
    ),
    min_size=15,
    max_size=40,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=st.integers(0, 9), story=deeds)
def test_live_bookings_never_overlap_and_every_end_is_told(
    ground: Ground, first: int, story: list[Deed]
) -> None:
    with ground.work() as work:
        now = NOW
        made: list[str] = []
        _do(work, ground, ("policy", 0, first, 0, 0), made, now)
        for deed in story:
            now += deed[4] * MINUTE
            _do(work, ground, deed, made, now)
            _check_no_overlap(work)
        work.flush()
        _check_events(work)
        _check_money(work)


def _do(work: Work, ground: Ground, deed: Deed, made: list[str], now: datetime) -> None:
    kind, who, which, length, _ = deed
    if kind in ("hold", "book"):
        starts_at = NOW + which * 10 * MINUTE
        wanted = Wanted(ground.world.evse_id, starts_at, starts_at + length * MINUTE)
        try:
            made.append(holding.hold_slot(work, ground.drivers[who], wanted, now).id)
        except Refused as refusal:
            assert refusal.code in HOLD_REFUSALS
            return
        if kind == "book" and who != 2:  # the owner needs nobody to agree
            approving.approve(work, ground.owner, made[-1], now)
            actions.confirm(work, authorised(made[-1]), now)
    elif kind == "policy":
        stating.state_policy(work, ground.owner, ground.world.station_id, POLICIES[which % 10], now)
    elif kind == "clock":
        for job in CLOCK:
            job(work, now)
    elif made:
        booking_id = made[-1 - which % min(3, len(made))]  # so that stories go on
        mover = ground.owner if who == 2 or kind in ("approve", "decline") else None
        _do_with(work, kind, booking_id, mover or _driver(work, ground, booking_id), now)


def _driver(work: Work, ground: Ground, booking_id: str) -> Actor:
    booking = tables.booking(work, booking_id)
    assert booking is not None
    return next(one for one in ground.drivers if one.account_id == booking.driver_id)


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
            ANSWERS[kind](work, actor, booking_id, now)
        except Refused as refusal:
            assert refusal.code in ("booking_over", "not_found", "forbidden")


def _check_no_overlap(work: Work) -> None:
    live = work.all(
        select(BOOKING).where(BOOKING.c.status.in_(rules.LIVE)).order_by(BOOKING.c.starts_at)
    )
    for one, two in pairwise(live):
        assert one.blocked_until <= two.starts_at


def _check_events(work: Work) -> None:
    """A hold or a confirmation first; one release for an end without a session, none otherwise.

    A request comes before them, and may be all there was. A release is told again only for money
    that came after it. Who comes after being let go, as a no-show or failed, has used the booking.
    """
    missed = {
        row.aggregate
        for row in work.all(select(col(EventRow.aggregate), col(EventRow.body)))
        if row.body.get("reason") in ("no_show", "failed")
    }
    told = Counter(
        (row.aggregate, row.name)
        for row in work.all(select(col(EventRow.aggregate), col(EventRow.name)))
    )
    for row in work.all(select(col(BookingRow.id), col(BookingRow.status))):
        name = f"booking:{row.id}"
        first = told[name, "BookingHeld"] + told[name, "BookingConfirmed"]
        assert first + told[name, "BookingRequested"] >= 1
        assert first >= 1 or row.status not in ("held", "confirmed", "active", "completed")
        assert row.status != "requested" or first == 0
        assert told[name, "BookingConfirmed"] <= 1
        is_late = row.status == "completed" and name in missed
        is_released = row.status in rules.RELEASED or is_late
        assert (told[name, "BookingReleased"] > 0) == is_released
        if row.status == "held":
            assert told[name, "BookingConfirmed"] == 0


def _check_money(work: Work) -> None:
    """No booking that costs something stands without its hold having been asked for; what is
    kept is a part of the deposit, and only who left a confirmed booking pays."""
    asked = {
        row.aggregate
        for row in work.all(
            select(col(EventRow.aggregate)).where(col(EventRow.name) == "BookingHeld")
        )
    }
    for booking in work.all(select(BOOKING)):
        if booking.deposit_minor and booking.status in ("held", "confirmed", "active", "completed"):
            assert f"booking:{booking.id}" in asked
        assert 0 <= booking.fee_minor <= booking.deposit_minor
        if booking.fee_minor:
            assert booking.status == "no_show" or booking.cancelled_by == "driver"
            assert booking.policy["cancellation"] != "free" or booking.status == "no_show"
        if booking.penalty_minor:
            assert (booking.status, booking.cancelled_by) == ("cancelled", "owner")
            assert booking.fee_minor == 0
