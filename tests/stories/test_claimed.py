"""A card that nobody knew charges without a line; later its driver registers it, and pays."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import (
    Bill,
    audited,
    bills,
    charge,
    energy,
    lasting,
    net,
    passing,
    settled,
    transfers,
)

NEW_CARD = "BRAND-NEW"
CLAIMED = ("claimed",)


async def charged_unknown(hub: RunningHub, place: Place, energy_wh: int = 20_000) -> None:
    """Three hours without a line: two of them the card charges, then it is all told."""
    await place.sim.go_offline()
    await charge(hub, place, NEW_CARD, energy_wh)
    hub.clock.advance(timedelta(hours=1))
    await place.sim.reconnect()
    await hub.settle()


def wanted(place: Place) -> dict[str, str]:
    return {"id_token": NEW_CARD.lower(), "station_id": place.station_id}


async def claim(driver: Person, place: Place, expect: int = 201) -> Any:
    answer = await driver.post("/sessions/claims", wanted(place), expect)
    await driver.hub.settle()
    return answer


async def test_an_unknown_card_offline_for_three_hours_is_paid_once_it_is_claimed(
    hub: RunningHub, version: str
) -> None:
    """The kWh are kept as nobody's; the claim prices them as of then, by credit note."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await charged_unknown(hub, place)
    kept = await bills(owner)
    assert (await audited(hub))["unbilled_wh"] == 20_000

    await driver.post("/id-tokens", {"value": NEW_CARD})
    claimed = await claim(driver, place)
    again = await claim(driver, place, expect=404)

    nobodys = Bill(120, 20_000, unbilled_wh=20_000, unbilled_reason="unknown_token")
    assert kept == [nobodys]
    taken_back, billed = (await bills(owner))[1:]
    assert (taken_back.kind, taken_back.reason) == ("credit_note", "claimed by its driver")
    assert (taken_back.energy_wh, taken_back.unbilled_wh) == (-20_000, -20_000)
    assert (billed.billed_wh, billed.cost_minor, billed.flags) == (20_000, 900, CLAIMED)
    (session,) = claimed["sessions"]
    assert (session["status"], session["driver_id"]) == ("closed", driver.account_id)
    assert again["code"] == "not_found"
    (payment,) = (await driver.get("/payments"))["items"]
    assert (payment["state"], payment["captured"]["amount_minor"]) == ("captured", 900)
    moved = lasting(await transfers(hub))
    assert net(moved) == net(settled(900, 810, 14) | energy(20_000, "billed"))
    where = await audited(hub)
    assert (where["billed_wh"], where["unbilled_wh"]) == (20_000, 0)


async def test_a_session_is_claimed_with_its_own_card_and_means_to_pay_alone(
    hub: RunningHub, version: str
) -> None:
    """Not with somebody else's card, a blocked one, at another station, or for nothing."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    poor = await hub.person("poor", pays=False)
    place, other = await hub.station(owner, version), await hub.station(owner, version)
    await charged_unknown(hub, place)

    unregistered = await claim(driver, place, expect=403)
    await poor.post("/id-tokens", {"value": NEW_CARD})
    anothers = await claim(driver, place, expect=403)
    unpaid = await claim(poor, place, expect=403)
    await poor.post("/payment-methods", {"rail": "sandbox", "reference": "ok"})
    elsewhere = await claim(poor, other, expect=404)
    await poor.ask("PATCH", f"/id-tokens/{NEW_CARD}", {"status": "blocked"}, 200)
    blocked = await claim(poor, place, expect=403)
    await poor.ask("PATCH", f"/id-tokens/{NEW_CARD}", {"status": "valid"}, 200)
    await claim(poor, place)

    refused = [one["code"] for one in (unregistered, anothers, unpaid, elsewhere, blocked)]
    assert refused == ["forbidden", "forbidden", "payment_method_needed", "not_found", "forbidden"]
    assert [one["state"] for one in (await poor.get("/payments"))["items"]] == ["captured"]
    assert (await audited(hub))["unbilled_wh"] == 0


async def test_what_the_card_charges_after_the_claim_is_billed_at_once(
    hub: RunningHub, version: str
) -> None:
    """The claim stands, and is not claimed again."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    await charged_unknown(hub, place)
    await driver.post("/id-tokens", {"value": NEW_CARD})
    await claim(driver, place)

    await place.sim.plug_in(1, NEW_CARD)
    await place.sim.charge(1, 5_000, before_each=passing(hub))
    await place.sim.stop(1)
    await hub.settle()

    billed = [bill for bill in await bills(owner) if bill.kind == "cdr" and bill.billed_wh]
    assert [(bill.billed_wh, bill.flags) for bill in billed] == [(20_000, CLAIMED), (5_000, ())]


async def test_an_owner_who_claims_at_the_own_station_charged_free(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner", pays=True)
    place = await hub.station(owner, version)
    await charged_unknown(hub, place)

    await owner.post("/id-tokens", {"value": NEW_CARD})
    await claim(owner, place)

    assert (await bills(owner))[-1].free_wh == 20_000
    assert (await owner.get("/payments"))["items"] == []
    assert (await audited(hub))["free_wh"] == 20_000
