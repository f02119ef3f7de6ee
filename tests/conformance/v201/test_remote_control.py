"""2.x remote control (F) and availability (G)."""

from typing import Any

import pytest

from tests.conformance.case import Asked, Noted, Told
from tests.conformance.v201.station import (
    ACCEPTED,
    BEGIN_WH,
    END_WH,
    Case2,
    Event,
    meter_value,
    started,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT = "2026-03-02T08:00:00Z"
PLUGGED = started("CablePluggedIn", "EVConnected", wh=BEGIN_WH)
FLOWS = updated("ChargingStateChanged", "Charging")


async def remote_start(case: Case2) -> tuple[Any, Any]:
    """The driver starts from afar and the station accepts: the driver's session, what was sent."""
    wanted = await case.site.driver.post("/sessions", {"evse_id": case.evse_ids[0]})
    return wanted, await case.answers("RequestStartTransaction", ACCEPTED)


def remote(sent: Any, **told: Any) -> dict[str, Any]:
    """What an event tells of the remote start it follows."""
    info = {"transactionId": "tx-1", "remoteStartId": sent["remoteStartId"], **told}
    return {"transactionInfo": info, "idToken": sent["idToken"]}


async def test_tc_f_01_cable_first(case: Case2) -> None:
    """The transaction of the cable becomes the session that the driver watches."""
    await case.shows("Occupied")
    await case.event(PLUGGED)
    wanted, sent = await remote_start(case)
    asked = Event("Updated", "RemoteStart")
    answer = await case.event(asked, **remote(sent))
    await case.events([FLOWS, updated("MeterValuePeriodic", wh=END_WH)])

    assert sent["idToken"]["idToken"] == await case.site.driver.app_token()
    assert (sent["evseId"], sent["remoteStartId"] > 0) == (1, True)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (await case.session())["id"] == wanted["id"]
    await case.runs()


@pytest.mark.parametrize(
    "does_authorise",
    [pytest.param(True, id="TC_F_02"), pytest.param(False, id="TC_F_03")],
)
async def test_remote_start_first(case: Case2, does_authorise: bool) -> None:
    _, sent = await remote_start(case)
    if does_authorise:
        judged = await case.tells("Authorize", {"idToken": sent["idToken"]})
        assert judged["idTokenInfo"]["status"] == "Accepted"
    await case.shows("Occupied")
    begun = Event("Started", "RemoteStart", "EVConnected", wh=BEGIN_WH)
    answer = await case.event(begun, **remote(sent, chargingState="EVConnected"))
    await case.events([FLOWS, updated("MeterValuePeriodic", wh=END_WH)])

    assert answer["idTokenInfo"]["status"] == "Accepted"
    await case.runs()


async def test_tc_f_04_nobody_plugs_in(case: Case2) -> None:
    _, sent = await remote_start(case)
    begun = Event("Started", "RemoteStart", wh=BEGIN_WH, evse=0)
    await case.event(begun, **remote(sent))
    await case.event(Event("Ended", "EVConnectTimeout", reason="Timeout", wh=BEGIN_WH, evse=0))

    session = await case.session()
    assert (session["status"], session["stop_reason"]) == ("closed", "timeout")
    assert await case.bill(session) == (0, 0)


async def test_tc_f_06_unlock(case: Case2) -> None:
    wanted = {"kind": "unlock", "evse": 2, "connector": 1}
    done = await case.commands(wanted, "UnlockConnector", {"status": "Unlocked"})

    assert (done.sent, done.state) == ({"evseId": 2, "connectorId": 1}, "answered")


def triggered(report: str, **evse: int) -> Asked:
    """TriggerMessage."""
    where = {"evse": evse} if evse else {}
    return Asked("TriggerMessage", {"requestedMessage": report} | where, ACCEPTED)


def metered(evse: int) -> Told:
    value = meter_value(AT, 1_000, "Trigger")
    return Told("MeterValues", {"evseId": evse, "meterValue": [value]})


def status(word: str, evse: int = 1) -> Told:
    told = {"evseId": evse, "connectorId": 1, "connectorStatus": word}
    return Told("StatusNotification", told | {"timestamp": AT})


CASES = {
    "TC_F_11": [triggered("MeterValues", id=1), metered(1)],
    "TC_F_12": [triggered("MeterValues"), metered(1), metered(2)],
    "TC_F_15": [
        triggered("LogStatusNotification"),
        Noted("LogStatusNotification", {"status": "Idle"}),
    ],
    "TC_F_18": [
        triggered("FirmwareStatusNotification"),
        Noted("FirmwareStatusNotification", {"status": "Idle"}),
    ],
    "TC_F_23": [triggered("StatusNotification", id=1, connectorId=1), status("Available")],
    "TC_F_24": [triggered("StatusNotification", id=1, connectorId=1), status("Occupied")],
    "TC_F_27": [
        Asked(
            "TriggerMessage",
            {"requestedMessage": "SignV2GCertificate"},
            {"status": "NotImplemented"},
        )
    ],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_reports_are_triggered(case: Case2, steps: Any) -> None:
    await case.plays(steps)


@pytest.mark.parametrize(
    "where",
    [pytest.param({"id": 1}, id="TC_F_13"), pytest.param({}, id="TC_F_14")],
)
async def test_events_are_triggered(case: Case2, where: dict[str, int]) -> None:
    await case.charges()
    await case.plays([triggered("TransactionEvent", **where)])
    await case.event(updated("Trigger", "Charging", wh=END_WH))

    await case.runs()


async def test_tc_f_20_a_heartbeat_is_triggered(case: Case2) -> None:
    wanted = {"kind": "trigger_report", "report": "heartbeat"}
    done = await case.commands(wanted, "TriggerMessage", ACCEPTED)
    beat = await case.tells("Heartbeat")

    assert done.sent == {"requestedMessage": "Heartbeat"}
    assert beat == {"currentTime": case.now()[:19] + "Z"}


def availability(evse: int, is_operative: bool) -> Any:
    """What the owner wants, and what is sent for it."""
    word = "Operative" if is_operative else "Inoperative"
    where = {"evse": {"id": evse}} if evse else {}
    wanted = {"kind": "change_availability", "evse": evse, "operative": is_operative}
    return (
        wanted,
        where | {"operationalStatus": word},
        "available" if is_operative else "unavailable",
    )


AVAILABILITY = {
    "TC_G_03": availability(1, False),
    "TC_G_04": availability(1, True),
    "TC_G_05": availability(0, False),
    "TC_G_06": availability(0, True),
}


@pytest.mark.parametrize(("wanted", "sent", "shown"), AVAILABILITY.values(), ids=AVAILABILITY)
async def test_availability(case: Case2, wanted: Any, sent: Any, shown: str) -> None:
    done = await case.commands(wanted, "ChangeAvailability", ACCEPTED)
    await case.shows(shown.capitalize())

    assert (done.sent, done.state) == (sent, "answered")
    assert await case.evse() == (shown, None)


@pytest.mark.parametrize(
    "word", [pytest.param("Inoperative", id="TC_G_07"), pytest.param("Operative", id="TC_G_08")]
)
async def test_availability_of_a_connector(case: Case2, word: str) -> None:
    wanted = {"operationalStatus": word, "evse": {"id": 1, "connectorId": 1}}
    status = "Available" if word == "Operative" else "Unavailable"
    await case.asks("ChangeAvailability", wanted, ACCEPTED)
    await case.shows(status)

    assert await case.evse() == (status.lower(), None)


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({"evse": {"id": 1}}, id="TC_G_11"),
        pytest.param({}, id="TC_G_14"),
        pytest.param({"evse": {"id": 1, "connectorId": 1}}, id="TC_G_17"),
    ],
)
async def test_availability_after_a_session(case: Case2, where: dict[str, Any]) -> None:
    await case.charges()
    wanted = {"operationalStatus": "Inoperative"} | where
    await case.asks("ChangeAvailability", wanted, {"status": "Scheduled"})
    await case.runs()
    await case.event(Event("Ended", "EVDeparted", reason="EVDisconnected", wh=END_WH))
    await case.shows("Unavailable")

    await case.closed("ev_disconnected")
    assert (await case.evse())[0] == "unavailable"


async def test_tc_g_20_the_lock_fails(case: Case2) -> None:
    event = {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Alerting",
        "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }
    told = {"generatedAt": AT, "seqNo": 0, "eventData": [event]}

    await case.plays([Noted("NotifyEvent", told)])
    assert await case.sessions() == []
