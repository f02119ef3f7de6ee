"""1.6 local list, firmware and triggered reports: calls, answers and what stations tell then."""

from typing import Any

import pytest

from tests.conformance.case import Asked, Noted, Told
from tests.conformance.v16.station import ACCEPTED, BOOT, Case16

pytestmark = pytest.mark.asyncio(loop_scope="package")

NEVER = "2030-01-01T00:00:00Z"
ONE_TAG = [{"idTag": "LISTED", "idTagInfo": {"status": "Accepted", "expiryDate": NEVER}}]
FULL = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": ONE_TAG}
DIFFERENCE = {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": ONE_TAG}
UPDATE = {"location": "ftp://files.example.org/firmware.bin", "retrieveDate": NEVER}


def list_version(number: int) -> Asked:
    return Asked("GetLocalListVersion", {}, {"listVersion": number})


def list_sent(payload: Any, status: str) -> Asked:
    return Asked("SendLocalList", payload, {"status": status})


def firmware(*statuses: str) -> list[Noted]:
    return [Noted("FirmwareStatusNotification", {"status": status}) for status in statuses]


CASES = {
    "TC_042_1": [list_version(-1)],
    "TC_042_2": [list_version(0)],
    "TC_043_1": [list_sent(FULL, "NotSupported")],
    "TC_043_3": [list_sent(FULL, "Failed"), list_sent(FULL, "Accepted")],
    "TC_043_4": [list_sent(FULL, "Accepted"), list_version(1)],
    "TC_043_5": [
        list_sent(FULL, "Accepted"),
        list_sent(DIFFERENCE, "Accepted"),
        list_version(2),
    ],
    "TC_044_1": [
        Asked("UpdateFirmware", UPDATE, {}),
        *firmware("Downloading", "Downloaded", "Installing"),
        Told(
            "StatusNotification",
            {"connectorId": 0, "status": "Unavailable", "errorCode": "NoError"},
        ),
        *firmware("Installed"),
    ],
    "TC_044_2": [Asked("UpdateFirmware", UPDATE, {}), *firmware("Downloading", "DownloadFailed")],
    "TC_044_3": [
        Asked("UpdateFirmware", UPDATE, {}),
        *firmware("Downloading", "Downloaded", "Installing", "InstallationFailed"),
    ],
    "TC_055": [
        Asked("TriggerMessage", {"requestedMessage": "MeterValues"}, {"status": "Rejected"})
    ],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_call_and_answer(case: Case16, steps: Any) -> None:
    await case.plays(steps)


async def test_tc_054_triggered_reports(case: Case16) -> None:
    value = {"timestamp": case.now(), "sampledValue": [{"value": "1000"}]}
    shown = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    reports: dict[str, tuple[Any, Any]] = {
        "MeterValues": ({"connectorId": 1, "meterValue": [value]}, {}),
        "Heartbeat": ({}, {"currentTime": case.now()[:19] + "Z"}),
        "StatusNotification": (shown, {}),
        "DiagnosticsStatusNotification": ({"status": "Idle"}, {}),
        "FirmwareStatusNotification": ({"status": "Idle"}, {}),
    }
    for action, (payload, answer) in reports.items():
        await case.asks("TriggerMessage", {"requestedMessage": action}, ACCEPTED)
        assert await case.tells(action, payload) == answer
    await case.asks("TriggerMessage", {"requestedMessage": "BootNotification"}, ACCEPTED)

    assert (await case.tells("BootNotification", BOOT))["status"] == "Accepted"
    assert [note["topic"] for note in await case.notes()] == ["log", "firmware"]
    assert await case.evse() == ("available", None)
