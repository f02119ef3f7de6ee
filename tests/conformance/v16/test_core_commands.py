"""1.6 core: what drivers and owners ask of a station."""

from typing import Any

import pytest

from tests.conformance.case import Asked, Noted
from tests.conformance.v16.station import ACCEPTED, END_WH, FIVE_KWH, Case16

pytestmark = pytest.mark.asyncio(loop_scope="package")

REJECTED = {"status": "Rejected"}
UNLOCK = {"kind": "unlock", "evse": 1}
LOG = "ftp://files.example.org/"


async def remote_start(case: Case16, answer: dict[str, str]) -> Any:
    """The driver starts from afar and the station answers so; what was sent."""
    await case.site.driver.post("/sessions", {"evse_id": case.evse_ids[0]})
    return await case.answers("RemoteStartTransaction", answer)


async def test_tc_010_remote_start_cable_first(case: Case16) -> None:
    await case.shows("Preparing")
    sent = await remote_start(case, ACCEPTED)
    assert await case.authorises(sent["idTag"]) == "Accepted"
    await case.charges(sent["idTag"])

    assert sent == {"connectorId": 1, "idTag": await case.site.driver.app_token()}
    await case.runs()


async def test_tc_011_1_remote_start_before_the_cable(case: Case16) -> None:
    sent = await remote_start(case, ACCEPTED)
    assert (await case.session())["status"] == "starting"
    await case.shows("Preparing")
    await case.charges(sent["idTag"])

    await case.runs()


async def test_tc_011_2_remote_start_without_a_cable(case: Case16) -> None:
    await remote_start(case, ACCEPTED)
    await case.shows("Preparing")
    await case.shows("Available")
    await case.site.hub.advance(minutes=10)

    assert (await case.session())["status"] == "failed"
    await case.charges()
    assert [each["status"] for each in await case.sessions()] == ["active", "failed"]


async def test_tc_012_remote_stop(case: Case16) -> None:
    transaction = await case.charges()
    session = await case.session()

    await case.site.driver.post(f"/sessions/{session['id']}/stop", expect=202)
    sent = await case.answers("RemoteStopTransaction", ACCEPTED)
    await case.stops(transaction, "Remote")

    assert sent == {"transactionId": transaction}
    await case.closed("remote")


@pytest.mark.parametrize(
    ("when", "kind", "reason"),
    [("immediate", "Hard", "HardReset"), ("idle", "Soft", "SoftReset")],
    ids=["TC_013", "TC_014"],
)
async def test_reset(case: Case16, when: str, kind: str, reason: str) -> None:
    transaction = await case.charges()

    done = await case.commands({"kind": "reset", "when": when}, "Reset", ACCEPTED)
    await case.stops(transaction, reason)
    await case.loses_its_line()
    await case.connects()
    await case.boots()

    assert (done.sent, done.state) == ({"type": kind}, "answered")
    session = await case.session()
    assert (session["status"], await case.bill(session)) == ("closed", FIVE_KWH)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param("Unlocked", "answered", id="TC_017_1"),
        pytest.param("NotSupported", "refused", id="TC_017_2"),
        pytest.param("UnlockFailed", "refused", id="TC_030"),
        pytest.param("NotSupported", "refused", id="TC_031"),
    ],
)
async def test_unlock(case: Case16, status: str, state: str) -> None:
    done = await case.commands(UNLOCK, "UnlockConnector", {"status": status})

    assert (done.sent, done.state, done.status) == ({"connectorId": 1}, state, status)
    assert await case.sessions() == []


async def test_tc_018_1_unlock_during_a_session(case: Case16) -> None:
    transaction = await case.charges()

    done = await case.commands(UNLOCK, "UnlockConnector", {"status": "Unlocked"})
    await case.stops(transaction, "UnlockCommand")

    assert done.state == "answered"
    await case.closed("unlock_command")


async def test_a_master_card_ends_what_runs(case: Case16) -> None:
    """1.6 has no group of them: the hub asks the station to stop, and the card starts nothing."""
    card = f"MASTER-{case.identity}"[:20]
    await case.site.owner.post("/id-tokens", {"value": card, "kind": "master"})
    transaction = await case.charges()
    status = await case.authorises(card)
    sent = await case.answers("RemoteStopTransaction", ACCEPTED)
    answer = await case.stops(transaction, "Remote", idTag=card)
    _, refused = await case.starts(card, meterStart=END_WH)

    assert (status, refused) == ("Blocked", "Invalid")
    assert (sent, answer) == ({"transactionId": transaction}, {"idTagInfo": ACCEPTED})
    of_driver = [each for each in await case.sessions() if each["driver_id"]]
    assert [(each["status"], each["stop_reason"]) for each in of_driver] == [("closed", "remote")]
    assert await case.bill(of_driver[0]) == FIVE_KWH


