"""Members charge by a price of their own; whoever has booked or begun keeps the price of then."""

from datetime import timedelta
from typing import Any

from chargers.station import Habits
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, book, charge, leave, passing

HOUR = timedelta(hours=1)
MEMBERS = {
    "name": "Members",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.20"}],
}


async def street(hub: RunningHub, version: str) -> tuple[Person, Person, Place, dict[str, Any]]:
    """An owner, a driver, a station at 45 cents, and a group that pays 20."""
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)
    tariff = await owner.post("/tariffs", MEMBERS)
    group = await owner.post("/member-groups", {"name": "Street", "tariff_id": tariff["id"]})
    return owner, driver, place, group


async def costs(driver: Person) -> list[int]:
    """In cents, the newest first."""
    items: list[dict[str, Any]] = (await driver.get("/cdrs"))["items"]
    return [one["cost"]["amount_minor"] for one in items]


async def test_a_member_charges_by_the_members_price(hub: RunningHub, version: str) -> None:
    _, driver, place, group = await street(hub, version)
    other = await hub.person("other")
    await driver.post("/memberships", {"code": group["code"]})

    for person in (driver, other):
        await charge(hub, place, person.id_token)
        await hub.advance(hours=1)

    assert (await costs(driver), await costs(other)) == ([400], [900])
    await audited(hub)


async def test_who_leaves_keeps_the_price_of_what_runs(hub: RunningHub, version: str) -> None:
    owner, driver, place, group = await street(hub, version)
    await driver.post("/memberships", {"code": group["code"]})
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()

    member = f"/member-groups/{group['id']}/members/{driver.account_id}"
    await owner.ask("DELETE", member, expect=204)
    await place.sim.charge(1, 20_000, readings=4, before_each=passing(hub))
    await leave(hub, place)
    await hub.advance(hours=1)
    await charge(hub, place, driver.id_token)

    assert await costs(driver) == [900, 400]


async def test_a_booking_keeps_the_price_it_was_made_at(hub: RunningHub, version: str) -> None:
    _, driver, place, group = await street(hub, version)
    await book(hub, driver, place, HOUR, 3 * HOUR)

    await driver.post("/memberships", {"code": group["code"]})
    await hub.advance(minutes=51)
    await place.sim.receive("reserve")
    place.sim.habits = Habits(honours_reservations=False)  # the card is not the booking's token
    hub.clock.advance(timedelta(minutes=10))
    await charge(hub, place, driver.id_token)

    assert await costs(driver) == [900]

    assert await costs(driver) == [900]


async def test_a_driver_is_in_one_group_of_an_owner(hub: RunningHub, version: str) -> None:
    owner, driver, place, group = await street(hub, version)
    second = await owner.post("/member-groups", {"name": "Two", "tariff_id": place.tariff_id})
    joined = await driver.post("/memberships", {"code": group["code"]})

    refused = await driver.post("/memberships", {"code": second["code"]}, 409)
    again = await driver.post("/memberships", {"code": group["code"]})

    assert refused["code"] == "already_member"
    assert again == joined == (await driver.get("/memberships"))["items"][0]
    members = (await owner.get(f"/member-groups/{group['id']}/members"))["items"]
    assert [member["driver_id"] for member in members] == [driver.account_id]


async def test_a_group_has_a_tariff_of_its_owner(hub: RunningHub, version: str) -> None:
    owner, driver, place, group = await street(hub, version)
    stranger = await driver.post("/tariffs", MEMBERS)

    await owner.post("/member-groups", {"name": "X", "tariff_id": stranger["id"]}, 404)
    wanted = {"name": "New", "tariff_id": place.tariff_id}
    changed = await owner.ask("PUT", f"/member-groups/{group['id']}", wanted, 200)

    assert changed == group | wanted
    await driver.ask("PUT", f"/member-groups/{group['id']}", wanted, 404)


async def test_a_members_price_is_no_reason_to_cancel_for_free(
    hub: RunningHub, version: str
) -> None:
    """Nor is leaving the group: what was booked is still offered. A new price of it is one."""
    owner, driver, place, group = await street(hub, version)
    await driver.post("/memberships", {"code": group["code"]})
    policy = {"cancellation": "strict"}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, expect=200)
    booking = await book(hub, driver, place, 3 * HOUR, HOUR)
    await hub.advance(hours=1)
    path = f"/bookings/{booking['id']}/cancellation"
    member = await driver.get(path)
    await owner.ask(
        "DELETE", f"/member-groups/{group['id']}/members/{driver.account_id}", expect=204
    )
    left = await driver.get(path)
    dearer = {**MEMBERS, "components": [{"kind": "energy", "per_kwh": "0.30"}]}
    named = {"name": "Street", "tariff_id": (await owner.post("/tariffs", dearer))["id"]}
    await owner.ask("PUT", f"/member-groups/{group['id']}", named, expect=200)
    changed = await driver.get(path)

    assert (member["free_because"], left["free_because"]) == (None, None)
    assert member["kept"]["amount_minor"] == left["kept"]["amount_minor"] > 0
    assert changed["free_because"] == "price"
