"""Stations that talk nonsense to a running hub: each gets its exact error, and nothing is lost."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from chargers.line import SUBPROTOCOLS, HandshakeRefused, RawStation
from tests.hub import Place, RunningHub
from tests.stories.steps import NINE_EUROS, audited, bills, charge, leave, passing
from tests.stories.test_side_by_side import start_of

AT = "2026-03-02T08:00:00Z"
UNREADABLE = ("", "hello", "{", "[2", "[]", "null", "\x00")
CALLS: dict[str, dict[str, str]] = {  # frame -> the name of its error and its text
    "1.6": {
        '[2,"m",': "FormationViolation: This is no call.",
        '[2,"m","Heartbeat",[]]': "FormationViolation: payload: type",
        '[2,"m","Dance",{}]': "NotImplemented: There is no such action in this OCPP version.",
        '[2,"m","TransactionEvent",{}]': (
            "NotImplemented: There is no such action in this OCPP version."
        ),
        '[2,"m","RemoteStartTransaction",{}]': "NotSupported: This hub does not take this action.",
        '[2,"m","Authorize",{"idTag":5}]': "TypeConstraintViolation: idTag: type",
        '[2,"m","StartTransaction",{}]': (
            "OccurenceConstraintViolation: payload: required connectorId"
        ),
    },
    "2.0.1": {
        '[2,"m",': "RpcFrameworkError: This is no call.",
        '[2,"m","Heartbeat",[]]': "FormatViolation: payload: type",
        '[2,"m","Dance",{}]': "NotImplemented: There is no such action in this OCPP version.",
        '[2,"m","StartTransaction",{}]': (
            "NotImplemented: There is no such action in this OCPP version."
        ),
        '[2,"m","RequestStartTransaction",{}]': "NotSupported: This hub does not take this action.",
        '[2,"m","Authorize",{"idToken":{"idToken":5,"type":"ISO14443"}}]': (
            "TypeConstraintViolation: idToken.idToken: type"
        ),
        '[2,"m","TransactionEvent",{}]': (
            "OccurrenceConstraintViolation: payload: required eventType"
        ),
    },
}
ABSURD: dict[str, list[tuple[dict[str, Any], str]]] = {  # changes to a start -> error
    "1.6": [
        ({"connectorId": -1}, "connectorId is negative or too large"),
        ({"idTag": "A" * 21}, "idTag: maxLength"),
    ],
    "2.0.1": [
        ({"seqNo": -1}, "seqNo is negative or too large"),
        ({"seqNo": 2**62}, "seqNo is negative or too large"),
        ({"evse": {"id": -1}}, "evse.id is negative or too large"),
        ({"eventType": "Danced"}, "eventType: enum"),
        (
            {"transactionInfo": {"transactionId": ""}},
            "transactionId is empty, too long or not printable",
        ),
        (
            {"idToken": {"idToken": "A" * 256, "type": "ISO14443"}},
            "idToken.idToken: maxLength",
        ),
    ],
}
NO_REGISTERS = {
    "1.6": [{"value": value} for value in ("-5", "1e30", "NaN", "abc", "9" * 60)],
    "2.0.1": [{"value": value} for value in (-5, 1e30, 1e308)]
    + [{"value": 5, "unitOfMeasure": {"unit": "kWh", "multiplier": 300}}],
}

CALLS["2.1"], NO_REGISTERS["2.1"] = CALLS["2.0.1"], NO_REGISTERS["2.0.1"]
OWN_WORDS = {  # 2.1's schemas know that numbers are not negative
    "seqNo is negative or too large": "seqNo: minimum",
    "evse.id is negative or too large": "evse.id: minimum",
}
ABSURD["2.1"] = [
    (change, text if change == {"seqNo": 2**62} else OWN_WORDS.get(text, text))
    for change, text in ABSURD["2.0.1"]
]


async def bare(hub: RunningHub, place: Place, version: str) -> RawStation:
    """The station's line in the hands of something that sends whatever it likes."""
    await place.sim.disconnect()
    protocols = (SUBPROTOCOLS[version],)
    station = RawStation(hub.url, place.identity, place.password, subprotocols=protocols)
    await station.connect()
    return station


async def said(station: RawStation, frame: str) -> str:
    """The error that answers a frame with the id m. What follows it is answered as ever."""
    await station.send_raw(frame)
    kind, name, code, description, details = orjson.loads(await station.receive_raw())
    assert (kind, name, details) == (4, "m", {})
    assert (await station.call("Heartbeat", {}))[0] == 3
    return f"{code}: {description}"


