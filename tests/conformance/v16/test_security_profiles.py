"""1.6 security extension: passwords, TLS, certificates, the way up from profile to profile."""

from pathlib import Path

import pytest

from tests.conformance import secure_line as play
from tests.secure import device, secure_hub
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
ONE_SIX = "1.6"


async def test_tc_073_a_new_password(database: str, tmp_path: Path) -> None:
    async with play.booted(database, tmp_path, ONE_SIX) as station:
        new = await play.rotated(station, "Accepted")

        assert await station.made.refused(tls=False) == 401
        assert await station.made.refused(tls=False, password=new) == 101
        assert await station.last_command() == ("set_password", "answered")


async def test_tc_074_a_certificate_that_the_hub_asks_for(database: str, tmp_path: Path) -> None:
    async with play.booted(database, tmp_path, ONE_SIX, ca_organization="Acme") as station:
        word = "SignChargePointCertificate"
        await station.triggers("certificate", "ExtendedTriggerMessage", word)

        told = await play.signs(station, tmp_path)

        assert set(told) == {"certificateChain"}
        assert play.usages(told["certificateChain"]) == {"client"}
        (known,) = await station.made.certificates()
        assert (known["purpose"], known["revoked_at"]) == ("station", None)


async def test_tc_083_profile_by_profile_and_never_back(database: str, tmp_path: Path) -> None:
    async with play.booted(database, tmp_path, ONE_SIX) as station:
        made = station.made

        await play.raised(station, 2, slots="")
        station.line = await made.connect(tls=True)
        await made.boot(station.line)
        await station.hub.until(lambda: made.has_profile(2))
        assert await made.refused(tls=False) == 403

        await play.with_certificate(station, tmp_path)
        assert await made.refused(tls=False) == 403
        made.chain = ""
        assert await made.refused(tls=True) == 403


@pytest.mark.parametrize("kind", play.SUITES)
async def test_tc_086_the_suites_of_the_standard(database: str, tmp_path: Path, kind: str) -> None:
    async with secure_hub(database, tmp_path, kind) as hub:
        await play.speaks_modern_tls(await device(hub, ONE_SIX, security_profile=2), kind)


async def test_tc_086_no_older_tls(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        await play.refuses_old_tls(await device(hub, ONE_SIX, security_profile=2))


async def test_tc_087_certificates_of_stations(database: str, tmp_path: Path) -> None:
    """Only the one that the hub signed for this very station opens its line."""
    async with play.booted(database, tmp_path, ONE_SIX) as station:
        made = station.made
        await play.with_certificate(station, tmp_path)

        line = await made.connect(password=None)
        await made.boot(line)
        await line.close()

        await play.refuses_other_certificates(station, tmp_path)
        assert await made.refused(password=None) == 101
