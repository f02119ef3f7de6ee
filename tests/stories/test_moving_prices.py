"""Prices that move: what is told, booked and begun keeps its price, and no bound is passed."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, bills, book, charge, leave

HOUR = timedelta(hours=1)
BOUNDED = {
    "name": "Moves",
    "currency": "EUR",
    "vat_percent": "0",
    "components": [{"kind": "energy", "per_kwh": "0.45"}],
    "floor_per_kwh": "0.35",
    "ceiling_per_kwh": "0.52",
}
BUSY = {"by": "utilisation"}


async def moving(
    hub: RunningHub, version: str, rule: dict[str, Any]
) -> tuple[Person, Person, Place]:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version, tariff=BOUNDED)
    await owner.ask("PUT", dynamics(place), rule, 200)
    return owner, driver, place


def dynamics(place: Place) -> str:
    return f"/tariffs/{place.tariff_id}/dynamics"


async def price(person: Person, place: Place) -> str:
    told = await person.get(f"/tariffs/{place.tariff_id}")
    found: str = told["components"][0]["per_kwh"]
    return found


async def test_an_idle_station_becomes_cheaper_by_a_tenth_an_hour_down_to_the_floor(
    hub: RunningHub, version: str
) -> None:
    """Nobody came: 0.45 x 0.75 is wanted, and the floor of 0.35 is above it."""
    owner, driver, place = await moving(hub, version, BUSY)
    stated = await owner.get(dynamics(place))
    prices = []

    for _ in range(10):
        await hub.advance(minutes=15)
        prices.append(await price(driver, place))

    assert (stated["signals"], stated["prices_per_kwh"]) == (None, ["0.45"])
    assert prices == ["0.405"] * 4 + ["0.3645"] * 4 + ["0.35"] * 2
    told = await owner.get(dynamics(place))
    assert told["signals"] == {
        "utilisation": "0",
        "wholesale_per_kwh": None,
        "is_wholesale_old": False,
        "export_w": 0,
    }
    assert (told["base_per_kwh"], told["prices_per_kwh"]) == (["0.45"], ["0.35"])
    versions = (await owner.get(f"/tariffs/{place.tariff_id}/versions"))["items"]
    assert [each["prices_per_kwh"] for each in versions] == [
        ["0.35"],
        ["0.3645"],
        ["0.405"],
        ["0.45"],
    ]


async def test_search_and_quote_tell_the_price_in_force_and_its_bounds(
    hub: RunningHub, version: str
) -> None:
    _, driver, place = await moving(hub, version, BUSY)
    await hub.advance(minutes=15)

    found = (await driver.get("/evses?latitude=59.9139&longitude=10.7522"))["items"][0]["tariff"]
    quote = await driver.get(
        f"/tariffs/{place.tariff_id}/quote?energy_wh=10000&time_zone=Europe/Oslo"
        "&from=2026-03-10T10:00:00Z&to=2026-03-10T12:00:00Z"
    )

    assert found["components"][0]["per_kwh"] == "0.405"
    assert quote["total_minor"] == 405
    for told in (found, quote):
        assert told["is_dynamic"] is True
        assert (told["floor_per_kwh"], told["ceiling_per_kwh"]) == ("0.35", "0.52")


async def test_a_running_session_keeps_its_price_while_it_makes_the_next_one_dearer(
    hub: RunningHub, version: str
) -> None:
    """Two hours at the only EVSE: 0.45 x 1.25 is wanted, the ceiling is 0.52."""
    owner, driver, place = await moving(hub, version, BUSY)

    await charge(hub, place, driver.id_token, 10_000)

    assert [bill.cost_minor for bill in await bills(owner)] == [450]
    assert await price(driver, place) == "0.495"
    await place.sim.plug_in(1, driver.id_token)
    await hub.advance(minutes=60)
    assert (await price(driver, place)) != "0.495"
    await place.sim.charge(1, 10_000, readings=1)
    await leave(hub, place)
    assert [bill.cost_minor for bill in await bills(owner)] == [450, 495]
    await audited(hub)


async def test_a_booking_keeps_its_price_and_a_move_is_no_reason_to_cancel_for_free(
    hub: RunningHub, version: str
) -> None:
    owner, driver, place = await moving(hub, version, BUSY)
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", {"cancellation": "strict"}, 200)
    booking = await book(hub, driver, place, 3 * HOUR, HOUR)
    snapshot = booking["tariff_snapshot_id"]

    await hub.advance(hours=1)

    assert await price(driver, place) == "0.405"
    assert (await driver.get(f"/bookings/{booking['id']}"))["tariff_snapshot_id"] == snapshot
    cancelling = await driver.get(f"/bookings/{booking['id']}/cancellation")
    assert cancelling["free_because"] is None


async def test_what_began_without_a_line_costs_what_held_then(
    hub: RunningHub, version: str
) -> None:
    owner, driver, place = await moving(hub, version, BUSY)
    await hub.advance(minutes=15)

    await place.sim.go_offline()
    await charge(hub, place, driver.id_token, 10_000)
    await hub.advance(hours=3)
    await place.sim.reconnect()
    await hub.settle()

    assert await price(driver, place) != "0.405"
    assert [bill.cost_minor for bill in await bills(owner)] == [405]


async def test_the_sun_makes_it_cheaper_while_the_site_exports(
    hub: RunningHub, version: str
) -> None:
    owner, driver, place = await moving(hub, version, {"solar_discount_percent": "5"})
    where = (await owner.get("/locations"))["items"][0]["id"]

    await owner.ask("PUT", f"/locations/{where}/export", {"export_w": 3_000}, 200)
    await hub.advance(minutes=15)
    sunny = await price(driver, place)
    reported = await owner.get(f"/locations/{where}/export")
    await hub.advance(minutes=30)

    assert (sunny, reported["export_w"], reported["source"]) == ("0.4275", 3_000, "report")
    assert await price(driver, place) == "0.45"
    assert (await owner.get(f"/locations/{where}/export"))["export_w"] == 0


async def test_prices_that_stand_still_again_are_those_of_the_tariff(
    hub: RunningHub, version: str
) -> None:
    """And whoever makes the same tariff under the same reference is given this one."""
    owner = await hub.person("owner", pays=False)
    wanted = BOUNDED | {"external_ref": "main"}
    made = await owner.post("/tariffs", wanted)
    path = f"/tariffs/{made['id']}/dynamics"
    await owner.ask("PUT", path, {"solar_discount_percent": "5"} | BUSY, 200)
    await hub.advance(minutes=15)

    again = await owner.post("/tariffs", wanted, 200)
    await owner.ask("DELETE", path, expect=204)
    await owner.ask("DELETE", path, expect=204)

    assert (again["id"], again["is_dynamic"]) == (made["id"], True)
    assert await owner.get(f"/tariffs/{made['id']}") == made
    await owner.get(path, 404)


async def test_a_tariff_without_bounds_does_not_move(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)

    refused = await owner.ask("PUT", dynamics(place), BUSY, 422)

    assert refused["code"] == "bad_dynamics"
    assert "floor_per_kwh" in refused["detail"]
    market = {"by": "wholesale", "area": "NO1"}
    assert "no wholesale prices" in (await owner.ask("PUT", dynamics(place), market, 422))["detail"]
    await driver.ask("PUT", dynamics(place), BUSY, 404)