async def test_every_bad_call_has_its_error_and_the_line_stays_open(
    hub: RunningHub, version: str
) -> None:
    """Malformed, of an unknown action, of the wrong form; numbers that nobody can mean."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    station = await bare(hub, place, version)

    for frame in UNREADABLE:
        await station.send_raw(frame)
        if version != "1.6":  # 1.6 knows no answer to what has no id
            no_call = [4, "-1", "RpcFrameworkError", "This is no call.", {}]
            assert orjson.loads(await station.receive_raw()) == no_call
    wrong = {
        frame: found
        for frame, error in CALLS[version].items()
        if (found := await said(station, frame)) != error
    }
    name, start = start_of(version, 1, driver.id_token, AT)
    for change, text in ABSURD[version]:
        frame = orjson.dumps([2, "m", name, {**start, **change}]).decode()
        found = await said(station, frame)
        wrong |= {} if found == f"PropertyConstraintViolation: {text}" else {frame: found}
    await station.close()

    assert wrong == {}
    assert (await owner.get("/sessions?role=owner"))["items"] == []
    assert set((await audited(hub)).values()) == {0}


async def test_readings_that_are_none_spoil_no_bill(hub: RunningHub, version: str) -> None:
    """They are acknowledged, or the station would repeat them for ever; registers decide."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    where = {"connectorId": 1} if version == "1.6" else {"evseId": 1}

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    for sample in NO_REGISTERS[version]:
        value = {"timestamp": hub.clock.now().isoformat(), "sampledValue": [sample]}
        assert await place.sim.call("MeterValues", {**where, "meterValue": [value]}) == {}
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await leave(hub, place)

    assert await bills(owner) == [NINE_EUROS]
    assert (await audited(hub))["billed_wh"] == 20_000


async def test_times_without_a_zone_or_meaning_are_flagged_and_the_energy_is_kept(
    hub: RunningHub, version: str
) -> None:
    """Many stations send no zone; UTC is what they mean. A clock that is broken costs no energy."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, evses=2)

    hub.clock.advance(timedelta(hours=1))
    for evse, times in enumerate((("2026-03-02T08:00:00", "2026-03-02T08:45:00"), NO_TIMES), 1):
        await session(place, version, evse, driver.id_token, times)
    await hub.settle()

    naive, unreadable = await bills(owner)
    assert (naive.minutes, naive.cost_minor, naive.flags) == (45, 225, ("time_without_zone",))
    assert (unreadable.energy_wh, unreadable.billed_wh) == (5_000, 5_000)
    assert "time_unreadable" in unreadable.flags
    began = (await owner.get("/cdrs?role=owner"))["items"][-1]["started_at"]
    assert began == "2026-03-02T08:00:00Z"
    assert (await audited(hub))["billed_wh"] == 10_000


NO_TIMES = ("yesterday", "soon")


async def session(
    place: Place, version: str, evse: int, token: str, times: tuple[str, str]
) -> None:
    """A session of 5 kWh that starts and ends at what the station says are times."""
    name, start = start_of(version, evse, token, times[0])
    answer = await place.sim.call(name, start)
    if version == "1.6":
        end = {"transactionId": answer["transactionId"], "meterStop": 5_000, "timestamp": times[1]}
        await place.sim.call("StopTransaction", end)
        return
    reading = {"timestamp": times[1], "sampledValue": [{"value": 5_000}]}
    change = {"eventType": "Ended", "seqNo": 1, "timestamp": times[1], "meterValue": [reading]}
    await place.sim.call(name, {**start, **change})


async def test_a_frame_over_the_limit_ends_its_line_alone(hub: RunningHub, version: str) -> None:
    """64 KiB are allowed. The neighbour goes on, and the station may come back at once."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place, neighbour = await hub.station(owner, version), await hub.station(owner, version)
    station = await bare(hub, place, version)

    action = {"vendorId": "acme", "data": "a" * 65_536}
    await station.send_raw(orjson.dumps([2, "m", "DataTransfer", action]).decode())
    code = await station.closed()
    await charge(hub, neighbour, driver.id_token)
    await place.sim.connect()

    assert code == 1009
    assert await place.sim.heartbeat() == hub.clock.now()
    assert await bills(owner) == [NINE_EUROS]


async def test_who_is_not_let_in_is_told_why_and_changes_nothing(
    hub: RunningHub, version: str
) -> None:
    """The right station's line is not touched by somebody who does not know its password."""
    owner = await hub.person("owner")
    place, other = await hub.station(owner, version), await hub.station(owner, version)
    protocols = (SUBPROTOCOLS[version],)

    refused = {}
    for case, identity, password, offered in (
        ("wrong password", place.identity, "guessed-0000", protocols),
        ("no password", place.identity, None, protocols),
        ("another's password", place.identity, other.password, protocols),
        ("nobody", "CH-NOBODY", place.password, protocols),
        ("no version", place.identity, place.password, ("ocpp1.5",)),
    ):
        station = RawStation(hub.url, identity, password, subprotocols=offered)
        with pytest.raises(HandshakeRefused) as refusal:
            await station.connect()
        refused[case] = refusal.value.status, refusal.value.body

    assert refused == {
        "wrong password": (401, "Wrong user or password.\n"),
        "no password": (401, "Wrong user or password.\n"),
        "another's password": (401, "Wrong user or password.\n"),
        "nobody": (404, "No such station.\n"),
        "no version": (400, "Offer one of the subprotocols ocpp2.1, ocpp2.0.1, ocpp1.6.\n"),
    }
    assert place.sim.is_connected
    assert await place.sim.heartbeat() == hub.clock.now()
