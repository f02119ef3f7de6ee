"""Free energy of a month: each driver's own, whatever the number of sessions and corrections."""

from typing import Any

from tests.hub import Person, RunningHub
from tests.stories.steps import audited, charge

MEMBERS = {
    "name": "Members",
    "currency": "EUR",
    "vat_percent": "19",
    "free_wh_per_month": 30_000,
    "components": [{"kind": "energy", "per_kwh": "0.45"}],
}


async def divided(driver: Person) -> list[tuple[int, int, int]]:
    """Billed Wh, free Wh and cost of the driver's CDRs and credit notes, the newest first."""
    items: list[dict[str, Any]] = (await driver.get("/cdrs"))["items"]
    return [(one["billed_wh"], one["free_wh"], one["cost"]["amount_minor"]) for one in items]


async def test_a_month_has_its_free_energy_once(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version, tariff=MEMBERS)

    for person in (driver, driver, other):
        await charge(hub, place, person.id_token)
        await hub.advance(hours=1)
    await hub.advance(days=29, hours=8)  # April, and the logins last until eight
    await charge(hub, place, driver.id_token)

    assert await divided(driver) == [(0, 20_000, 0), (10_000, 10_000, 450), (0, 20_000, 0)]
    assert await divided(other) == [(0, 20_000, 0)]
    await audited(hub)


async def test_a_corrected_session_counts_once(hub: RunningHub, version: str) -> None:
    """The operator finds that the meter showed 10 kWh too much: the bill moves by these alone."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    operator = await hub.operator()
    place = await hub.station(owner, version, tariff=MEMBERS)
    await charge(hub, place, driver.id_token)
    await hub.advance(hours=1)
    await charge(hub, place, driver.id_token)

    newest = (await driver.get("/cdrs"))["items"][0]
    wanted = {"energy_wh": 15_000, "reason": "The meter was broken."}
    await operator.post(f"/cdrs/{newest['id']}/corrections", wanted)
    await hub.settle()

    assert (await divided(driver))[:3] == [
        (5_000, 10_000, 225),
        (-10_000, -10_000, -450),
        (10_000, 10_000, 450),
    ]
    await audited(hub)
