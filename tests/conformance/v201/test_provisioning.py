"""2.x provisioning (B): boots, variables, reports of the device model, resets, network profiles."""

from typing import Any

import pytest

from tests.conformance.case import EVSES, Asked, Told
from tests.conformance.v201.station import (
    ACCEPTED,
    END_WH,
    REJECTED,
    Case2,
    ended,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT = "2026-03-02T08:00:00Z"
OFFLINE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "OfflineThreshold"}}
CACHE = {"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "Enabled"}}
OFFLINE_NAME, CACHE_NAME = "OCPPCommCtrlr.OfflineThreshold", "AuthCacheCtrlr.Enabled"


async def test_tc_b_01_boot(case: Case2) -> None:
    answer = await case.tells(
        "BootNotification",
        {
            "reason": "RemoteReset",
            "chargingStation": {"vendorName": "Acme", "model": "Two", "firmwareVersion": "1.1"},
        },
    )
    for evse in range(1, EVSES + 1):
        await case.shows("Available", evse)

    station = await case.station()
    assert (answer["status"], answer["interval"] > 0) == ("Accepted", True)
    assert (station["model"], station["firmware_version"]) == ("Two", "1.1")
    assert [each["status"] for each in station["evses"]] == ["available"] * EVSES


async def test_tc_b_30_nothing_before_the_boot(case: Case2) -> None:
    """A station that was never accepted may boot and nothing else."""
    strange = await Case2.register(case.site, case.version)
    await strange.connects()
    refused = await strange.call("Heartbeat")
    await strange.boots()

    assert (refused[0], refused[2]) == (4, "SecurityError")
    assert await strange.authorises() == "Accepted"
    await strange.closes()


def values(*found: Any) -> dict[str, Any]:
    told = [each | {"attributeStatus": "Accepted"} for each in found]
    return {"getVariableResult": told}


READ = {
    "TC_B_06": ({OFFLINE_NAME: "60"}, [OFFLINE]),
    "TC_B_07": ({OFFLINE_NAME: "60", CACHE_NAME: "true"}, [OFFLINE, CACHE]),
}


@pytest.mark.parametrize(("settings", "asked"), READ.values(), ids=READ)
async def test_settings_are_read(case: Case2, settings: Any, asked: Any) -> None:
    pairs = zip(asked, settings.values(), strict=True)
    told = values(*(each | {"attributeValue": value} for each, value in pairs))
    wanted = {"kind": "read_settings", "names": list(settings)}
    done = await case.commands(wanted, "GetVariables", told)

    assert (done.sent, done.state) == ({"getVariableData": asked}, "answered")
    assert done.details["settings"] == await case.settings() == settings


GET_LIMIT = {
    "component": {"name": "DeviceDataCtrlr"},
    "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"},
}
MANY = [f"OCPPCommCtrlr.Variable{number}" for number in range(5)]


async def test_tc_b_08_no_more_settings_at_once_than_the_station_takes(case: Case2) -> None:
    """One command to the owner, as many calls as the station wants."""
    limit = "DeviceDataCtrlr.ItemsPerMessage[GetVariables]"
    told = values(GET_LIMIT | {"attributeValue": "2"})
    await case.commands({"kind": "read_settings", "names": [limit]}, "GetVariables", told)
    path = f"/stations/{case.station_id}/commands"
    queued = await case.site.owner.post(path, {"kind": "read_settings", "names": MANY}, 202)
    sent = []
    for part in (MANY[:2], MANY[2:4], MANY[4:]):
        named = [name.split(".") for name in part]
        asked = [{"component": {"name": one}, "variable": {"name": two}} for one, two in named]
        told = values(*(each | {"attributeValue": "1"} for each in asked))
        sent.append((await case.answers("GetVariables", told), asked))
    shown = await case.finishes(queued)

    assert [payload for payload, _ in sent] == [{"getVariableData": asked} for _, asked in sent]
    assert (shown["state"], shown["outcome"]["details"]["settings"]) == (
        "answered",
        dict.fromkeys(MANY, "1"),
    )


async def test_settings_are_written_in_parts(case: Case2) -> None:
    """By the number of bytes too; what became of each is one answer to the owner."""
    limit = "DeviceDataCtrlr.BytesPerMessage[SetVariables]"
    variable = {"name": "BytesPerMessage", "instance": "SetVariables"}
    told = values(GET_LIMIT | {"variable": variable, "attributeValue": "340"})
    await case.commands({"kind": "read_settings", "names": [limit]}, "GetVariables", told)
    path = f"/stations/{case.station_id}/commands"
    wanted = {"kind": "write_settings", "settings": dict.fromkeys(MANY, "x" * 20)}
    queued = await case.site.owner.post(path, wanted, 202)
    for part in (MANY[:2], MANY[2:4], MANY[4:]):
        named = [name.split(".") for name in part]
        asked = [{"component": {"name": one}, "variable": {"name": two}} for one, two in named]
        done = [each | {"attributeStatus": "Accepted"} for each in asked]
        sent = await case.answers("SetVariables", {"setVariableResult": done})
        assert sent["setVariableData"] == [{"attributeValue": "x" * 20} | each for each in asked]
    shown = await case.finishes(queued)

    assert (shown["state"], shown["outcome"]["details"]["settings"]) == (
        "answered",
        dict.fromkeys(MANY, "Accepted"),
    )


WRITTEN = {
    "TC_B_09": ({OFFLINE_NAME: "60"}, [OFFLINE]),
    "TC_B_10": ({CACHE_NAME: "true", OFFLINE_NAME: "60"}, [CACHE, OFFLINE]),
}


