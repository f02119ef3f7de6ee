"""Charging in currencies without digits and with three; each has accounts of its own."""

from typing import Any

from tests.busy import verify
from tests.hub import Person, RunningHub
from tests.stories.steps import charge, transfers


def tariff(currency: str, per_kwh: str) -> dict[str, Any]:
    return {
        "name": currency,
        "currency": currency,
        "vat_percent": "0",
        "components": [{"kind": "energy", "per_kwh": per_kwh}],
    }


async def owner_of(hub: RunningHub) -> Person:
    owner = await hub.person("owner", pays=False)
    await verify(owner)
    await owner.ask("PUT", "/payout-preference", {"rail": "sandbox"}, 200)
    return owner


async def test_of_three_digits_the_last_is_never_asked_of_a_card(hub: RunningHub) -> None:
    """20 kWh at 0.0787 KWD are 1.574: a card pays 1.570. The owner is paid 1.410 of 1.417."""
    owner = await owner_of(hub)
    place = await hub.station(owner, "2.0.1", tariff=tariff("KWD", "0.0787"))
    driver = await hub.person("driver")

    await charge(hub, place, driver.id_token)
    await hub.advance(hours=25)

    payment = (await driver.get("/payments"))["items"][0]
    assert payment["due"] == {"amount_minor": 1574, "currency": "KWD"}
    assert payment["captured"] == {"amount_minor": 1570, "currency": "KWD"}
    moved = await transfers(hub)
    assert moved["settle"]["driver:receivable KWD"] == 4
    paid = await owner.get("/payouts")
    assert [one["amount"]["amount_minor"] for one in paid["items"]] == [1410]
    assert [one["amount"]["amount_minor"] for one in paid["waiting"]] == [7]


async def test_a_session_is_charged_in_the_currency_of_its_tariff(hub: RunningHub) -> None:
    """What is prepaid in euros pays no yen; a card pays them."""
    owner = await owner_of(hub)
    place = await hub.station(owner, "2.0.1", tariff=tariff("JPY", "45.5"))
    driver = await hub.person("driver")
    await driver.post("/top-ups", {"amount": {"amount_minor": 15_000, "currency": "EUR"}})
    await hub.settle()
    await charge(hub, place, driver.id_token)
    await driver.post("/payment-methods", {"rail": "prepaid", "reference": "balance"})

    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()

    refused, paid = (await driver.get("/payments"))["items"]
    assert paid["captured"] == {"amount_minor": 910, "currency": "JPY"}
    assert "0 JPY are prepaid" in refused["refusal"]["detail"]
    assert len((await driver.get("/prepaid"))["balances"]) == 1
