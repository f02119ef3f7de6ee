"""An operator sends any call of any version, and gets the station's own answer in one request."""

import asyncio
from typing import Any

import orjson
import pytest

from chargehub.commands.bench.samples import Samples, schema
from chargehub.ocpp.versions import Version
from chargers.line import RawStation
from tests.conformance.bench import VERSIONS, asked, line, line_with_call
from tests.hub import Person, Place, RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_EVERY = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
CLEAR = {"action": "ClearCache", "payload": {}}


async def called(operator: Person, place: Place, wanted: Any, expect: int = 200) -> Any:
    return await operator.post(f"/stations/{place.station_id}/calls", wanted, expect)


async def answered(station: RawStation, kind: int, *content: Any) -> list[Any]:
    """Answer the hub's next call with this; the call."""
    call = await asked(station)
    await station.send_raw(orjson.dumps([kind, call[1], *content]).decode())
    return call


@ON_EVERY
async def test_every_call_to_a_station_reaches_it_and_its_answer_comes_back(
    hub: RunningHub, place: Place, version: Version
) -> None:
    operator, station = await hub.operator(), await line(hub, place, version)
    for number, action in enumerate(sorted(version.to_station)):
        samples = Samples(number)
        payload = samples.of(schema(version.name, action))
        answer = samples.of(schema(version.name, action, answer=True))
        wanted = {"action": action, "payload": payload}

        answering = asyncio.create_task(answered(station, 3, answer))
        told = await called(operator, place, wanted)
        sent = await answering

        assert (sent[2], sent[3]) == (action, payload)
        assert told["state"] == "answered"
        assert unmasked(told["outcome"]["details"]["answer"], answer)
    await station.close()


def unmasked(shown: Any, said: Any) -> bool:
    """The same but for id tokens, of which the end alone is shown."""
    if isinstance(said, dict):
        return shown.keys() == said.keys() and all(unmasked(shown[key], said[key]) for key in said)
    if isinstance(said, list):
        return all(unmasked(one, other) for one, other in zip(shown, said, strict=True))
    return bool(shown == said) or str(shown).startswith("…")


@ON_EVERY
async def test_what_comes_of_a_call_is_told(
    hub: RunningHub, place: Place, version: Version
) -> None:
    operator = await hub.operator()
    offline = await called(operator, place, CLEAR | {"timeout_s": 1})
    station, call = await line_with_call(hub, place, version)
    assert call[2] == "ClearCache"  # it was waiting for the station
    await station.close()
    station = await line(hub, place, version)

    refusing = asyncio.create_task(answered(station, 3, {"status": "Rejected"}))
    refused = await called(operator, place, CLEAR)
    await refusing
    failing = asyncio.create_task(answered(station, 4, "InternalError", "no memory", {}))
    failed = await called(operator, place, CLEAR)
    await failing
    talking = asyncio.create_task(answered(station, 3, {"nonsense": 1}))
    nonsense = await called(operator, place, CLEAR)
    await talking
    deaf = await called(operator, place, CLEAR | {"timeout_s": 1})

    assert (offline["state"], offline["outcome"]) == ("queued", None)
    assert (refused["state"], refused["outcome"]["status"]) == ("answered", "Rejected")
    assert (failed["state"], failed["outcome"]["status"]) == ("failed", "InternalError")
    assert (nonsense["state"], nonsense["outcome"]["status"]) == ("failed", "FormatViolation")
    assert (deaf["state"], deaf["outcome"]) == ("sent", None)


async def test_a_call_that_no_station_may_get_is_not_sent(hub: RunningHub, place: Place) -> None:
    operator, station = await hub.operator(), await line(hub, place, VERSIONS["2.0.1"])
    password = {
        "attributeValue": "hunter2hunter2hunter2",
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }

    unknown = await called(operator, place, {"action": "Dance"})
    backwards = await called(operator, place, {"action": "BootNotification"})
    unfit = await called(operator, place, {"action": "Reset", "payload": {"type": "Sometimes"}})
    secret = {"action": "SetVariables", "payload": {"setVariableData": [password]}}
    refused = await called(operator, place, secret, expect=403)
    nowhere = await operator.post("/stations/nowhere/calls", CLEAR, 404)
    strange = await called(await hub.person("driver"), place, CLEAR, expect=403)

    for told in (unknown, backwards, unfit):
        assert (told["state"], told["outcome"]["status"]) == ("failed", "NotSent")
    assert unfit["outcome"]["details"]["reason"] == "type: enum"
    assert refused["code"] == "password_setting"
    assert (nowhere["code"], strange["code"]) == ("not_found", "forbidden")
    assert (await station.call("Heartbeat", {}))[0] == 3


@ON_EVERY
async def test_what_a_station_tells_of_its_upkeep_is_shown_to_its_owner(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    station = await line(hub, place, version)

    await station.call("FirmwareStatusNotification", {"status": "Downloading"})
    await station.call("LogStatusNotification", {"status": "Uploaded", "requestId": 7})
    notes = (await owner.get(f"/stations/{place.station_id}/notes"))["items"]
    logs = (await owner.get(f"/stations/{place.station_id}/notes?topic=log"))["items"]

    assert [(each["topic"], each["request_id"]) for each in notes] == [
        ("log", 7),
        ("firmware", None),
    ]
    assert [each["content"]["status"] for each in logs] == ["Uploaded"]


async def test_what_a_station_tells_of_customers_is_for_operators(
    hub: RunningHub, owner: Person, place: Place
) -> None:
    operator = await hub.operator()
    station = await line(hub, place, VERSIONS["2.0.1"])
    told = {"data": "Ada, 04A1B2C3D4", "seqNo": 0, "generatedAt": "2026-03-02T08:00:00Z"}

    await station.call("NotifyCustomerInformation", told | {"requestId": 7})
    path = f"/stations/{place.station_id}/notes"

    assert (await owner.get(path))["items"] == []
    assert len((await operator.get(path))["items"]) == 1
    await (await hub.person("other")).get(path, expect=404)


async def test_messages_without_an_answer_get_none(hub: RunningHub, place: Place) -> None:
    """SEND of 2.1, and the word that an answer could not be read. Older versions know neither."""
    stream = {
        "id": 1,
        "pending": 0,
        "basetime": "2026-03-02T08:00:00Z",
        "data": [{"t": 1, "v": "2"}],
    }
    sends = [6, "s-1", "NotifyPeriodicEventStream", stream]
    refusal = [5, "r-1", "FormatViolation", "", {}]
    newest = await line(hub, place, VERSIONS["2.1"])

    for frame in (sends, refusal, [6, "s-2", "Heartbeat", {}]):
        await newest.send_raw(orjson.dumps(frame).decode())
    answer = await newest.call("Heartbeat", {}, "h-1")
    as_call = await newest.call("NotifyPeriodicEventStream", stream)
    older = await line(hub, place, VERSIONS["2.0.1"])
    await older.send_raw(orjson.dumps(sends).decode())

    assert answer[:2] == [3, "h-1"]
    assert as_call[2] == "NotSupported"
    assert orjson.loads(await older.receive_raw())[:3] == [4, "s-1", "MessageTypeNotSupported"]
