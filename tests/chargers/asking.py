"""What a hub asks of a station's security, in each version's own words; and a hub with TLS."""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chargers.authority import Authority, pem
from tests.chargers.central import Central
from tests.pki import write_server

HUB = {"1.6": "CentralSystemRootCertificate"}
EVENTS = {
    "1.6": ("InvalidChargePointCertificate", "InvalidCentralSystemCertificate"),
    "2.x": ("InvalidChargingStationCertificate", "InvalidCsmsCertificate"),
}
CHANGED = "ReconfigurationOfSecurityParameters"


def hub_root(version: str) -> str:
    return HUB.get(version, "CSMSRootCertificate")


async def install(central: Central, text: str) -> str:
    wanted = {"certificateType": hub_root(central.version), "certificate": text}
    return str((await central.ask("InstallCertificate", wanted))["status"])


async def listed(central: Central) -> list[Any]:
    """The names of the hub's roots, as the station tells them."""
    kind = hub_root(central.version)
    wanted = {"certificateType": kind if central.version == "1.6" else [kind]}
    told = await central.ask("GetInstalledCertificateIds", wanted)
    if central.version == "1.6":
        return list(told.get("certificateHashData", []))
    return [each["certificateHashData"] for each in told.get("certificateHashDataChain", [])]


async def delete(central: Central, name: Any) -> str:
    told = await central.ask("DeleteCertificate", {"certificateHashData": name})
    return str(told["status"])


async def write(central: Central, names: tuple[str, str], value: str) -> str:
    """Set a setting by its name in 1.6 or in 2.x; the station's word."""
    if central.version == "1.6":
        told = await central.ask("ChangeConfiguration", {"key": names[0], "value": value})
        return str(told["status"])
    component, variable = names[1].split(".")
    wanted = {"component": {"name": component}, "variable": {"name": variable}}
    answer = await central.ask(
        "SetVariables", {"setVariableData": [{**wanted, "attributeValue": value}]}
    )
    return str(answer["setVariableResult"][0]["attributeStatus"])


PASSWORDS = ("AuthorizationKey", "SecurityCtrlr.BasicAuthPassword")
ORGANIZATIONS = ("CpoName", "SecurityCtrlr.OrganizationName")


async def raise_to(central: Central, profile: int, url: str) -> str:
    """Everything that a hub does to raise a profile, but the reset; the station's last word."""
    if central.version == "1.6":
        await write(central, ("CentralSystemAddress", ""), url)
        return await write(central, ("SecurityProfile", ""), str(profile))
    network = {
        "ocppVersion": "OCPP20",
        "ocppTransport": "JSON",
        "ocppCsmsUrl": url,
        "messageTimeout": 30,
        "securityProfile": profile,
        "ocppInterface": "Wired0",
    }
    wanted = {"configurationSlot": 2, "connectionData": network}
    told = await central.ask("SetNetworkProfile", wanted)
    if told["status"] != "Accepted":
        return str(told["status"])
    return await write(central, ("", "OCPPCommCtrlr.NetworkConfigurationPriority"), "2,1")


async def trigger(central: Central) -> str:
    """Ask for a request to sign; the request."""
    action, word = (
        ("ExtendedTriggerMessage", "SignChargePointCertificate")
        if central.version == "1.6"
        else ("TriggerMessage", "SignChargingStationCertificate")
    )
    before = len(central.payloads("SignCertificate"))
    told = await central.ask(action, {"requestedMessage": word})
    assert told["status"] == "Accepted"
    return str((await told_after(central, before))["csr"])


async def told_after(central: Central, before: int) -> Any:
    await central.until(lambda: len(central.payloads("SignCertificate")) > before)
    return central.payloads("SignCertificate")[-1]


async def signed(central: Central, chain: str) -> str:
    wanted = {"certificateChain": chain}
    if central.version != "1.6":
        wanted["certificateType"] = "ChargingStationCertificate"
    return str((await central.ask("CertificateSigned", wanted))["status"])


def told_events(central: Central) -> list[str]:
    return [each["type"] for each in central.payloads("SecurityEventNotification")]


def bad_words(version: str) -> tuple[str, str]:
    return EVENTS.get(version, EVENTS["2.x"])


class Secure:
    """A second port of the same hub with TLS, which may want certificates."""

    def __init__(self, version: str, folder: Path) -> None:
        self.central = Central(version)
        self.authority = Authority(datetime.now(UTC))  # TLS knows no clock but the real one
        self._folder = folder
        certificate, self._key = write_server(folder)
        self.certificate = certificate

    async def open(self, wants: bool = False) -> "Secure":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        if wants:
            context.load_verify_locations(cadata=pem(self.authority.root))
            context.verify_mode = ssl.CERT_REQUIRED
        await self.central.open(context)
        return self