@pytest.mark.parametrize(("settings", "asked"), WRITTEN.values(), ids=WRITTEN)
async def test_settings_are_written(case: Case2, settings: Any, asked: Any) -> None:
    pairs = list(zip(asked, settings.values(), strict=True))
    told = [each | {"attributeStatus": "Accepted"} for each in asked]
    wanted = {"kind": "write_settings", "settings": settings}
    done = await case.commands(wanted, "SetVariables", {"setVariableResult": told})

    sent = [{"attributeValue": value} | each for each, value in pairs]
    assert done.sent == {"setVariableData": sent}
    assert (done.state, done.details["settings"]) == (
        "answered",
        dict.fromkeys(settings, "Accepted"),
    )


def report(part: int, name: str, value: str, is_last: bool) -> Told:
    """A part of report 7 with one variable."""
    component, variable = name.split(".")
    one = {
        "component": {"name": component},
        "variable": {"name": variable},
        "variableAttribute": [{"value": value}],
    }
    told = {"requestId": 7, "generatedAt": AT, "seqNo": part, "tbc": not is_last}
    return Told("NotifyReport", told | {"reportData": [one]})


REPORTS = [report(0, OFFLINE_NAME, "60", False), report(1, CACHE_NAME, "true", True)]
CRITERIA = {
    "requestId": 7,
    "componentCriteria": ["Available"],
    "componentVariable": [OFFLINE],
}
ASKED_FOR_REPORTS = {
    "TC_B_12": Asked(
        "GetBaseReport", {"requestId": 7, "reportBase": "ConfigurationInventory"}, ACCEPTED
    ),
    "TC_B_13": Asked("GetBaseReport", {"requestId": 7, "reportBase": "FullInventory"}, ACCEPTED),
    "TC_B_14": Asked("GetBaseReport", {"requestId": 7, "reportBase": "SummaryInventory"}, ACCEPTED),
    "TC_B_18": Asked("GetReport", CRITERIA, ACCEPTED),
}


@pytest.mark.parametrize("asked", ASKED_FOR_REPORTS.values(), ids=ASKED_FOR_REPORTS)
async def test_reports_of_settings(case: Case2, asked: Asked) -> None:
    await case.plays([asked, *REPORTS])

    assert await case.settings() == {OFFLINE_NAME: "60", CACHE_NAME: "true"}


async def test_tc_b_20_reset_when_idle(case: Case2) -> None:
    done = await case.commands({"kind": "reset"}, "Reset", ACCEPTED)
    await case.loses_its_line()
    assert not (await case.station())["is_connected"]
    await case.connects()
    await case.boots()

    assert (done.sent, done.state) == ({"type": "OnIdle"}, "answered")
    assert (await case.station())["is_connected"]


async def test_tc_b_21_reset_after_a_session(case: Case2) -> None:
    await case.charges()
    done = await case.commands({"kind": "reset"}, "Reset", {"status": "Scheduled"})
    await case.runs()
    await case.event(ended("EVDeparted", "EVDisconnected"))
    await case.loses_its_line()
    await case.connects()
    await case.boots()

    assert (done.state, done.status) == ("answered", "Scheduled")
    await case.closed("ev_disconnected")


async def test_tc_b_22_reset_at_once(case: Case2) -> None:
    await case.charges()
    wanted = {"kind": "reset", "when": "immediate"}
    done = await case.commands(wanted, "Reset", ACCEPTED)
    await case.event(ended("ResetCommand", "ImmediateReset"))
    await case.loses_its_line()
    await case.connects()
    await case.boots()

    assert done.sent == {"type": "Immediate"}
    await case.closed("immediate_reset")


async def test_tc_b_25_reset_of_an_idle_evse(case: Case2) -> None:
    await case.asks("Reset", {"type": "OnIdle", "evseId": 1}, ACCEPTED)
    await case.shows("Unavailable")
    assert await case.evse() == ("unavailable", None)
    await case.shows("Available")

    assert await case.evse() == ("available", None)


async def test_tc_b_26_reset_of_an_evse_after_its_session(case: Case2) -> None:
    await case.charges()
    await case.asks("Reset", {"type": "OnIdle", "evseId": 1}, {"status": "Scheduled"})
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH))
    await case.runs()
    await case.event(ended("EVDeparted", "EVDisconnected"))

    await case.closed("ev_disconnected")


async def test_tc_b_27_reset_of_an_evse_at_once(case: Case2) -> None:
    await case.charges()
    await case.asks("Reset", {"type": "Immediate", "evseId": 1}, ACCEPTED)
    await case.event(ended("ResetCommand", "ImmediateReset"))

    await case.closed("immediate_reset")


NETWORK = {
    "configurationSlot": 1,
    "connectionData": {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": "wss://hub.example.org/ocpp",
        "messageTimeout": 30,
        "securityProfile": 2,
        "ocppInterface": "Wired0",
    },
}
NETWORKS = {
    "TC_B_42": [Asked("SetNetworkProfile", NETWORK, ACCEPTED)],
    "TC_B_44": [
        Asked("SetNetworkProfile", NETWORK, {"status": "Failed"}),
        Asked("SetNetworkProfile", NETWORK, REJECTED),
    ],
}


@pytest.mark.parametrize("steps", NETWORKS.values(), ids=NETWORKS)
async def test_network_profiles(case: Case2, steps: Any) -> None:
    await case.plays(steps)