async def test_no_more_settings_at_once_than_the_station_takes(case: Case16) -> None:
    limit = {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "2"}
    told = {"configurationKey": [limit]}
    await case.commands({"kind": "read_settings"}, "GetConfiguration", told)
    path, names = f"/stations/{case.station_id}/commands", ["A", "B", "C"]
    queued = await case.site.owner.post(path, {"kind": "read_settings", "names": names}, 202)
    found = [{"key": each, "readonly": False, "value": "1"} for each in ("A", "B")]
    first = await case.answers("GetConfiguration", {"configurationKey": found})
    second = await case.answers("GetConfiguration", {"unknownKey": ["C"]})
    shown = await case.finishes(queued)

    assert (first, second) == ({"key": ["A", "B"]}, {"key": ["C"]})
    assert (shown["state"], shown["outcome"]["details"]["unknown"]) == ("answered", ["C"])
    assert shown["outcome"]["details"]["settings"] == {"A": "1", "B": "1"}


async def test_tc_019_1_all_settings(case: Case16) -> None:
    told = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,Reservation"},
    ]
    wanted = {"kind": "read_settings"}
    done = await case.commands(wanted, "GetConfiguration", {"configurationKey": told})

    assert (done.sent, done.state) == ({}, "answered")
    assert await case.settings() == {each["key"]: each["value"] for each in told}


async def test_tc_019_2_one_setting(case: Case16) -> None:
    name = "SupportedFeatureProfiles"
    told = [{"key": name, "readonly": True, "value": "Core"}]
    wanted = {"kind": "read_settings", "names": [name]}
    done = await case.commands(wanted, "GetConfiguration", {"configurationKey": told})

    assert done.sent == {"key": [name]}
    assert (done.details["settings"], done.details["read_only"]) == ({name: "Core"}, [name])
    assert await case.settings() == {name: "Core"}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param("Accepted", "answered", id="TC_021"),
        pytest.param("NotSupported", "refused", id="TC_040_1"),
        pytest.param("Rejected", "refused", id="TC_040_2"),
    ],
)
async def test_a_setting_is_written(case: Case16, status: str, state: str) -> None:
    wanted = {"kind": "write_settings", "settings": {"MeterValueSampleInterval": "60"}}
    done = await case.commands(wanted, "ChangeConfiguration", {"status": status})

    assert done.sent == {"key": "MeterValueSampleInterval", "value": "60"}
    assert (done.state, done.status) == (state, status)


async def test_tc_026_remote_start_is_rejected(case: Case16) -> None:
    await remote_start(case, REJECTED)

    session = await case.site.hub.until(lambda: failed(case))
    assert (session["status"], session["started_at"]) == ("failed", None)


async def failed(case: Case16) -> Any:
    session = await case.session()
    return session if session["status"] == "failed" else None


async def test_tc_028_remote_stop_is_rejected(case: Case16) -> None:
    await case.charges()
    session = await case.session()

    await case.site.driver.post(f"/sessions/{session['id']}/stop", expect=202)
    await case.answers("RemoteStopTransaction", REJECTED)
    await case.site.hub.settle()

    refused = await case.session()
    assert (refused["flags"], refused["stop_requested_at"]) == (["stop_refused"], None)
    await case.runs()


UPKEEP = {
    "TC_045_1": [
        Asked("GetDiagnostics", {"location": LOG}, {"fileName": "diagnostics.zip"}),
        Noted("DiagnosticsStatusNotification", {"status": "Uploading"}),
        Noted("DiagnosticsStatusNotification", {"status": "Uploaded"}),
    ],
    "TC_045_2": [
        Asked("GetDiagnostics", {"location": LOG}, {"fileName": "diagnostics.zip"}),
        Noted("DiagnosticsStatusNotification", {"status": "Uploading"}),
        Noted("DiagnosticsStatusNotification", {"status": "UploadFailed"}),
    ],
    "TC_061": [Asked("ClearCache", {}, ACCEPTED)],
}


@pytest.mark.parametrize("steps", UPKEEP.values(), ids=UPKEEP)
async def test_upkeep(case: Case16, steps: Any) -> None:
    await case.plays(steps)
