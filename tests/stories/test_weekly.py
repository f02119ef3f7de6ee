"""The neighbour who charges every Tuesday."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.hub import Person, Place, RunningHub
from tests.people.conftest import mails
from tests.stories.steps import audited, bills, book, charge, slot

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OSLO = ZoneInfo("Europe/Oslo")


def series(hub: RunningHub, place: Place, weeks: int = 4, **more: Any) -> dict[str, Any]:
    """Tomorrow for an hour, and every week after."""
    return {"evse_id": place.evse_ids[0], "weeks": weeks, **slot(hub, DAY, HOUR), **more}


async def statuses(driver: Person, made: dict[str, Any]) -> list[str]:
    found = await driver.get(f"/booking-series/{made['id']}")
    return [one["status"] for one in found["bookings"]]


async def test_every_week_is_a_booking_of_its_own_at_the_same_local_time(
    hub: RunningHub, version: str
) -> None:
    """Over the last Sunday of March. Each deposit is held from a day before its slot on."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)

    made = await driver.post("/booking-series", series(hub, place, weeks=5))
    await hub.settle()

    starts = [datetime.fromisoformat(one["starts_at"]) for one in made["bookings"]]
    assert [at.astimezone(OSLO).strftime("%d %H:%M") for at in starts] == [
        *("03 09:00", "10 09:00", "17 09:00", "24 09:00", "31 09:00")
    ]
    assert [at.hour for at in starts] == [8, 8, 8, 8, 7]
    assert await statuses(driver, made) == ["confirmed"] * 5
    assert len((await driver.get("/payments"))["items"]) == 1
    await hub.advance(days=7)
    assert await statuses(driver, made) == ["no_show", *["confirmed"] * 4]
    assert len((await driver.get("/payments"))["items"]) == 2
    assert [one["id"] for one in (await driver.get("/booking-series"))["items"]] == [made["id"]]
    await audited(hub)


async def test_a_weekly_slot_is_used_as_any(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    made = await driver.post("/booking-series", series(hub, place, weeks=2))
    await hub.settle()
    wish = {"evse_id": place.evse_ids[0], **slot(hub, 8 * DAY, HOUR)}

    taken = await other.post("/bookings", wish, expect=409)
    await hub.advance(days=1)
    await place.sim.receive("reserve")
    token = await driver.app_token()
    await charge(hub, place, token, 4_000)

    assert taken["code"] == "slot_taken"
    assert await statuses(driver, made) == ["completed", "confirmed"]
    assert [bill.cost_minor for bill in await bills(owner)] == [180]


async def test_weeks_that_cannot_be_had_are_named_and_nothing_is_booked(
    hub: RunningHub, version: str
) -> None:
    """Unless they are to be skipped; of a series no week of which can be had nothing is left."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, version)
    theirs = await book(hub, other, place, 8 * DAY, HOUR)
    kept = {"kind": "blackout", "times": slot(hub, 15 * DAY, HOUR)}
    await owner.post(f"/stations/{place.station_id}/blocks", kept)

    refused = await driver.post("/booking-series", series(hub, place), expect=409)
    none = (await driver.get("/bookings"))["items"], (await driver.get("/booking-series"))["items"]
    made = await driver.post("/booking-series", series(hub, place, skip_conflicts=True))
    again = await driver.post(
        "/booking-series", series(hub, place, skip_conflicts=True), expect=409
    )

    why = [(one["starts_at"], one["code"]) for one in refused["obstacles"]]
    assert refused["code"] == "series_in_the_way"
    assert why == [(theirs["starts_at"], "slot_taken"), ("2026-03-17T08:00:00Z", "kept_by_owner")]
    assert none == ([], [])
    assert [(one["starts_at"], one["code"]) for one in made["skipped"]] == why
    assert [one["starts_at"][8:10] for one in made["bookings"]] == ["03", "24"]
    assert len(again["obstacles"]) == 4


async def test_one_or_all_later_ones_are_cancelled(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    stranger = await hub.person("stranger")
    place = await hub.station(owner, version)
    made = await driver.post("/booking-series", series(hub, place))
    await hub.settle()
    path = f"/booking-series/{made['id']}"

    await driver.post(f"/bookings/{made['bookings'][1]['id']}/cancel", expect=200)
    one_less = await statuses(driver, made)
    since = {"since": made["bookings"][3]["starts_at"]}
    for _ in range(2):
        await driver.post(f"{path}/cancel", since, expect=200)
    last_less = await statuses(driver, made)
    await stranger.post(f"{path}/cancel", {}, expect=404)
    await driver.post(f"{path}/cancel", {}, expect=200)
    await hub.advance(days=20)

    assert one_less == ["confirmed", "cancelled", "confirmed", "confirmed"]
    assert last_less == ["confirmed", "cancelled", "confirmed", "cancelled"]
    assert await statuses(driver, made) == ["cancelled"] * 4
    payments = (await driver.get("/payments"))["items"]
    assert [one["state"] for one in payments] == ["released"]


async def test_a_deposit_that_is_refused_near_the_day_frees_the_slot_and_is_told(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    made = await driver.post("/booking-series", series(hub, place, weeks=2))
    await hub.settle()
    wanted = {"rail": "sandbox", "reference": "refuse", "is_default": True}
    await driver.post("/payment-methods", wanted)

    await hub.advance(days=7)
    await hub.advance(hours=22)

    assert await statuses(driver, made) == ["no_show", "expired"]
    sent = [text for to, _, text in await hub.hub.store.read(mails) if to == driver.email]
    assert len([text for text in sent if "could not be held" in text]) == 2


async def test_the_same_key_books_one_series(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    wish, key = series(hub, place, weeks=2), {"Idempotency-Key": "tuesdays"}

    first = await driver.post("/booking-series", wish, **key)
    second = await driver.post("/booking-series", wish, **key)

    assert first == second
    assert len((await driver.get("/bookings"))["items"]) == 2
