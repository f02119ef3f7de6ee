"""Somebody comes by, charges and leaves: from the plug to the owner's money, on every version."""

import pytest

from tests.hub import RunningHub
from tests.stories.steps import (
    HALF_HOUR,
    NINE_EUROS,
    Bill,
    audited,
    bills,
    charge,
    energy,
    held,
    leave,
    only,
    passing,
    settled,
    transfers,
)

EVERYTHING = {
    "name": "Town",
    "currency": "EUR",
    "vat_percent": "25",
    "components": [
        {"kind": "energy", "per_kwh": "0.399"},
        {"kind": "time", "per_minute": "0.011"},
        {"kind": "idle", "per_minute": "0.10", "grace_s": 1200},
        {"kind": "flat", "amount": "0.35"},
    ],
}


async def test_a_walk_up_session_ends_in_a_cdr_and_in_the_owners_earnings(
    hub: RunningHub, version: str
) -> None:
    """20 kWh at 45 cents are 9.00: 8.10 for the owner, 0.76 for the hub, 0.14 VAT (money.md)."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    await charge(hub, place, driver.id_token)

    assert await bills(owner) == [NINE_EUROS]
    assert await transfers(hub) == held(2200) | settled(900, 810, 14) | energy(20_000, "billed")
    assert (await only(driver, "/cdrs"))["id_token"] == "…" + driver.id_token[-4:]
    payment = await only(driver, "/payments")
    assert (payment["state"], payment["captured"]["amount_minor"]) == ("captured", 900)
    month = await only(owner, "/statements/2026-03")
    assert month["gross"]["amount_minor"] == 900
    assert month["earnings"]["amount_minor"] == month["accrued"]["amount_minor"] == 810
    assert (await audited(hub))["billed_wh"] == 20_000


async def test_every_part_of_a_price_is_a_line_of_the_bill(hub: RunningHub, version: str) -> None:
    """Charging and idle time are told apart by the register, the same on every version."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version, tariff=EVERYTHING)

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 17_777, readings=3, before_each=passing(hub))
    await place.sim.suspend(1)
    await place.sim.charge(1, 0, readings=2, before_each=passing(hub))
    await leave(hub, place)

    (found,) = await bills(owner)
    assert found == Bill(
        minutes=150,
        energy_wh=17_777,
        billed_wh=17_777,
        cost_minor=1243,
        vat_minor=249,
        lines=(
            "energy 17.777 kWh 0.399 709",
            "time 90 min 0.011 99",
            "idle 40 min 0.1 400",
            "flat 1 session 0.35 35",
        ),
    )
    await audited(hub)


async def test_an_owners_and_a_households_own_use_is_free(hub: RunningHub, version: str) -> None:
    """Nobody pays, nobody takes a fee, and no hold is made; the energy is accounted for."""
    owner, lodger = await hub.person("owner", pays=False), await hub.person("lodger", pays=False)
    place = await hub.station(owner, version)
    household = f"/evses/{place.evse_ids[0]}/household/{lodger.id_token.lower()}"
    await owner.ask("PUT", household, expect=204)

    await charge(hub, place, owner.id_token, 11_000)
    await charge(hub, place, lodger.id_token, 4_000)
    await owner.ask("DELETE", household, expect=204)
    refused = await place.sim.plug_in(1, lodger.id_token)

    own_use = [Bill(minutes=120, energy_wh=wh, free_wh=wh, flags=()) for wh in (11_000, 4_000)]
    assert await bills(owner) == own_use
    assert await transfers(hub) == energy(15_000, "free")
    assert (await lodger.get("/payments"))["items"] == []
    assert refused in ("no_credit", "blocked")
    assert (await only(lodger, "/sessions"))["is_free"]
    assert (await audited(hub))["free_wh"] == 15_000


async def test_a_session_shows_its_energy_and_cost_while_it_runs(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 6_000, readings=2, power_w=6_000, before_each=passing(hub))

    running = await only(driver, "/sessions")
    shown = running["status"], running["energy_wh"], running["power_w"], running["cost"]
    assert shown == ("active", 6_000, 6_000, {"amount_minor": 270, "currency": "EUR"})
    assert (await only(owner, "/sessions?role=owner"))["id"] == running["id"]
    assert running["started_at"] == (hub.clock.now() - 2 * HALF_HOUR).isoformat().replace(
        "+00:00", "Z"
    )


async def test_a_session_of_many_readings_is_shown_by_its_newest_and_billed_by_all(
    hub: RunningHub, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seventy thousand of them, read at each look at a list, would be a station's weapon."""
    monkeypatch.setattr("chargehub.sessions.routes.LISTED_READINGS", 3)
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 20_000, readings=10, before_each=passing(hub))
    listed = await only(driver, "/sessions")
    whole = await driver.get(f"/sessions/{listed['id']}")
    await leave(hub, place)

    assert listed == whole
    assert (listed["energy_wh"], listed["cost"]["amount_minor"]) == (20_000, 900)
    assert (await bills(owner))[0].cost_minor == 900
