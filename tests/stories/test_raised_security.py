"""A station of the fleet is raised from profile 1 to 3 over its line, charges, and is paid for.

Both sides are whole: the hub with its TLS port and its authority, and a simulated station that
makes its own key, trusts only whom it was told to, and comes back as it was asked to.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chargers.line import HandshakeRefused, RawStation
from chargers.protection import Protection
from chargers.station import StationSim
from tests.conformance.bench import VERSIONS
from tests.hub import TARIFF, Person
from tests.secure import EVSE, WHERE, SecureHub, secure_hub

ADDRESS = "CentralSystemAddress"  # this maker's own: OCPP 1.6 has no key for it
ENERGY_WH, CENTS = 1_000, 45


class Raised:
    """A published station of profile 1 on the plain port, its owner, and a driver."""

    def __init__(
        self, hub: SecureHub, owner: Person, body: dict[str, Any], sim: StationSim
    ) -> None:
        self.hub, self.owner, self.sim = hub, owner, sim
        self.id = str(body["id"])

    async def command(self, **wish: Any) -> Any:
        """The owner asks, the station answers, and all that follows is done; the command."""
        queued = await self.owner.post(f"/stations/{self.id}/commands", wish, 202)
        shown = await self.hub.until(lambda: self._finished(queued["id"]))
        await self.sim.settled()
        await self.hub.settle()
        return shown

    async def _finished(self, command_id: str) -> Any:
        shown = await self.owner.get(f"/commands/{command_id}")
        return shown if shown["finished_at"] else None

    async def asks(self, profile: int) -> None:
        """The owner asks for a profile. 1.6 goes there at once, 2.x when no session runs."""
        path, wanted = f"/stations/{self.id}/security-profile", {"security_profile": profile}
        await self.owner.ask("PUT", path, wanted, 200)
        if self.sim.version == "1.6":
            await self.comes_with(profile)
        else:
            await self.sim.receive("reset")

    async def comes_with(self, profile: int) -> None:
        """Until the station is back, and the hub knows it by this profile."""
        await self.hub.until(lambda: self._has(profile))
        await self.sim.settled()
        assert self.sim.security.profile == profile

    async def charges_while(self, profile: int, driver: Person) -> None:
        """A session that began on the profile before, and ends after it was raised."""
        await self.sim.plug_in(1, driver.id_token)
        await self.sim.charge(1, ENERGY_WH // 2)
        await self.asks(profile)
        await self.sim.charge(1, ENERGY_WH - ENERGY_WH // 2)
        await self.sim.stop(1)
        await self.sim.unplug(1)
        await self.comes_with(profile)

    async def _has(self, profile: int) -> bool:
        shown = await self.owner.get(f"/stations/{self.id}")
        return bool(shown["security_profile"] == profile and shown["is_connected"])

    async def certificates(self) -> list[dict[str, Any]]:
        page = await self.owner.get(f"/stations/{self.id}/certificates")
        return list(page["items"])

    async def events(self) -> list[str]:
        """The kinds of the station's security events, the oldest first."""
        page = await self.owner.get(f"/stations/{self.id}/notes?topic=security")
        return [each["content"]["type"] for each in reversed(page["items"])]

    async def refused(self, url: str) -> int:
        """The status for somebody who has this station's password alone."""
        stranger = RawStation(
            url,
            self.sim.identity,
            self.sim.password,
            subprotocols=(VERSIONS[self.sim.version].subprotocol,),
            tls=self.sim.security.vault.context(None) if url.startswith("wss") else None,
        )
        with pytest.raises(HandshakeRefused) as refused:
            await stranger.connect()
        return refused.value.status


@asynccontextmanager
async def raised_station(
    database: str, folder: Path, version: str, protection: Protection
) -> AsyncIterator[Raised]:
    async with secure_hub(database, folder, ca_organization="Acme", frames_kept=100) as hub:
        await keep_port(hub)
        owner = await hub.person("owner", pays=False)
        location = await owner.post("/locations", WHERE)
        body = await owner.post("/stations", {"location_id": location["id"], "evses": [EVSE]})
        tariff = await owner.post("/tariffs", TARIFF)
        listing = {"tariff_id": tariff["id"], "opening_hours": "24/7"}
        await owner.ask("PUT", f"/stations/{body['id']}/listing", listing, 200)
        sim = StationSim(
            version,
            body["identity"],
            body["password"],
            hub.url,
            clock=hub.clock.now,
            protection=protection,
        )
        await sim.connect()
        await sim.boot()
        yield Raised(hub, owner, body, sim)
        await sim.close()


async def keep_port(hub: SecureHub) -> None:
    """Listen on the port that the system gave, also after a restart: stations are told of it."""
    port = f"127.0.0.1:{hub.hub.ocpps_port}"
    hub.settings = hub.settings.model_copy(update={"ocpps": port})
    await hub.restart()


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_station_is_raised_to_its_certificate_and_charges_on_every_step(
    database: str, tmp_path: Path, version: str
) -> None:
    """It trusts nobody at first: without the hub's root it goes nowhere."""
    keys = tmp_path / "keys"
    bare = Protection(folder=keys, trusts_system=False)
    async with raised_station(database, tmp_path, version, bare) as station:
        hub, sim = station.hub, station.sim
        driver = await hub.person("driver")
        pem = hub.certificate.read_text()
        installed = await station.command(kind="install_certificate", use="hub", certificate=pem)
        assert installed["state"] == "answered"
        if version == "1.6":
            told = {"kind": "write_settings", "settings": {ADDRESS: hub.tls_url}}
            assert (await station.command(**told))["state"] == "answered"

        await station.charges_while(2, driver)
        assert await station.refused(hub.url) == 403

        name = "CpoName" if version == "1.6" else "SecurityCtrlr.OrganizationName"
        await station.command(kind="write_settings", settings={name: "Acme"})
        asked = await station.command(kind="trigger_report", report="certificate")
        assert asked["state"] == "answered"
        await hub.until(lambda: sim.security.vault.own)
        await hub.settle()
        await station.charges_while(3, driver)
        assert await station.refused(hub.tls_url) == 403

        await hub.settle()
        assert await billed(driver) == (2 * ENERGY_WH, 2 * CENTS)
        (certificate,) = await station.certificates()
        assert certificate["revoked_at"] is None
        assert await station.events() == ["ReconfigurationOfSecurityParameters"] * 2
        assert {file.stat().st_mode & 0o077 for file in keys.iterdir()} == {0}


async def billed(driver: Person) -> tuple[int, int]:
    """Wh and cents of all the driver's bills."""
    found = (await driver.get("/sessions"))["items"]
    assert {session["status"] for session in found} == {"closed"}
    cdrs = [(await driver.get(f"/sessions/{each['id']}/cdrs"))["items"][0] for each in found]
    return sum(one["energy_wh"] for one in cdrs), sum(one["cost"]["amount_minor"] for one in cdrs)
