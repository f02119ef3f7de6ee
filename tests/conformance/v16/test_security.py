"""1.6 security extension: how stations come in, certificates, logs and signed firmware."""

from typing import Any

import pytest

from chargers.line import HandshakeRefused
from tests.conformance.case import Asked, Noted
from tests.conformance.v16.station import ACCEPTED, Case16

pytestmark = pytest.mark.asyncio(loop_scope="package")

AT = "2026-03-02T08:00:00Z"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "0a" * 32,
    "issuerKeyHash": "0b" * 32,
    "serialNumber": "1f",
}
CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
LOG = {"logType": "SecurityLog", "requestId": 7, "log": {"remoteLocation": "ftp://example.org/"}}
FIRMWARE = {
    "requestId": 7,
    "firmware": {
        "location": "ftp://example.org/firmware.bin",
        "retrieveDateTime": AT,
        "signingCertificate": PEM,
        "signature": "c2lnbmVk",
    },
}


def installed(kind: str, status: str) -> Asked:
    wanted = {"certificateType": kind, "certificate": PEM}
    return Asked("InstallCertificate", wanted, {"status": status})


def event(kind: str) -> Noted:
    return Noted("SecurityEventNotification", {"type": kind, "timestamp": AT})


def firmware(*statuses: str) -> list[Noted]:
    told = ({"status": status, "requestId": 7} for status in statuses)
    return [Noted("SignedFirmwareStatusNotification", each) for each in told]


CASES = {
    "TC_075_1": [installed(MANUFACTURER, "Accepted")],
    "TC_075_2": [installed(CENTRAL, "Accepted")],
    "TC_076": [
        Asked(
            "GetInstalledCertificateIds",
            {"certificateType": CENTRAL},
            {"status": "Accepted", "certificateHashData": [HASHES]},
        ),
        Asked("DeleteCertificate", {"certificateHashData": HASHES}, ACCEPTED),
    ],
    "TC_077": [
        Asked("CertificateSigned", {"certificateChain": PEM}, {"status": "Rejected"}),
        event("InvalidChargePointCertificate"),
    ],
    "TC_078": [installed(CENTRAL, "Rejected"), event("InvalidCentralSystemCertificate")],
    "TC_079": [
        Asked("GetLog", LOG, {"status": "Accepted", "filename": "security.log"}),
        Noted("LogStatusNotification", {"status": "Uploading", "requestId": 7}),
        Noted("LogStatusNotification", {"status": "Uploaded", "requestId": 7}),
    ],
    "TC_080": [
        Asked("SignedUpdateFirmware", FIRMWARE, ACCEPTED),
        *firmware("Downloading", "Downloaded", "SignatureVerified", "Installing"),
        *firmware("InstallRebooting", "Installed"),
    ],
    "TC_081": [
        Asked("SignedUpdateFirmware", FIRMWARE, ACCEPTED),
        *firmware("Downloading", "Downloaded", "InvalidSignature"),
        event("InvalidFirmwareSignature"),
    ],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_certificates_logs_and_firmware(case: Case16, steps: Any) -> None:
    await case.plays(steps)


@pytest.mark.parametrize("password", [None, "not the password"])
async def test_tc_085_passwords(case: Case16, password: str | None) -> None:
    """Who is refused disturbs nobody, and the right password goes on working."""
    with pytest.raises(HandshakeRefused) as refused:
        await case.line(password).connect()
    await case.connects()
    await case.boots()

    assert refused.value.status == 401
    assert (await case.station())["is_connected"]


async def test_tc_088_subprotocols(case: Case16) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        await case.line(case.password, ["ocpp0.1"]).connect()
    chosen = case.line(case.password, ["ocpp0.1", "ocpp1.6"])

    assert refused.value.status == 400
    assert await chosen.connect() == "ocpp1.6"
    await chosen.close()
