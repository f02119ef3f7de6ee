"""Security profiles 0 to 3 over real sockets: who comes in by which port, and with what."""

import asyncio
import ssl
import warnings
from asyncio import sslproto
from datetime import timedelta
from pathlib import Path

import pytest

from chargehub.ocpp import tls
from tests.pki import client, new_key, write_key, write_server
from tests.secure import device, secure_hub, signed
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
SUITES = {
    "ec": ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    "2048": ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"],
}


async def test_without_password_only_where_the_hub_allows_it(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path, ocpp_without_password=True) as hub:
        open_ = await device(hub, security_profile=0)
        owned = await device(hub, owner=open_.owner)

        assert await open_.refused(tls=False, password=None) == 101
        assert await owned.refused(tls=False, password=None) == 401

        hub.settings = hub.settings.model_copy(update={"ocpp_without_password": False})
        await hub.restart()
        assert await open_.refused(tls=False, password=None) == 401
        wanted = {"location_id": "x", "evses": [], "security_profile": 0}
        refused = await open_.owner.post("/stations", wanted, 422)
        assert refused["code"] == "profile_not_offered"


async def test_profile_1_comes_in_by_either_port_with_its_password(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        station = await device(hub)

        assert await station.refused(tls=False) == 101
        assert await station.refused(tls=True) == 101
        assert await station.refused(tls=True, password="wrong") == 401
        assert (await station.body())["ocpp_url"].startswith("ws://")


async def test_profile_2_comes_in_with_tls_and_its_password_alone(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        station = await device(hub, security_profile=2)

        assert await station.refused(tls=False) == 403
        assert await station.refused(tls=True, password="wrong") == 401
        assert await station.refused(tls=True, password=None) == 401
        assert await station.refused(tls=True) == 101
        assert (await station.body())["ocpp_url"].startswith("wss://")


async def test_profile_3_comes_in_with_its_own_certificate_alone(
    database: str, tmp_path: Path
) -> None:
    """Cases TC_087, TC_A_07 and TC_A_08."""
    async with secure_hub(database, tmp_path) as hub:
        station = await signed(hub)
        other = await signed(hub, station.owner)
        own = station.chain, station.key

        assert await station.refused(password=None) == 101
        assert await station.refused(tls=False) == 403
        station.chain = ""
        assert await station.refused() == 403  # its password does not do
        station.chain, station.key = other.chain, other.key
        assert await station.refused(password=None) == 403
        station.chain, station.key = own
        assert await station.refused(password=None) == 101


async def test_a_revoked_certificate_opens_nothing_and_closes_its_line(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        station = await signed(hub)
        line = await station.connect(password=None)
        (certificate,) = await station.certificates()

        path = f"/stations/{station.id}/certificates/{certificate['id']}"
        revoked = await station.owner.ask("DELETE", path, expect=200)

        assert revoked["revoked_at"] is not None
        assert await line.closed() == 1000
        assert await station.refused(password=None) == 403


async def test_a_certificate_that_has_ended_opens_nothing(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path, ca_station_days=30) as hub:
        station = await signed(hub)

        hub.clock.advance(timedelta(days=30))

        assert await station.refused(password=None) == 403


async def test_a_certificate_of_somebody_elses_authority_is_no_handshake(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        folder = tmp_path / "foreign"
        folder.mkdir()
        context = client(hub.certificate)
        context.load_cert_chain(*write_server(folder))

        with pytest.raises((ssl.SSLError, ConnectionError)):
            await hello(hub.hub.ocpps_port, context)


async def hello(port: int, context: ssl.SSLContext) -> ssl.SSLObject:
    """A TLS handshake and a first byte back: TLS 1.3 refuses a client after its own part."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
        if not await reader.read(1):
            raise ConnectionResetError
        found: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return found
    finally:
        writer.close()


@pytest.mark.parametrize("kind", SUITES)
async def test_the_suites_of_the_standard_are_spoken(
    database: str, tmp_path: Path, kind: str
) -> None:
    """Cases TC_086 and TC_A_04. Source: OCPP 2.0.1 part 2, A00.FR.318."""
    async with secure_hub(database, tmp_path, kind) as hub:
        for suite in SUITES[kind]:
            context = client(hub.certificate)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(suite)

            spoken = await hello(hub.hub.ocpps_port, context)

            assert spoken.cipher()[0] == suite
        modern = await hello(hub.hub.ocpps_port, client(hub.certificate))
        assert modern.version() == "TLSv1.3"


async def test_older_tls_is_refused_and_a_proper_one_taken_after_it(
    database: str, tmp_path: Path
) -> None:
    """Cases TC_086 and TC_A_06."""
    async with secure_hub(database, tmp_path) as hub:
        old = client(hub.certificate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")

        with pytest.raises((ssl.SSLError, ConnectionError)):
            await hello(hub.hub.ocpps_port, old)
        assert await hello(hub.hub.ocpps_port, client(hub.certificate))


async def test_a_renewed_certificate_is_shown_without_a_restart(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        station, before = await device(hub, security_profile=2), hub.certificate.read_bytes()
        assert hub.hub.tls is not None
        assert not hub.hub.tls.refresh()
        write_key(tmp_path / "tls.key", new_key())  # half of a renewal
        with pytest.raises(tls.BadFile):
            hub.hub.tls.refresh()
        old = tmp_path / "old.pem"
        old.write_bytes(before)
        await hello(hub.hub.ocpps_port, client(old))

        write_server(tmp_path)

        assert hub.hub.tls.refresh()
        assert await station.refused() == 101
        with pytest.raises(ssl.SSLCertVerificationError):
            await hello(hub.hub.ocpps_port, client(old))


async def test_a_line_with_tls_takes_little_memory(database: str, tmp_path: Path) -> None:
    """asyncio would take 256 KiB for what it reads of each line: 2.5 GiB for 10,000 stations."""
    async with secure_hub(database, tmp_path):
        assert sslproto.SSLProtocol.max_size == tls.READ_BYTES


@pytest.mark.parametrize("file", ["tls.key", "ca.key"])
async def test_a_key_that_others_may_read_is_refused(
    database: str, tmp_path: Path, file: str
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        (tmp_path / file).chmod(0o640)

        with pytest.raises(tls.BadFile, match="chmod 600"):
            await hub.restart()

        (tmp_path / file).chmod(0o600)
        await hub.start()


async def test_the_hub_lowers_no_profile(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        station = await device(hub, security_profile=2)
        path = f"/stations/{station.id}/security-profile"

        lower = await station.owner.ask("PUT", path, {"security_profile": 1}, 409)
        early = await station.owner.ask("PUT", path, {"security_profile": 3}, 409)

        assert (lower["code"], early["code"]) == ("profile_lower", "no_certificate")
