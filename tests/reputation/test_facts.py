"""What the hub measures of stations and drivers, as anybody reads it."""

from datetime import timedelta
from typing import Any

from chargehub.reputation import measuring
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import book, charge

HOUR = timedelta(hours=1)
SECONDS = 3_600


async def facts(hub: RunningHub, place: Place) -> dict[str, Any]:
    found: dict[str, Any] = await hub.ask("GET", f"/stations/{place.station_id}/facts", expect=200)
    return found


async def lose(hub: RunningHub, owner: Person, place: Place) -> None:
    """The station loses its line, and the hub has noticed."""
    await place.sim.go_offline()

    async def is_gone() -> bool:
        return not (await owner.get(f"/stations/{place.station_id}"))["is_connected"]

    await hub.until(is_gone)


async def test_uptime_is_measured_over_the_hours_that_were_offered(hub: RunningHub) -> None:
    """Put up at 08:00 on Monday, open from 06:00 to 22:00 in UTC. It loses its line from 20:00
    to midnight: of 14 hours offered on Monday it was there for 12."""
    owner = await hub.person("owner", pays=False)
    hours = [{"weekdays": list(range(7)), "from": "06:00", "to": "22:00"}]
    place = await hub.station(owner, "2.0.1", hours=hours, time_zone="UTC")
    await hub.settle()
    assert (await facts(hub, place))["uptime"]["uptime_ppm"] is None

    await hub.advance(hours=12)
    await lose(hub, owner, place)
    await hub.advance(hours=4)
    await place.sim.reconnect(boot=True)
    await hub.settle()
    found = await facts(hub, place)

    monday = {
        "offered_s": 14 * SECONDS,
        "outage_s": 4 * SECONDS,
        "excluded_s": 2 * SECONDS,
        "uptime_ppm": 857_142,
        "working_s": 12 * SECONDS,
        "down_s": 0,
        "working_ppm": 1_000_000,
    }
    assert found["uptime"] == monday
    assert found["evses"] == [{"evse_number": 1, **monday}]
    assert found["months"] == [{"month": "2026-03", "evse_number": 1, **monday}]
    assert found["measured_until"] == "2026-03-03T00:00:00Z"


async def test_hours_that_are_stated_later_excuse_nothing(hub: RunningHub) -> None:
    """An owner who closes a station after its outage was open while it lasted."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1", time_zone="UTC")
    await lose(hub, owner, place)
    await hub.advance(hours=14)

    shut = [{"weekdays": [6], "from": "00:00", "to": "00:30"}]
    listing = {"tariff_id": place.tariff_id, "opening_hours": shut}
    await owner.ask("PUT", f"/stations/{place.station_id}/listing", listing, 200)
    await hub.advance(hours=2)
    found = await facts(hub, place)

    assert found["uptime"]["offered_s"] == 14 * SECONDS
    assert found["uptime"]["uptime_ppm"] == 0


async def test_months_are_kept_when_days_are_forgotten(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1", time_zone="UTC")

    await hub.advance(days=70)
    found = await facts(hub, place)

    assert found["uptime"]["offered_s"] == 60 * 24 * SECONDS
    assert [month["month"] for month in found["months"]] == ["2026-05", "2026-04", "2026-03"]
    assert found["months"][1]["offered_s"] == 30 * 24 * SECONDS
    assert found["months"][2]["working_s"] == (30 * 24 - 8) * SECONDS

    tomorrow = hub.clock.now() + 24 * HOUR
    await hub.hub.store.do(measuring.measure_due, tomorrow, timedelta(days=3))
    later = await facts(hub, place)
    assert later["uptime"]["offered_s"] == 3 * 24 * SECONDS
    assert later["months"][1:] == found["months"][1:]


async def test_starts_count_when_they_gave_energy_to_somebody_else(hub: RunningHub) -> None:
    """An owner's own charging makes no station better."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver.id_token)
    await charge(hub, place, driver.id_token, energy_wh=0)
    await charge(hub, place, owner.id_token)

    found = await facts(hub, place)

    assert found["starts"] == {"count": 1, "of": 2, "ppm": 500_000}
    assert found["sessions"] == 1


async def test_a_start_that_the_station_refused_counts_against_it(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await hub.settle()
    place.sim.evses[1].is_operative = False

    await driver.post("/sessions", {"evse_id": place.evse_ids[0]})
    await hub.settle()

    assert (await facts(hub, place))["starts"] == {"count": 0, "of": 1, "ppm": 0}


async def ask_for(hub: RunningHub, driver: Person, place: Place, hours: int) -> dict[str, Any]:
    start = hub.clock.now() + hours * HOUR
    wanted = {"evse_id": place.evse_ids[0], "starts_at": start.isoformat()}
    made: dict[str, Any] = await driver.post(
        "/bookings", {**wanted, "ends_at": (start + HOUR).isoformat()}
    )
    return made


async def test_the_time_to_answer_is_the_middle_of_all_answers(hub: RunningHub) -> None:
    """A yes after 10 minutes, a no after 20, and one that waited in vain for two hours."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    policy = {"mode": "request", "grid_minutes": 1, "approval_minutes": 120}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", policy, 200)
    for minutes, path in ((10, "approve"), (20, "decline"), (130, None)):
        booking = await ask_for(hub, driver, place, 6)
        await hub.advance(minutes=minutes)
        if path is not None:
            await owner.post(f"/bookings/{booking['id']}/{path}", expect=200)
            await hub.settle()
        if path == "approve":
            await driver.post(f"/bookings/{booking['id']}/cancel", expect=200)
            await hub.settle()

    found = await facts(hub, place)

    assert (found["answer_s"], found["answers"]) == (20 * 60, 3)


async def test_bookings_that_the_owner_cancelled_are_counted(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    first = await book(hub, driver, place, 2 * HOUR, HOUR)
    second = await book(hub, driver, place, 8 * HOUR, HOUR)

    await driver.post(f"/bookings/{first['id']}/cancel", expect=200)
    await owner.post(f"/bookings/{second['id']}/cancel", expect=200)
    found = await facts(hub, place)

    assert found["cancelled_by_owner"] == {"count": 1, "of": 2, "ppm": 500_000}


async def test_a_driver_who_does_not_come_is_counted_unless_nobody_could(hub: RunningHub) -> None:
    """The second slot began while the station had no line: that is not the driver's doing."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await book(hub, driver, place, HOUR, HOUR)
    await book(hub, driver, place, 5 * HOUR, HOUR)

    await hub.advance(minutes=80)
    assert (await driver.get("/drivers/me/facts"))["no_shows"]["count"] == 1
    await hub.advance(hours=1)
    await lose(hub, owner, place)
    await hub.advance(hours=4)

    assert (await driver.get("/drivers/me/facts"))["no_shows"] == {
        "count": 1,
        "of": 1,
        "ppm": 1_000_000,
    }
    assert (await driver.get("/bookings"))["items"][0]["status"] == "failed"


async def test_a_station_that_is_not_published_shows_no_facts(hub: RunningHub) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1", publish=False)

    await hub.ask("GET", f"/stations/{place.station_id}/facts", expect=404)
