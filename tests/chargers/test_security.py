"""How a simulated station protects its line: what a hub may change, and what it may not."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargers.line import HandshakeRefused
from chargers.protection import BadProtection, Protection
from chargers.station import StationSim
from tests.chargers.authority import NOW, SERVER, Authority, pem, subject_of
from tests.chargers.central import PASSWORD, Central
from tests.pki import new_key, request, write_key, write_server

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


async def test_roots_are_installed_listed_and_deleted(central, station):
    sim = await station()
    first, second = Authority(), Authority(name="Another")

    assert await listed(central) == []
    assert [await install(central, pem(one.root)) for one in (first, second)] == ["Accepted"] * 2
    assert await install(central, pem(first.root)) == "Accepted"
    name, other = await listed(central)
    assert await delete(central, name) == "Accepted"
    assert await delete(central, name) == "NotFound"

    assert await listed(central) == [other]
    assert sim.security.vault.roots["hub"] == [second.root]


async def test_what_is_no_root_is_refused_and_told_as_an_event(central, station):
    sim = await station()
    ended = Authority(NOW - timedelta(days=4_000))

    told = [await install(central, text) for text in ("no certificate", pem(ended.root))]
    await sim.settled()

    assert told == ["Rejected"] * 2
    assert told_events(central) == [bad_words(central.version)[1]] * 2
    assert await listed(central) == []


async def test_a_station_has_room_for_ten_roots(central, station):
    await station()

    told = [await install(central, pem(Authority(name=f"{n}").root)) for n in range(11)]

    assert told == ["Accepted"] * 10 + ["Failed"]


async def test_a_request_names_station_and_organization_and_its_certificate_is_taken(
    central, station
):
    sim = await station()
    assert await write(central, ORGANIZATIONS, "Acme") == "Accepted"

    csr = await trigger(central)
    word = await signed(central, Authority().sign(csr))

    assert subject_of(csr) == {"name": "CS01", "organization": "Acme"}
    assert word == "Accepted"
    assert [own.ends_at for own in sim.security.vault.own] == [NOW + timedelta(days=365)]


BAD = {
    "another key": lambda csr: Authority().sign(csr, key=new_key()),
    "another station": lambda csr: Authority().sign(request(new_key(), "CS02")),
    "ended": lambda csr: Authority(NOW - timedelta(days=9)).sign(csr, days=8),
    "not yet valid": lambda csr: Authority(NOW + timedelta(days=9)).sign(csr),
    "for servers": lambda csr: Authority().sign(csr, usage=SERVER),
    "a broken chain": lambda csr: (
        Authority().sign(csr).split("-----END CERTIFICATE-----\n")[0]
        + "-----END CERTIFICATE-----\n"
        + pem(Authority(name="Another").root)
    ),
    "nonsense": lambda csr: "no certificate",
}


async def test_a_certificate_that_is_no_good_is_refused_and_the_next_good_one_taken(
    central, station
):
    sim = await station()
    csr = await trigger(central)

    told = {fault: await signed(central, make(csr)) for fault, make in BAD.items()}
    await sim.settled()

    assert told == dict.fromkeys(BAD, "Rejected")
    assert told_events(central) == [bad_words(central.version)[0]] * len(BAD)
    assert await signed(central, Authority().sign(csr)) == "Accepted"


async def test_what_nobody_asked_for_is_refused(central, station):
    await station()

    assert await signed(central, Authority().sign(request(new_key(), "CS01"))) == "Rejected"


async def test_a_hub_that_signs_nothing_leaves_nothing_open(central, station):
    sim = await station()
    central.rejects.add("SignCertificate")

    csr = await trigger(central)
    await sim.settled()

    assert await signed(central, Authority().sign(csr)) == "Rejected"


async def test_a_certificate_is_renewed_a_month_before_its_end(central, station, hand):
    sim = await station()
    csr = await trigger(central)
    await signed(central, Authority().sign(csr, days=90))

    asked = []
    for _ in range(4):
        hand.move(days=20)
        await sim.security.renew_if_due()
        await sim.security.renew_if_due()
        asked.append(len(central.payloads("SignCertificate")) - 1)

    assert asked == [0, 0, 1, 2]


@pytest.mark.parametrize("password", ["short", "x" * 41])
async def test_a_password_of_no_good_length_is_refused(central, station, password):
    sim = await station()

    assert await write(central, PASSWORDS, password) == "Rejected"
    await sim.reconnect()

    assert sim.password == PASSWORD


async def test_a_hub_that_forgot_the_new_password_gets_the_old_one(central, station):
    """Its answer may be lost, or its database restored: the station must not stay outside."""
    sim = await station()
    assert await write(central, PASSWORDS, "a new one that is lost") == "Accepted"
    await sim.settled()

    await sim.reconnect()

    assert sim.password == PASSWORD
    assert told_events(central) == [CHANGED]


async def test_who_has_neither_password_right_stays_outside(central, station):
    sim = await station()
    await write(central, PASSWORDS, "a new one that is lost")
    central.password = "something else"

    with pytest.raises(HandshakeRefused):
        await sim.reconnect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


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


async def test_what_a_station_is_not_equipped_for_is_refused(central, station):
    """No root of the hub for profile 2, no certificate for profile 3."""
    await station(protection=Protection(trusts_system=False))
    url = "wss://127.0.0.1:1/ocpp"

    assert await raise_to(central, 2, url) == "Rejected"
    assert await install(central, pem(Authority().root)) == "Accepted"
    assert await raise_to(central, 3, url) == "Rejected"


async def test_a_profile_that_does_not_work_leaves_the_station_where_it_was(central, station):
    """Nobody listens there: it is back with what it had."""
    sim = await station()

    assert await raise_to(central, 2, "wss://127.0.0.1:1/ocpp") == "Accepted"
    await sim.settled()
    await sim.reconnect()

    assert (sim.is_connected, sim.security.profile) == (True, 1)
    name = "SecurityProfile" if central.version == "1.6" else "SecurityCtrlr.SecurityProfile"
    assert sim.settings[name] == "1"


async def test_a_hub_that_cannot_be_trusted_is_not_entered_and_told_of(central, station, folder):
    secure = await Secure(central.version, folder).open()
    sim = await station(protection=Protection(ca=pem(Authority().root)))

    assert await raise_to(central, 2, secure.central.url) == "Accepted"
    await sim.settled()
    await sim.reconnect(boot=True)

    assert secure.central.calls == []
    assert sim.security.profile == 1
    assert bad_words(central.version)[1] in told_events(central)
    await secure.central.close()


async def test_from_profile_to_profile_and_never_back(central, station, folder):
    """Profile 2 on its port, then profile 3 with the certificate; a lower one is refused."""
    second = await Secure(central.version, folder).open()
    sim = await station(protection=Protection(ca=second.certificate.read_text()))

    assert await raise_to(central, 2, second.central.url) == "Accepted"
    await sim.settled()
    await sim.reconnect(boot=True)
    lower = await raise_to(second.central, 1, central.url)

    assert (sim.security.profile, lower) == (2, "Rejected")
    assert CHANGED in told_events(second.central)
    await second.central.close()


async def test_a_station_comes_with_its_certificate_after_a_restart_too(version, folder):
    """What it was given lies in its folder: key, certificate, roots, profile."""
    keys = folder / "CS01"
    secure = Secure(version, folder)
    authority = secure.authority
    key = new_key()
    write_key(folder / "own.key", key)
    given = Protection(
        profile=3,
        ca=secure.certificate.read_text(),
        folder=keys,
        certificate=authority.sign(request(key, "CS01")),
        key=(folder / "own.key").read_bytes(),
    )
    await secure.open(wants=True)
    central = secure.central

    sim = StationSim(version, "CS01", PASSWORD, central.url, protection=given)
    await sim.connect()
    await sim.boot()
    csr = await trigger(central)
    assert await signed(central, authority.sign(csr, days=500)) == "Accepted"
    await sim.settled()
    await sim.close()
    kept = Protection(folder=keys, ca=given.ca)
    again = StationSim(version, "CS01", PASSWORD, central.url, protection=kept)
    await again.connect()

    assert central.entries == ["CS01"] * 3  # at first, with the new one at once, and once more
    assert again.security.profile == 3
    ends_at = authority.now.replace(microsecond=0) + timedelta(days=500)
    assert again.security.vault.own[0].ends_at == ends_at
    assert {file.stat().st_mode & 0o777 for file in keys.iterdir()} == {0o600}
    await again.close()
    await central.close()


async def test_profile_3_without_a_certificate_says_what_to_do():
    with pytest.raises(BadProtection, match="let the hub raise it"):
        StationSim("1.6", "CS01", PASSWORD, "wss://x", protection=Protection(profile=3))
