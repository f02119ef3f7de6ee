"""2.x security (A): passwords, TLS and certificates, and the way up from profile to profile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chargehub.ocpp.versions import Version
from tests.conformance import secure_line as play
from tests.secure import Device, answer, device, secure_hub
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
OWN, VEHICLE = "ChargingStationCertificate", "V2GCertificate"
EVENT = {"type": "InvalidChargingStationCertificate", "timestamp": "2026-03-02T08:00:00Z"}


@pytest.mark.parametrize("kind", play.SUITES)
async def test_tc_a_04_the_suites_of_the_standard(
    database: str, tmp_path: Path, version: Version, kind: str
) -> None:
    async with secure_hub(database, tmp_path, kind) as hub:
        await play.speaks_modern_tls(await device(hub, version.name, security_profile=2), kind)


async def test_tc_a_06_no_older_tls(database: str, tmp_path: Path, version: Version) -> None:
    async with secure_hub(database, tmp_path) as hub:
        await play.refuses_old_tls(await device(hub, version.name, security_profile=2))


async def test_tc_a_07_a_station_with_its_certificate(
    database: str, tmp_path: Path, version: Version
) -> None:
    async with play.booted(database, tmp_path, version.name) as station:
        await play.with_certificate(station, tmp_path)

        line = await station.made.connect(password=None)
        await station.made.boot(line)

        assert (await station.made.body())["is_connected"]
        await line.close()


async def test_tc_a_08_a_certificate_that_is_not_its_own(
    database: str, tmp_path: Path, version: Version
) -> None:
    async with play.booted(database, tmp_path, version.name) as station:
        await play.with_certificate(station, tmp_path)

        await play.refuses_other_certificates(station, tmp_path)

        line = await station.made.connect(password=None)
        await station.made.boot(line)
        await line.close()


async def test_tc_a_09_a_new_password(database: str, tmp_path: Path, version: Version) -> None:
    async with play.booted(database, tmp_path, version.name) as station:
        new = await play.rotated(station, "Accepted")

        assert await station.made.refused(tls=False) == 401
        assert await station.made.refused(tls=False, password=new) == 101
        assert await station.last_command() == ("set_password", "answered")


async def test_tc_a_10_a_new_password_that_the_station_refuses(
    database: str, tmp_path: Path, version: Version
) -> None:
    async with play.booted(database, tmp_path, version.name) as station:
        new = await play.rotated(station, "Rejected")

        assert await station.made.refused(tls=False, password=new) == 401
        assert await station.made.refused(tls=False) == 101
        assert await station.last_command() == ("set_password", "refused")


async def test_tc_a_11_a_certificate_that_the_hub_asks_for(
    database: str, tmp_path: Path, version: Version
) -> None:
    async with play.booted(database, tmp_path, version.name, ca_organization="Acme") as station:
        await station.triggers("certificate", "TriggerMessage", "SignChargingStationCertificate")

        told = await play.signs(station, tmp_path, **asked(version, OWN))

        assert without_chain(told) == asked(version, OWN)
        assert play.usages(told["certificateChain"]) == {"client"}
        await play.raised(station, 3, slots="2,1")
        assert await station.made.refused(password=None) == 101


async def test_tc_a_12_a_certificate_towards_cars(
    database: str, tmp_path: Path, version: Version
) -> None:
    """It is signed where cars know the authority, and lets the station into no hub."""
    async with play.booted(database, tmp_path, version.name, ca_signs_for_cars=True) as station:
        await station.triggers("v2g_certificate", "TriggerMessage", "SignV2GCertificate")

        told = await play.signs(station, tmp_path, **asked(version, VEHICLE))

        assert without_chain(told) == asked(version, VEHICLE)
        assert play.usages(told["certificateChain"]) == {"server"}
        assert await purposes(station.made) == ["vehicle"]
        wish = {"security_profile": 3}
        path = f"/stations/{station.made.id}/security-profile"
        refused = await station.made.owner.ask("PUT", path, wish, 409)
        assert refused["code"] == "no_certificate"


async def test_tc_a_13_one_certificate_for_hub_and_cars(
    database: str, tmp_path: Path, version: Version
) -> None:
    async with play.booted(database, tmp_path, version.name, ca_signs_for_cars=True) as station:
        await station.triggers("combined_certificate", "TriggerMessage", "SignCombinedCertificate")

        told = await play.signs(station, tmp_path, **asked(version, None))

        assert without_chain(told) == asked(version, None)
        assert play.usages(told["certificateChain"]) == {"client", "server"}
        assert await purposes(station.made) == ["both"]
        await play.raised(station, 3, slots="2,1")
        assert await station.made.refused(password=None) == 101


async def test_tc_a_14_a_certificate_that_the_station_refuses(
    database: str, tmp_path: Path, version: Version
) -> None:
    """The old one goes on opening its line."""
    async with play.booted(database, tmp_path, version.name) as station:
        made = station.made
        await play.with_certificate(station, tmp_path)
        own = made.chain, made.key
        station.line = await made.connect(password=None)
        await made.boot(station.line)

        await station.triggers("certificate", "TriggerMessage", "SignChargingStationCertificate")
        assert await made.sign(station.line, **asked(version, OWN)) == "Accepted"
        sent = await answer(station.line, play.REJECTED)
        assert await station.tells("SecurityEventNotification", EVENT) == {}

        assert sent[2] == "CertificateSigned"
        assert await station.last_command() == ("deliver_certificate", "refused")
        made.chain, made.key = own
        assert await made.refused(password=None) == 101
        events = (await made.owner.get(f"/stations/{made.id}/notes?topic=security"))["items"]
        assert [event["content"] for event in events] == [EVENT]


async def test_tc_a_19_profile_by_profile_and_never_back(
    database: str, tmp_path: Path, version: Version
) -> None:
    async with play.booted(database, tmp_path, version.name) as station:
        made = station.made

        await play.raised(station, 2, slots="2,1")
        station.line = await made.connect(tls=True)
        await made.boot(station.line)
        await station.hub.until(lambda: made.has_profile(2))
        assert await made.refused(tls=False) == 403

        await play.with_certificate(station, tmp_path, slots="1,2")
        assert await made.refused(tls=False) == 403
        made.chain = ""
        assert await made.refused(tls=True) == 403


def asked(version: Version, kind: str | None) -> dict[str, Any]:
    """How a station asks: for this type or for all, and in 2.1 with a number."""
    told: dict[str, Any] = {} if kind is None else {"certificateType": kind}
    return told | ({"requestId": 7} if version.name == "2.1" else {})


def without_chain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "certificateChain"}


async def purposes(made: Device) -> list[str]:
    return [each["purpose"] for each in await made.certificates()]
