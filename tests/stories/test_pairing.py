"""A charger with a name and password of its own becomes its owner's, on every version."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.line import HandshakeRefused
from chargers.station import StationSim
from tests.hub import TARIFF, Person, Place, RunningHub
from tests.secure import EVSE, WHERE
from tests.stories.steps import NINE_EUROS, bills, charge, only

NAME, OWN = "ACME-4711", "x7Kp2mQ9vT4wZ8rB"


def bought(hub: RunningHub, version: str, password: str = OWN) -> StationSim:
    """A charger as it comes from the shop, its hub's address typed in."""
    return StationSim(version, NAME, password, hub.url, 1, hub.clock.now)


async def opened(owner: Person, **more: Any) -> dict[str, Any]:
    location = await owner.post("/locations", WHERE)
    wanted = {"location_id": location["id"], "evses": [EVSE], "identity": NAME, **more}
    return dict(await owner.post("/pairings", wanted))


async def refused(sim: StationSim) -> int:
    with pytest.raises(HandshakeRefused) as refusal:
        await sim.connect()
    return refusal.value.status


async def test_a_charger_from_the_shop_is_adopted_and_earns(hub: RunningHub, version: str) -> None:
    """Unknown before the window, the owner's in it, and afterwards a station like any other."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    sim = bought(hub, version)
    assert await refused(sim) == 404

    pairing = await opened(owner)
    await hub.advance(minutes=9)
    await sim.connect()
    await sim.boot()
    await hub.advance(minutes=9)

    adopted = await owner.get(f"/pairings/{pairing['id']}")
    station = await only(owner, "/stations")
    assert (adopted["state"], adopted["station_id"]) == ("adopted", station["id"])
    assert (station["identity"], station["ocpp_version"]) == (NAME, version)
    assert station["is_accepted"]
    tariff = await owner.post("/tariffs", TARIFF)
    listing = {"tariff_id": tariff["id"], "opening_hours": "24/7"}
    await owner.ask("PUT", f"/stations/{station['id']}/listing", listing, 200)
    place = Place(sim, station["id"], [station["evses"][0]["id"]], NAME, OWN, tariff["id"])
    await charge(hub, place, driver.id_token)
    assert await bills(owner) == [NINE_EUROS]
    await sim.close()


async def test_its_password_is_changed_like_that_of_every_station(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    await opened(owner)
    sim = bought(hub, version)
    await sim.connect()
    await sim.boot()
    station = await only(owner, "/stations")

    await owner.post(f"/stations/{station['id']}/password/rotation", expect=202)
    await hub.settle()
    await sim.reconnect()
    assert await refused(bought(hub, version)) == 401
    told = await owner.post(f"/stations/{station['id']}/password", expect=200)
    typed_in = bought(hub, version, told["password"])
    await typed_in.connect()
    await typed_in.boot()

    assert (await only(owner, "/stations"))["is_connected"]
    await typed_in.close()
    await sim.close()


async def test_windows_and_what_they_adopted_outlive_a_restart(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    pairing = await opened(owner)
    sim = bought(hub, version)

    await hub.restart()
    await sim.connect()
    await sim.boot()
    await hub.restart()
    await sim.reconnect()

    adopted = await owner.get(f"/pairings/{pairing['id']}")
    assert (await only(owner, "/stations"))["id"] == adopted["station_id"]
    await sim.close()


async def test_a_window_that_ended_while_the_hub_was_down_adopts_nobody(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    pairing = await opened(owner)

    await hub.stop()
    hub.clock.advance(timedelta(minutes=10))
    await hub.start()

    assert await refused(bought(hub, version)) == 404
    await hub.settle()
    over = await owner.get(f"/pairings/{pairing['id']}")
    assert (over["state"], over["ended_at"]) == ("expired", over["expires_at"])


async def test_a_charger_with_too_short_a_password_is_set_right_and_adopted(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    path = f"/pairings/{(await opened(owner))['id']}"

    assert await refused(bought(hub, version, "secret")) == 404
    seen = await hub.until(lambda: _refused(owner, path))
    sim = bought(hub, version)
    await sim.connect()

    assert seen["reason"] == "Its password is shorter than 16 signs. Set a longer one."
    assert (await owner.get(path))["state"] == "adopted"
    await sim.close()


async def _refused(owner: Person, path: str) -> dict[str, Any] | None:
    found = dict(await owner.get(path))
    return found if found["state"] == "refused" else None
