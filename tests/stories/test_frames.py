"""Owners and operators read what passed over a station's line."""

from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub


@pytest.fixture
async def hub(hub: RunningHub) -> RunningHub:
    """A hub that keeps frames."""
    hub.settings = hub.settings.model_copy(update={"frames_kept": 500})
    await hub.restart()
    return hub


async def shown(person: Person, place: Place, path: str = "") -> list[dict[str, Any]]:
    page = await person.get(f"/stations/{place.station_id}/frames{path}")
    found: list[dict[str, Any]] = page["items"]
    return found


async def test_an_owner_reads_the_frames_of_a_station_without_whole_id_tokens(
    hub: RunningHub, version: str
) -> None:
    owner, stranger = await hub.person("owner"), await hub.person("stranger")
    operator = await hub.operator()
    place = await hub.station(owner, version)

    await place.sim.authorize("04A1B2C3D4")
    await place.sim.heartbeat()
    await hub.until(lambda: _has_heartbeat(owner, place))
    found = await shown(owner, place)

    assert [(one["direction"], one["kind"]) for one in found[:2]] == [
        ("sent", "result"),
        ("received", "call"),
    ]
    assert found[0]["message_id"] == found[1]["message_id"]
    authorize = next(one for one in found if one["action"] == "Authorize")
    assert "***D4" in authorize["text"]
    assert not any("04A1B2C3D4" in one["text"] for one in found)
    assert await shown(operator, place) == found
    await stranger.get(f"/stations/{place.station_id}/frames", expect=404)


async def test_frames_come_in_pages(hub: RunningHub, version: str) -> None:
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    await place.sim.heartbeat()
    await hub.until(lambda: _has_heartbeat(owner, place))
    path = f"/stations/{place.station_id}/frames"

    whole, first = await owner.get(path), await owner.get(f"{path}?limit=1")
    rest = await owner.get(f"{path}?cursor={first['next']}")

    assert first["items"] + rest["items"] == whole["items"]
    assert (await owner.get(f"{path}?cursor=WyJhIl0", 422))["code"] == "bad_cursor"


async def test_what_a_station_tells_of_customers_is_for_operators(hub: RunningHub) -> None:
    owner, operator = await hub.person("owner"), await hub.operator()
    place = await hub.station(owner, "2.0.1")

    told = {"data": "Ada Lovelace", "seqNo": 0, "generatedAt": "2026-03-02T08:00:00Z"}
    await place.sim.call("NotifyCustomerInformation", {**told, "requestId": 1})
    await place.sim.heartbeat()
    await hub.until(lambda: _has_heartbeat(owner, place))

    assert not any("Ada" in one["text"] for one in await shown(owner, place))
    assert any("Ada" in one["text"] for one in await shown(operator, place))


async def test_no_frame_is_kept_where_the_operator_wants_none(
    hub: RunningHub, version: str
) -> None:
    hub.settings = hub.settings.model_copy(update={"frames_kept": 0})
    await hub.restart()
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    await place.sim.disconnect()
    await hub.restart()

    assert await shown(owner, place) == []


async def _has_heartbeat(owner: Person, place: Place) -> bool:
    found = await shown(owner, place, "?limit=2")
    return bool(found and found[-1]["action"] == "Heartbeat")
