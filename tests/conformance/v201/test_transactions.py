"""2.x transactions (E): where they start, where they end, and what is billed of them."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.conformance.case import CARD, UNKNOWN_CARD
from tests.conformance.v201.station import (
    BEGIN_WH,
    CHARGING,
    END_WH,
    FIVE_KWH,
    Case2,
    Event,
    ended,
    started,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

FLOWS = updated("ChargingStateChanged", "Charging")
PLUGGED = started("CablePluggedIn", "EVConnected", wh=BEGIN_WH)
AUTHORISED = updated("Authorized", card=CARD)

STARTS: dict[str, Sequence[Event]] = {
    "TC_E_01": (started("Authorized", "EVConnected", card=CARD, wh=BEGIN_WH), FLOWS),
    "TC_E_02": (started("ChargingStateChanged", "Charging", card=CARD, wh=BEGIN_WH),),
    "TC_E_03": (PLUGGED, AUTHORISED, FLOWS),
    "TC_E_04": (
        started("Authorized", card=CARD, evse=0),
        updated("CablePluggedIn", "EVConnected", wh=BEGIN_WH),
        FLOWS,
    ),
    "TC_E_09": (PLUGGED, AUTHORISED, FLOWS),
    "TC_E_10": (
        started("Authorized", "Idle", card=CARD, wh=BEGIN_WH),
        updated("CablePluggedIn", "EVConnected"),
        FLOWS,
    ),
    "TC_E_11": (started("SignedDataReceived", "Charging", card=CARD, wh=BEGIN_WH),),
    "TC_E_12": (
        started("EVDetected", "Idle", wh=BEGIN_WH),
        updated("CablePluggedIn", "EVConnected"),
        AUTHORISED,
        FLOWS,
    ),
    "TC_E_38": (
        PLUGGED,
        AUTHORISED,
        updated("ChargingStateChanged", "SuspendedEV"),
        FLOWS,
    ),
}

STOPS: dict[str, tuple[Sequence[Event], str]] = {
    "TC_E_07": ((ended("StopAuthorized", "Local", card=CARD),), "local"),
    "TC_E_08": (
        (
            updated("StopAuthorized", "EVConnected", card=CARD),
            ended("ChargingStateChanged", "Local"),
        ),
        "local",
    ),
    "TC_E_14": ((ended("EVDeparted", "EVDisconnected"),), "ev_disconnected"),
    "TC_E_15": ((ended("StopAuthorized", "Local", card=CARD),), "local"),
    "TC_E_19": (
        (
            updated("StopAuthorized", "EVConnected", card=CARD),
            updated("EVCommunicationLost", "Idle"),
            ended("EVDeparted", "Local"),
        ),
        "local",
    ),
    "TC_E_20": (
        (
            updated("ChargingStateChanged", "SuspendedEV"),
            ended("EVCommunicationLost", "EVDisconnected"),
        ),
        "ev_disconnected",
    ),
    "TC_E_22": (
        (
            updated("ChargingStateChanged", "SuspendedEV"),
            ended("ChargingStateChanged", "StoppedByEV"),
        ),
        "stopped_by_ev",
    ),
}


@pytest.mark.parametrize("events", STARTS.values(), ids=STARTS)
async def test_start(case: Case2, events: Sequence[Event]) -> None:
    assert await case.authorises() == "Accepted"
    await case.shows("Occupied")
    await case.events(events)
    assert (await case.session())["charging"] == "charging"
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH))

    await case.runs()
    assert (await case.session())["evse_id"] == case.evse_ids[0]
    await case.event(ended("StopAuthorized", "Local", card=CARD))
    await case.closed("local")


@pytest.mark.parametrize(("events", "reason"), STOPS.values(), ids=STOPS)
async def test_stop(case: Case2, events: Sequence[Event], reason: str) -> None:
    await case.charges()

    last = await case.events(events)
    await case.shows("Available")

    assert last["totalCost"] == 2.25
    await case.closed(reason)
    assert (await case.evse())[0] == "available"


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(ended("Deauthorized", "DeAuthorized", wh=BEGIN_WH), id="TC_E_16"),
        pytest.param(ended("EVCommunicationLost", "EVDisconnected", wh=BEGIN_WH), id="TC_E_17"),
    ],
)
async def test_deauthorised(case: Case2, last: Event) -> None:
    await case.event(PLUGGED)
    answer = await case.event(updated("Authorized", card=UNKNOWN_CARD))
    await case.event(updated("Deauthorized", "EVConnected"))
    await case.event(last)

    session = await case.session()
    assert answer["idTokenInfo"]["status"] == "Invalid"
    assert (session["status"], session["driver_id"]) == ("closed", None)
    assert await case.bill(session) == (0, None)


async def test_tc_e_26_the_cable_comes_back(case: Case2) -> None:
    await case.charges()
    await case.event(updated("EVCommunicationLost", "Idle"))
    assert (await case.session())["charging"] == "idle"
    await case.event(updated("CablePluggedIn", "EVConnected"))
    await case.event(FLOWS)

    assert (await case.session())["charging"] == "charging"
    await case.runs()


async def test_tc_e_39_nobody_plugs_in(case: Case2) -> None:
    await case.event(started("Authorized", card=CARD, wh=BEGIN_WH))
    await case.event(ended("EVConnectTimeout", "Timeout", wh=BEGIN_WH))

    session = await case.session()
    assert (session["status"], session["stop_reason"]) == ("closed", "timeout")
    assert await case.bill(session) == (0, 0)


async def test_tc_e_53_numbers_begin_anew(case: Case2) -> None:
    for transaction in ("tx-1", "tx-2"):
        await case.events(CHARGING, transaction)
        await case.event(ended("StopAuthorized", "Local", card=CARD), transaction)

    sessions = await case.sessions()
    assert [each["status"] for each in sessions] == ["closed", "closed"]
    assert [await case.bill(each) for each in sessions] == [FIVE_KWH, FIVE_KWH]


async def test_tc_e_21_remote_stop(case: Case2) -> None:
    await case.charges()
    session = await case.session()
    await case.site.driver.post(f"/sessions/{session['id']}/stop", expect=202)
    sent = await case.answers("RequestStopTransaction", {"status": "Accepted"})
    await case.event(ended("RemoteStop", "Remote"))

    assert sent == {"transactionId": "tx-1"}
    await case.closed("remote")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        pytest.param(
            {"transactionId": "tx-1"},
            {"ongoingIndicator": True, "messagesInQueue": True},
            id="TC_E_29",
        ),
        pytest.param(
            {"transactionId": "tx-1"},
            {"ongoingIndicator": True, "messagesInQueue": False},
            id="TC_E_30",
        ),
        pytest.param({}, {"messagesInQueue": True}, id="TC_E_33"),
        pytest.param({}, {"messagesInQueue": False}, id="TC_E_34"),
    ],
)
async def test_status_of_a_transaction(case: Case2, asked: Any, answer: Any) -> None:
    await case.charges()

    await case.asks("GetTransactionStatus", asked, answer)

    await case.runs()


async def test_tc_e_31_late_events(case: Case2) -> None:
    """The end overtakes what was queued: the session waits, and is billed when it is whole."""
    await case.events(CHARGING[:3])
    await case.event(ended("StopAuthorized", "Local", card=CARD), seqNo=5)
    ended_only = await case.session()
    queued = {"ongoingIndicator": False, "messagesInQueue": True}
    await case.asks("GetTransactionStatus", {"transactionId": "tx-1"}, queued)
    for number, register_wh in ((4, 5_000), (3, 3_000)):
        late = updated("MeterValuePeriodic", "Charging", wh=register_wh)
        await case.event(late, seqNo=number, offline=True)

    assert (ended_only["status"], ended_only["cdr_id"]) == ("ended", None)
    await case.closed("local")
