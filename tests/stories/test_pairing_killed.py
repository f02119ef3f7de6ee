"""The hub's process dies while it adopts a charger: all of it happened, or nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chargehub.clock import HandClock
from chargers.line import ConnectionLost, HandshakeRefused, RawStation
from tests.served import ServedHub, locked
from tests.stories.steps import only
from tests.stories.test_pairing import NAME, OWN, opened

pytestmark = pytest.mark.timeout(300)  # a start of the hub is 2 s of work
STATIONS = "SELECT count(*) FROM station"


@pytest.fixture
async def hub(database: str, tmp_path: Path) -> AsyncIterator[ServedHub]:
    served = ServedHub(database, HandClock(datetime.now(UTC)), tmp_path)
    try:
        await served.start()
        yield served
    finally:
        await served.close()


async def test_a_hub_killed_while_it_adopts_has_the_station_whole_or_not_at_all(
    hub: ServedHub,
) -> None:
    """Killed before the commit it has nothing, and the window is open; killed after it, it has
    the station, and the charger comes in with its own password though it was never answered.
    """
    owner = await hub.person("owner", pays=False)
    pairing = await opened(owner)
    path = f"/pairings/{pairing['id']}"

    with locked(hub.database, "pairing"):
        knocking = asyncio.create_task(knock(hub))
        await asyncio.wait([knocking], timeout=0.5)  # nothing tells that a commit is waited for
        assert not knocking.done()
        await hub.kill()
        await knocking
    assert hub.stored(STATIONS) == 0
    await hub.start()
    assert (await owner.get(path))["state"] == "waiting"

    knocking = asyncio.create_task(knock(hub))
    await hub.until(lambda: hub.stored(STATIONS))
    await hub.kill()
    await knocking
    await hub.start()

    assert await knock(hub) == 101
    adopted = await owner.get(path)
    assert (adopted["state"], hub.stored(STATIONS)) == ("adopted", 1)
    assert (await only(owner, "/stations"))["id"] == adopted["station_id"]


async def knock(hub: ServedHub) -> int | None:
    """The HTTP status for the charger; None: the hub went before it said one."""
    charger = RawStation(hub.direct_url, NAME, OWN)
    try:
        await charger.connect()
    except HandshakeRefused as refusal:
        return refusal.status
    except (ConnectionLost, OSError):
        return None
    await charger.close()
    return 101
