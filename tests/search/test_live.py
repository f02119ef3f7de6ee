"""What drivers watch live, over a real socket: all of it once, then what changes, and no place."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chargehub.clock import HandClock
from chargehub.search.live import changed, event_id
from chargehub.search.live_routes import STREAMS_AT_ONCE
from tests.hub import Place
from tests.served import ServedHub

AT_ONCE_S = 10.0  # below the time after which a stream looks again by itself
AREA = "south=59.8&west=10.6&north=60&east=10.9"
pytestmark = [
    pytest.mark.timeout(200),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
async def hub(database: str, tmp_path: Path) -> AsyncIterator[ServedHub]:
    served = ServedHub(database, HandClock(datetime.now(UTC)), tmp_path)
    try:
        await served.start()
        yield served
    finally:
        await served.close()


class Reader:
    """Reads the events of a stream as a browser does."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.last_event_id = ""
        self.text = ""
        self._lines = answer.aiter_lines()

    async def event(self) -> tuple[str, Any]:
        """The next event's name and data."""
        found = {}
        async with asyncio.timeout(AT_ONCE_S):
            async for line in self._lines:
                self.text += line
                name, _, value = line.partition(":")
                if name:
                    found[name] = value.strip()
                elif "data" in found:
                    self.last_event_id = found["id"]
                    return found["event"], json.loads(found["data"])
        raise AssertionError("the stream has ended")


@asynccontextmanager
async def watching(hub: ServedHub, asked: str, **headers: str) -> AsyncIterator[Reader]:
    path = f"/api/v1/evses/stream?{asked}"
    async with hub.api.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield Reader(answer)


async def published(hub: ServedHub) -> Place:
    return await hub.station(await hub.person("owner", pays=False), "1.6", evses=2)


async def test_who_watches_is_told_all_once_and_then_each_change(
    hub: ServedHub, database: str
) -> None:
    place = await published(hub)
    one, two = sorted(place.evse_ids)

    async with watching(hub, AREA) as reader:
        first = await reader.event()
        await place.sim.plug_in(place.evse_ids.index(two) + 1)
        then = await reader.event()

    assert first == (
        "evses",
        {"items": [{"id": one, "availability": "free"}, {"id": two, "availability": "free"}]},
    )
    assert then == ("evse", {"id": two, "availability": "occupied"})
    assert not any(secret in reader.text for secret in ("Storgata", "59.9", "10.7"))


async def test_who_comes_again_is_told_what_changed_meanwhile_also_by_a_new_process(
    hub: ServedHub, database: str
) -> None:
    place = await published(hub)
    asked = "&".join(f"evse_id={one}" for one in place.evse_ids)
    async with watching(hub, asked) as reader:
        await reader.event()
    await place.sim.plug_in(1)
    await hub.kill()
    await hub.start()
    await place.sim.reconnect()
    await hub.until(lambda: _is_occupied(hub, place.evse_ids[0]))

    async with watching(hub, asked, **{"Last-Event-ID": reader.last_event_id}) as again:
        told = await again.event()
    async with watching(hub, asked, **{"Last-Event-ID": "made up"}) as other:
        everything = await other.event()

    assert told == ("evse", {"id": place.evse_ids[0], "availability": "occupied"})
    assert everything[0] == "evses"


async def test_an_address_has_few_streams_and_bad_wishes_are_refused_first(
    hub: ServedHub, database: str
) -> None:
    place = await published(hub)
    asked = f"evse_id={place.evse_ids[0]}"
    refused = {
        "": 422,
        f"{asked}&{AREA}": 422,
        "south=59.8&west=10.6&north=60": 422,
        "south=0&west=0&north=60&east=60": 422,
        "south=1&west=1&north=2&east=1.5": 404,
        "evse_id=nowhere": 404,
    }
    for wish, status in refused.items():
        await hub.ask("GET", f"/evses/stream?{wish}", expect=status)

    streams = [watching(hub, asked) for _ in range(STREAMS_AT_ONCE)]
    for stream in streams:
        await stream.__aenter__()
    await hub.ask("GET", f"/evses/stream?{asked}", expect=429)
    for stream in streams:
        await stream.__aexit__(None, None, None)

    await hub.until(lambda: _is_let_in(hub, asked))


async def _is_occupied(hub: ServedHub, evse_id: str) -> bool:
    shown = await hub.ask("GET", f"/evses/{evse_id}", expect=200)
    return bool(shown["availability"] == "occupied")


async def _is_let_in(hub: ServedHub, asked: str) -> bool:
    async with hub.api.stream("GET", f"/api/v1/evses/stream?{asked}") as answer:
        return answer.status_code == 200


def test_an_id_says_what_is_known_and_nonsense_says_nothing(database: str) -> None:
    known = event_id({"a": "free", "b": "offline"})

    assert changed({"a": "free", "b": "offline"}, known) == []
    assert changed({"a": "booked", "b": "offline"}, known) == ["a"]
    assert changed({"a": "booked"}, known) is None
    assert changed({"a": "booked", "c": "free"}, known) is None
    for nonsense in (None, "", known[:-1], known + "!", "x" * 2_000):
        assert changed({"a": "free", "b": "offline"}, nonsense) is None
