"""2.x firmware (L): updates of a station, and firmware published in its network."""

from typing import Any

import pytest

from tests.conformance.case import Asked, Noted, Told
from tests.conformance.v201.station import ACCEPTED, BOOT, END_WH, Case2, updated

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT, LATER = "2026-03-02T08:00:00Z", "2030-01-01T00:00:00Z"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SIGNED = {
    "location": "https://files.example.org/firmware.bin",
    "retrieveDateTime": AT,
    "signingCertificate": PEM,
    "signature": "c2lnbmVk",
}


def update(status: str = "Accepted", number: int = 7, **more: Any) -> Asked:
    wanted = {"requestId": number, "firmware": SIGNED | more}
    return Asked("UpdateFirmware", wanted, {"status": status})


def firmware(*statuses: str, number: int = 7) -> list[Noted]:
    told = ({"status": status, "requestId": number} for status in statuses)
    return [Noted("FirmwareStatusNotification", each) for each in told]


def security(kind: str) -> Noted:
    return Noted("SecurityEventNotification", {"type": kind, "timestamp": AT})


def published(*statuses: str, **more: Any) -> list[Asked | Noted]:
    """PublishFirmware, and what the local controller tells of it; `more` with the last."""
    wanted = {"location": SIGNED["location"], "checksum": "0a" * 16, "requestId": 7}
    told = [{"status": status, "requestId": 7} for status in statuses]
    told[-1] |= more
    return [
        Asked("PublishFirmware", wanted, ACCEPTED),
        *(Noted("PublishFirmwareStatusNotification", each) for each in told),
    ]


def unpublished(status: str) -> Asked:
    return Asked("UnpublishFirmware", {"checksum": "0a" * 16}, {"status": status})


def connector(status: str) -> Told:
    told = {"timestamp": AT, "connectorStatus": status, "evseId": 2, "connectorId": 1}
    return Told("StatusNotification", told)


DOWNLOADED = ("Downloading", "Downloaded")
VERIFIED = (*DOWNLOADED, "SignatureVerified", "Installing")

CASES = {
    "TC_L_02": [
        update(installDateTime=LATER),
        *firmware(*DOWNLOADED, "SignatureVerified", "InstallScheduled", "Installing", "Installed"),
    ],
    "TC_L_03": [
        update(retrieveDateTime=LATER),
        *firmware("DownloadScheduled", *VERIFIED, "Installed"),
    ],
    "TC_L_04": [update("RevokedCertificate")],
    "TC_L_05": [update("InvalidCertificate"), security("InvalidFirmwareSigningCertificate")],
    "TC_L_06": [
        update(),
        *firmware(*DOWNLOADED, "InvalidSignature"),
        security("InvalidFirmwareSignature"),
    ],
    "TC_L_07": [update(), *firmware("Downloading", "DownloadFailed")],
    "TC_L_08": [update(), *firmware(*VERIFIED, "InstallVerificationFailed")],
    "TC_L_09": [update(), *firmware(*VERIFIED, "InstallationFailed")],
    "TC_L_10": [
        update(),
        *firmware("Downloading"),
        update("AcceptedCanceled", 8),
        *firmware(*VERIFIED, "Installed", number=8),
    ],
    "TC_L_11": [update(), *firmware("Installing"), update("Rejected", 8)],
    "TC_L_17": published(
        *DOWNLOADED, "ChecksumVerified", "Published", location=["http://10.0.0.1/"]
    ),
    "TC_L_19": published(*DOWNLOADED, "InvalidChecksum"),
    "TC_L_20": published(*DOWNLOADED, "ChecksumVerified", "PublishFailed"),
    "TC_L_21": [unpublished("Unpublished")],
    "TC_L_22": [unpublished("NoFirmware")],
    "TC_L_23": [unpublished("DownloadOngoing")],
    "TC_L_24": published("Downloading", "DownloadFailed"),
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_firmware(case: Case2, steps: Any) -> None:
    await case.plays(steps)


async def test_tc_l_01_updated(case: Case2) -> None:
    await case.plays([update(), *firmware(*VERIFIED, "InstallRebooting")])
    await case.loses_its_line()
    await case.connects()
    station = BOOT["chargingStation"] | {"firmwareVersion": "2.0"}
    await case.tells("BootNotification", {"reason": "FirmwareUpdate", "chargingStation": station})
    (installed,) = firmware("Installed")
    assert await case.tells(installed.action, installed.payload) == {}

    shown = [(note["content"]["status"], note["request_id"]) for note in await case.notes()]
    assert (await case.station())["firmware_version"] == "2.0"
    assert shown[-1] == ("Installed", 7)


async def test_tc_l_13_delayed_by_a_session(case: Case2) -> None:
    await case.charges()
    waiting = [update(), *firmware(*DOWNLOADED, "SignatureVerified"), connector("Unavailable")]
    await case.plays(waiting)
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH))

    assert (await case.evse(2))[0] == "unavailable"
    await case.runs()
