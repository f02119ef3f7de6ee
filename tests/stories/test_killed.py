"""The hub's process dies, or is told to end, at the worst moment: nothing is lost or doubled."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, Place
from tests.served import ServedHub, locked
from tests.stories.steps import NINE_EUROS, audited, bills, only, passing

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.timeout(300)  # a start of the hub is 2 s of work, and these need four


@pytest.fixture
async def hub(database: str, tmp_path: Path) -> AsyncIterator[ServedHub]:
    """A process that serves; the clocks of its stations are three hours late."""
    served = ServedHub(database, HandClock(datetime.now(UTC) - 3 * HOUR), tmp_path)
    try:
        await served.start()
        yield served
    finally:
        await served.close()


async def killed_once(hub: ServedHub, deed: Any, query: str) -> None:
    """Begin the deed; when the database shows its commit, and nobody has its answer, kill."""
    hub.gate.is_shut = True
    doing = asyncio.ensure_future(deed)
    await hub.until(lambda: hub.stored(query))
    await hub.kill()
    await asyncio.gather(doing, return_exceptions=True)
    hub.gate.is_shut = False
    await hub.start()


async def test_a_hub_killed_before_it_answers_a_start_or_a_stop_has_one_session(
    hub: ServedHub, version: str
) -> None:
    """Killed before the start's commit, after it, and after the stop's: the station repeats."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    sim = place.sim
    await sim.plug_in(1)

    with locked(hub.database, "session"):
        frames = await hub.figure('chargehub_ocpp_total{what="frames"}')
        starting = asyncio.create_task(sim.present(1, driver.id_token, authorize=False))
        await hub.until(lambda: _has_come(hub, frames))
        await hub.kill()
    await starting
    assert hub.stored('SELECT count(*) FROM "session"') == 0
    await hub.start()
    await killed_once(hub, sim.reconnect(), 'SELECT count(*) FROM "session"')
    await sim.reconnect()
    await sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    ended = 'SELECT count(*) FROM "session" WHERE ended_at IS NOT NULL'
    await killed_once(hub, sim.stop(1), ended)
    await sim.reconnect()
    await hub.until(lambda: _is_captured(driver))

    assert sim.queue_length == 0
    assert (await only(driver, "/sessions"))["status"] == "closed"
    assert await bills(owner) == [NINE_EUROS]
    assert (await only(driver, "/payments"))["captured"]["amount_minor"] == 900
    assert (await audited(hub))["billed_wh"] == 20_000


async def _has_come(hub: ServedHub, frames: float) -> bool:
    return await hub.figure('chargehub_ocpp_total{what="frames"}') > frames


async def _is_captured(driver: Person) -> bool:
    payments = (await driver.get("/payments"))["items"]
    return [one["state"] for one in payments] == ["captured"]


async def test_a_booking_whose_answer_died_with_the_hub_is_made_once(hub: ServedHub) -> None:
    """Killed before the commit, then after it; the app asks again with its key."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")

    asked: list[asyncio.Task[Any]] = []

    async def is_stuck() -> bool:
        """If one of them waits in the queue, the one before it has reached the database."""
        asked.append(asyncio.create_task(book(driver, place)))
        return await hub.figure("chargehub_actions_waiting") > 0

    with locked(hub.database, "booking"):
        await hub.until(is_stuck)
        await hub.kill()
    await asyncio.gather(*asked, return_exceptions=True)
    assert hub.stored("SELECT count(*) FROM booking") == 0
    await hub.start()
    await killed_once(hub, book(driver, place), "SELECT count(*) FROM booking")
    made = [await book(driver, place) for _ in range(2)]

    assert made[0] == made[1]
    assert (await only(driver, "/bookings"))["id"] == made[0]["id"]
    await hub.until(lambda: _is_confirmed(driver))


async def _is_confirmed(driver: Person) -> bool:
    found: str = (await only(driver, "/bookings"))["status"]
    return found == "confirmed"


async def book(driver: Person, place: Place) -> Any:
    """Tomorrow's slot, asked for with the same key each time."""
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    starts_at, ends_at = today + timedelta(days=1), today + timedelta(days=1, hours=1)
    slot = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    wanted = {"evse_id": place.evse_ids[0], **slot}
    return await driver.post("/bookings", wanted, **{"Idempotency-Key": "tap-1"})


async def test_a_hub_told_to_end_says_goodbye_and_has_stored_what_it_acknowledged(
    hub: ServedHub,
) -> None:
    """In the middle of the talk of two stations."""
    owner = await hub.person("owner", pays=False)
    places = [await hub.station(owner, version) for version in ("1.6", "2.0.1")]
    for place in places:
        await place.sim.plug_in(1, owner.id_token)

    talks = [asyncio.create_task(talk(place)) for place in places]
    await hub.until(lambda: hub.stored("SELECT count(*) >= 20 FROM reading"))
    await hub.stop()
    acknowledged = await asyncio.gather(*talks)

    assert [place.sim.close_code for place in places] == [1012, 1012]
    known = hub.stored(
        "SELECT sum(highest) FROM (SELECT max(register_wh) AS highest"
        " FROM reading GROUP BY session_id) AS registers"
    )
    assert sum(acknowledged) <= known <= sum(acknowledged) + 2 * 10
    assert hub.stored("SELECT count(*) FROM station WHERE disconnected_at IS NULL") == 0
    assert "Traceback" not in hub.log


async def talk(place: Place) -> int:
    """Tell readings until the line ends; the last register that the hub has acknowledged."""
    acknowledged = place.sim.evses[1].register_wh
    while place.sim.is_connected:
        await place.sim.charge(1, 10)
        if not place.sim.queue_length:
            acknowledged = place.sim.evses[1].register_wh
    return acknowledged
