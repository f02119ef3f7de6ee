"""2.x certificates (M): installed, listed and deleted by an operator."""

from typing import Any

import pytest

from tests.conformance.case import Asked
from tests.conformance.v201.station import Case2

pytestmark = pytest.mark.asyncio(loop_scope="package")

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
HUB, MAKER = "CSMSRootCertificate", "ManufacturerRootCertificate"
V2G, CONTRACT, CHAIN = "V2GRootCertificate", "MORootCertificate", "V2GCertificateChain"


def hashes(serial: str) -> dict[str, str]:
    """Enough to name a certificate."""
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "0a" * 32,
        "issuerKeyHash": "0b" * 32,
        "serialNumber": serial,
    }


CHILDREN = {"childCertificateHashData": [hashes("2"), hashes("3")]}


def installed(kind: str, status: str = "Accepted") -> Asked:
    wanted = {"certificateType": kind, "certificate": PEM}
    return Asked("InstallCertificate", wanted, {"status": status})


def listed(wanted: list[str], found: list[str], **more: Any) -> Asked:
    """GetInstalledCertificateIds; an empty list of types means all."""
    asked = {"certificateType": wanted} if wanted else {}
    told = [{"certificateType": kind, "certificateHashData": hashes("1")} | more for kind in found]
    answer = {"certificateHashDataChain": told} if told else {}
    status = "Accepted" if told else "NotFound"
    return Asked("GetInstalledCertificateIds", asked, {"status": status} | answer)


def deleted(status: str) -> Asked:
    return Asked("DeleteCertificate", {"certificateHashData": hashes("1")}, {"status": status})


CASES = {
    "TC_M_01": [installed(HUB)],
    "TC_M_02": [installed(MAKER)],
    "TC_M_03": [installed(V2G)],
    "TC_M_04": [installed(CONTRACT)],
    "TC_M_05": [installed(HUB, "Failed"), installed(HUB, "Rejected")],
    "TC_M_12": [listed([HUB], [HUB])],
    "TC_M_13": [listed([MAKER], [MAKER])],
    "TC_M_14": [listed([V2G], [V2G])],
    "TC_M_15": [listed([CHAIN], [CHAIN], **CHILDREN)],
    "TC_M_16": [listed([CONTRACT], [CONTRACT])],
    "TC_M_17": [listed([HUB, MAKER], [HUB, MAKER])],
    "TC_M_18": [listed([], [HUB, MAKER, V2G])],
    "TC_M_19": [listed([V2G], [])],
    "TC_M_20": [listed([MAKER], [MAKER]), deleted("Accepted"), listed([MAKER], [])],
    "TC_M_21": [listed([MAKER], [MAKER]), deleted("Failed")],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_certificates(case: Case2, steps: Any) -> None:
    await case.plays(steps)
    assert await case.authorises() == "Accepted"
