"""A walk-up never keeps owners from their own charger: told at the start, and stopped in time."""

from datetime import timedelta

import pytest

from tests.hub import RunningHub
from tests.stories.steps import audited, bills, book, only, slot
from tests.stories.test_alternatives import mails_to
from tests.stories.test_owners_time import NEED, keep

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]
HOUR = timedelta(hours=1)


async def test_a_walk_up_is_told_until_when_and_stopped_when_the_own_car_has_its_time(
    hub: RunningHub, version: str
) -> None:
    """The owner's car charges from 10:00 on; the mail comes a quarter of an hour before."""
    owner, walker = await hub.person("owner"), await hub.person("walker")
    place = await hub.station(owner, version)
    await keep(owner, place, "own_car", NEED)

    started = await walker.post("/sessions", {"evse_id": place.evse_ids[0]})
    await place.sim.receive("start_session")
    await place.sim.plug_in(1)
    await hub.settle()
    await place.sim.charge(1, 10_000)
    await hub.advance(minutes=104)
    early = await mails_to(hub, walker)
    await hub.advance(minutes=1)
    told = await mails_to(hub, walker)
    running = await only(walker, "/sessions")
    await hub.advance(minutes=15)
    await place.sim.receive("stop_session")
    await place.sim.until(lambda: place.sim.evses[1].session is None)
    await hub.settle()

    assert started["until"] == running["until"] == "2026-03-02T10:00:00Z"
    there = "2026-03-02 11:00 CET (Europe/Oslo)"
    assert not any(there in text for text in early)
    assert there in told[-1]
    assert await mails_to(hub, walker) == told
    session = await only(walker, "/sessions")
    assert (session["status"], session["until"]) == ("closed", None)
    assert "evse_kept" in session["flags"]
    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    await audited(hub)


async def test_a_need_that_comes_up_later_ends_a_walk_up_too(hub: RunningHub, version: str) -> None:
    """As does nothing else: a blackout keeps out who is not there yet."""
    owner, walker = await hub.person("owner"), await hub.person("walker")
    place = await hub.station(owner, version)
    await place.sim.plug_in(1, walker.id_token)
    await hub.settle()
    before = await only(walker, "/sessions")

    await keep(owner, place, "blackout", slot(hub, HOUR / 2, 3 * HOUR))
    await hub.advance(minutes=31)
    kept = await only(walker, "/sessions")
    await keep(owner, place, "own_car", slot(hub, timedelta(minutes=1), HOUR))
    await hub.advance(minutes=2)
    await place.sim.receive("stop_session")

    assert (before["until"], kept["until"]) == (None, None)
    assert (kept["stop_requested_at"], kept["status"]) == (None, "active")


async def test_until_is_also_when_a_booking_opens_and_of_no_booked_session(
    hub: RunningHub, version: str
) -> None:
    owner, walker = await hub.person("owner"), await hub.person("walker")
    other, place = await hub.person("other"), await hub.station(owner, version)
    booking = await book(hub, other, place, 2 * HOUR, HOUR)

    await place.sim.plug_in(1, walker.id_token)
    await hub.settle()

    assert (await only(walker, "/sessions"))["until"] == "2026-03-02T09:50:00Z"
    assert booking["starts_at"] == "2026-03-02T10:00:00Z"
