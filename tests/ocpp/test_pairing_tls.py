"""Pairing with TLS: what each security profile's window asks of the line, and of certificates."""

from pathlib import Path
from typing import Any

from chargers.line import HandshakeRefused, RawStation
from tests.hub import Person
from tests.pki import new_key
from tests.secure import EVSE, WHERE, Device, SecureHub, secure_hub, signed
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
NAME, OWN = "ACME-4711", "x7Kp2mQ9vT4wZ8rB"


async def opened(owner: Person, expect: int = 201, **more: Any) -> dict[str, Any]:
    location = await owner.post("/locations", WHERE)
    wanted = {"location_id": location["id"], "evses": [EVSE], "identity": NAME, **more}
    return dict(await owner.post("/pairings", wanted, expect))


def bought(hub: SecureHub, owner: Person, identity: str = NAME) -> Device:
    """A charger that nobody registered."""
    return Device(hub, owner, {"id": "?", "identity": identity, "password": OWN}, "1.6")


async def shown(hub: SecureHub, owner: Person, pairing: dict[str, Any], state: str) -> Any:
    async def found() -> Any:
        seen = await owner.get(f"/pairings/{pairing['id']}")
        return seen if seen["state"] == state else None

    return await hub.until(found)


async def test_a_window_of_profile_2_adopts_over_tls_alone(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path) as hub:
        owner = await hub.person("owner", pays=False)
        pairing = await opened(owner, security_profile=2)
        charger = bought(hub, owner)

        assert await charger.refused(tls=False) == 404
        reason = (await shown(hub, owner, pairing, "refused"))["reason"]
        assert await charger.refused(tls=True, password=None) == 404
        assert await charger.refused(tls=True) == 101
        charger.id = (await shown(hub, owner, pairing, "adopted"))["station_id"]

        assert "without TLS" in reason
        assert pairing["ocpp_url"].startswith("wss://")
        assert await charger.has_profile(2)
        assert await charger.refused(tls=False) == 403


async def test_a_window_of_profile_1_adopts_on_either_port_and_asks_for_no_more(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        owner = await hub.person("owner", pays=False)
        pairing = await opened(owner)
        charger = bought(hub, owner)

        assert await charger.refused(tls=True) == 101
        charger.id = (await shown(hub, owner, pairing, "adopted"))["station_id"]

        assert await charger.has_profile(1)
        assert await charger.refused(tls=False) == 101


async def test_a_certificate_adopts_nobody(database: str, tmp_path: Path) -> None:
    """The hub signs for stations that it knows; another station's proves nothing here. Profile 3
    comes after the adoption, over the line.
    """
    async with secure_hub(database, tmp_path) as hub:
        other = await signed(hub)
        owner = other.owner
        pairing = await opened(owner, security_profile=2)
        charger = bought(hub, owner)
        charger.chain, charger.key = other.chain, other.key

        assert await charger.refused(tls=True, password=None) == 404
        assert "no password" in (await shown(hub, owner, pairing, "refused"))["reason"]
        refused = await opened(owner, 422, identity="ACME-2", security_profile=3)
        assert refused["code"] == "invalid"

        charger.chain, charger.key = "", new_key()
        line = await charger.connect()
        charger.id = (await shown(hub, owner, pairing, "adopted"))["station_id"]
        await charger.boot(line)
        assert await charger.sign(line) == "Accepted"
        await charger.install(line)
        await hub.settle()
        assert len(await charger.certificates()) == 1
        await line.close()


async def test_a_proxys_word_for_tls_counts_and_nobody_elses(database: str, tmp_path: Path) -> None:
    https = {"X-Forwarded-Proto": "https"}
    async with secure_hub(database, tmp_path) as hub:
        owner = await hub.person("owner", pays=False)
        pairing = await opened(owner, security_profile=2)
        await bought(hub, owner).refused(tls=False)
        station = RawStation(hub.url, NAME, OWN, headers=https)
        assert await status(station) == 404
        await shown(hub, owner, pairing, "refused")

        hub.settings = hub.settings.model_copy(update={"ocpp_proxies": "127.0.0.1"})
        await hub.restart()

        assert await status(station) == 101
        assert (await shown(hub, owner, pairing, "adopted"))["knocked_from"] == "127.0.0.1"


async def status(station: RawStation) -> int:
    try:
        await station.connect()
    except HandshakeRefused as refusal:
        return refusal.status
    await station.close()
    return 101


async def test_where_no_tls_is_offered_no_window_asks_for_it(database: str, tmp_path: Path) -> None:
    async with secure_hub(database, tmp_path, ocpps="") as hub:
        owner = await hub.person("owner", pays=False)

        refused = await opened(owner, 422, security_profile=2)

        assert refused["code"] == "profile_not_offered"
