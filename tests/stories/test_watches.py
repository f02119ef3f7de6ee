"""Who watches for a place to charge is told when it comes free; nothing is held for them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chargehub.people.tables import Mail
from chargehub.search.watches import WatchFind, WatchPlace, WatchRow
from chargehub.store.work import Reads, table_of
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import book, charge, leave, slot

HOUR, MAIL = timedelta(hours=1), table_of(Mail)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
THERE = {"latitude": 59.92, "longitude": 10.75}
OF_GROUP = {
    "name": "Members",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.20"}],
}


def during(hub: RunningHub, start_in: timedelta, length: timedelta) -> dict[str, str]:
    """A time to watch for, counted from now."""
    start = hub.clock.now() + start_in
    return {"from": start.isoformat(), "to": (start + length).isoformat()}


async def told(hub: RunningHub, person: Person) -> list[str]:
    """The mails that told of what was watched for, in order."""
    return await hub.hub.store.read(_texts, person.email)


def _texts(reads: Reads, recipient: str) -> list[str]:
    wanted = (
        select(MAIL.c.text)
        .where(MAIL.c.recipient == recipient, MAIL.c.text.contains("watch"))
        .order_by(MAIL.c.id)
    )
    return [row.text for row in reads.all(wanted)]


async def matched(person: Person) -> list[dict[str, Any]]:
    """The events that told a person so, in order."""
    items = (await person.get("/events"))["items"]
    return [each["data"] for each in items if each["type"] == "WatchMatched"]


async def search(person: Person, wanted: dict[str, Any]) -> list[str]:
    query = "&".join(f"{name}={value}" for name, value in wanted.items()).replace("+", "%2B")
    return [each["id"] for each in (await person.get(f"/evses?{query}"))["items"]]


async def people(hub: RunningHub) -> tuple[Person, Person, Person, Place]:
    """An owner with a station that tells it is available; one driver has it, one watches."""
    owner, first = await hub.person("owner", pays=False), await hub.person("first")
    place, watcher = await hub.station(owner, "2.0.1"), await hub.person("watcher", pays=False)
    await hub.settle()
    return owner, first, watcher, place


async def test_a_driver_watches_and_another_cancels(hub: RunningHub) -> None:
    _, first, watcher, place = await people(hub)
    booking = await book(hub, first, place, 5 * HOUR, 2 * HOUR)
    other = await book(hub, first, place, 9 * HOUR, HOUR)
    time = during(hub, 5 * HOUR, HOUR)
    watch = await watcher.post("/watches", {**THERE, **time})
    assert await search(watcher, {**THERE, **time}) == []

    await first.post(f"/bookings/{other['id']}/cancel", expect=200)
    await hub.settle()
    assert await told(hub, watcher) == []  # that time was not watched for
    await first.post(f"/bookings/{booking['id']}/cancel", expect=200)
    await hub.settle()

    (mail,) = await told(hub, watcher)
    (event,) = await matched(watcher)
    assert f"Garage, EVSE 1, about 701 m away: {place.evse_ids[0]}" in mail
    assert "Nothing is held for you" in mail
    assert "Storgata" not in mail
    assert event == {
        "watch_id": watch["id"],
        "account_id": watcher.account_id,
        "evse_id": place.evse_ids[0],
    }
    assert await matched(first) == []
    now = await watcher.get(f"/watches/{watch['id']}")
    assert (now["told_evse_ids"], now["is_active"]) == (place.evse_ids, True)
    assert await search(watcher, {**THERE, **time}) == place.evse_ids


@SQLITE
async def test_what_is_free_is_answered_and_not_told(hub: RunningHub) -> None:
    owner, first, watcher, place = await people(hub)
    at_once = await watcher.post("/watches", {"evse_id": place.evse_ids[0], "is_repeating": False})
    later = await watcher.post("/watches", {**THERE, **during(hub, 5 * HOUR, HOUR)})
    own = await owner.post("/watches", THERE)
    await hub.settle()

    assert [each["id"] for each in at_once["free_now"]] == place.evse_ids
    assert [each["id"] for each in later["free_now"]] == place.evse_ids
    assert own["free_now"] == []
    assert await told(hub, watcher) == []

    await place.sim.plug_in(1, first.id_token)
    await hub.settle()
    assert await told(hub, watcher) == []
    await leave(hub, place)

    (mail,) = await told(hub, watcher)
    assert f"With this mail the watch {at_once['id']} has ended." in mail
    assert not (await watcher.get(f"/watches/{at_once['id']}"))["is_active"]
    assert await told(hub, owner) == []
    await charge(hub, place, first.id_token)
    assert len(await told(hub, watcher)) == 1


@SQLITE
async def test_what_comes_soon_after_is_told_later_if_it_still_is_there(hub: RunningHub) -> None:
    """At most one mail in half an hour; what was taken meanwhile is not told of."""
    _, first, watcher, place = await people(hub)
    await watcher.post("/watches", THERE)
    for _ in range(3):
        await place.sim.plug_in(1, first.id_token)
        await leave(hub, place)
        await hub.advance(minutes=1)
    assert len(await told(hub, watcher)) == 1

    await place.sim.plug_in(1, first.id_token)
    await hub.advance(minutes=29)
    assert len(await told(hub, watcher)) == 1
    await leave(hub, place)

    assert len(await told(hub, watcher)) == 2


@SQLITE
async def test_a_booking_made_shorter_and_a_block_lifted_are_told(hub: RunningHub) -> None:
    owner, first, watcher, place = await people(hub)
    other = await hub.person("other", pays=False)
    booking = await book(hub, first, place, 5 * HOUR, 3 * HOUR)
    block = {"kind": "blackout", "times": slot(hub, 20 * HOUR, 3 * HOUR)}
    kept = await owner.post(f"/stations/{place.station_id}/blocks", block)
    await watcher.post("/watches", {**THERE, **during(hub, 7 * HOUR, HOUR)})
    await other.post("/watches", {**THERE, **during(hub, 21 * HOUR, HOUR)})

    end = {"ends_at": (hub.clock.now() + 6.5 * HOUR).isoformat()}
    await first.ask("PUT", f"/bookings/{booking['id']}/end", end, expect=200)
    await hub.settle()
    assert (len(await told(hub, watcher)), len(await told(hub, other))) == (1, 0)
    path = f"/stations/{place.station_id}/blocks"
    await owner.ask("DELETE", f"{path}/{kept['id']}", expect=204)
    await hub.settle()

    assert (len(await told(hub, watcher)), len(await told(hub, other))) == (1, 1)
    assert (await owner.get(path))["items"] == []


@SQLITE
async def test_a_station_that_joins_is_told_once_and_to_members_first(hub: RunningHub) -> None:
    owner, member = await hub.person("owner", pays=False), await hub.person("member", pays=False)
    far, watcher = await hub.person("far", pays=False), await hub.person("watcher", pays=False)
    wanted = {**THERE, "kind": "listed", "connector_types": ["IEC_62196_T2"]}
    for person in (owner, member, watcher):
        await person.post("/watches", wanted)
    await far.post("/watches", {**wanted, "latitude": 60.1})
    await watcher.post("/watches", {**wanted, "connector_types": ["CHADEMO"]})
    place = await hub.station(owner, "2.0.1", evses=2, publish=False)
    tariff = await owner.post("/tariffs", OF_GROUP)
    group = await owner.post("/member-groups", {"name": "Street", "tariff_id": tariff["id"]})
    await member.post("/memberships", {"code": group["code"]})
    path = f"/stations/{place.station_id}/listing"
    listing = {"tariff_id": place.tariff_id, "opening_hours": "24/7"}

    await owner.ask("PUT", path, {**listing, "access": "members"}, expect=200)
    await hub.settle()
    first = [len(await told(hub, each)) for each in (owner, member, watcher, far)]
    for _ in range(2):
        await hub.advance(hours=1)
        await owner.ask("PUT", path, listing, expect=200)
        await hub.advance(hours=1)
        await owner.ask("DELETE", path, expect=204)
    await hub.settle()

    assert first == [0, 1, 0, 0]
    then = [len(await told(hub, each)) for each in (owner, member, watcher, far)]
    assert then == [0, 1, 1, 0]
    (mail,) = await told(hub, watcher)
    assert all(evse_id in mail for evse_id in place.evse_ids)


@SQLITE
async def test_watches_are_listed_ended_and_forgotten(hub: RunningHub) -> None:
    _, first, watcher, _ = await people(hub)
    one = await watcher.post("/watches", {**THERE, "radius_m": 25_000})
    two = await watcher.post("/watches", {**THERE, **during(hub, HOUR, HOUR)})
    listed = [each["id"] for each in (await watcher.get("/watches"))["items"]]
    assert listed == [two["id"], one["id"]]
    assert two["expires_at"] == two["to"]
    for method in ("GET", "DELETE"):
        await first.ask(method, f"/watches/{one['id']}", expect=404)

    await watcher.ask("DELETE", f"/watches/{one['id']}", expect=204)
    await watcher.ask("DELETE", f"/watches/{one['id']}", expect=404)
    await hub.advance(hours=3)
    ended = await watcher.get(f"/watches/{two['id']}")
    await hub.advance(days=7)

    assert not ended["is_active"]
    assert (await watcher.get("/watches"))["items"] == []


@SQLITE
async def test_a_watch_is_exported_and_goes_with_its_account(hub: RunningHub) -> None:
    """Where somebody waits may be where they live."""
    watcher = await hub.person("watcher", pays=False)
    await watcher.post("/watches", THERE)
    parts = (await watcher.get("/accounts/me/export"))["parts"]

    await watcher.ask("POST", "/accounts/me/erasure", {"email": watcher.email})

    exported = {part["table"] for part in parts}
    assert exported >= {"watch", "watch_place"}
    for table in (WatchRow, WatchPlace, WatchFind):
        assert await hub.hub.store.read(Reads.all, select(table)) == []


@SQLITE
async def test_what_cannot_be_watched_for_is_refused(hub: RunningHub) -> None:
    owner, _, watcher, place = await people(hub)
    hub.hub.settings = hub.hub.settings.model_copy(update={"watches": 1})
    for wanted, code in (
        ({}, "bad_watch"),
        ({"evse_id": place.evse_ids[0], **THERE}, "bad_watch"),
        ({"kind": "listed", "evse_id": place.evse_ids[0]}, "bad_watch"),
        ({**THERE, "kind": "listed", **during(hub, HOUR, HOUR)}, "bad_watch"),
        ({**THERE, **during(hub, -2 * HOUR, HOUR)}, "bad_watch"),
        ({**THERE, **during(hub, 100 * 24 * HOUR, HOUR)}, "bad_watch"),
        ({**THERE, "expires_at": during(hub, 31 * 24 * HOUR, HOUR)["from"]}, "bad_watch"),
        ({**THERE, "connector_types": ["SCHUKO"]}, "unknown_plug"),
        ({**THERE, "energy_wh": 1}, "invalid"),
    ):
        refused = await watcher.post("/watches", wanted, expect=422)
        assert refused["code"] == code, refused
    own = await owner.post("/watches", {"evse_id": place.evse_ids[0]}, expect=422)
    await watcher.post("/watches", {"evse_id": "nowhere"}, expect=404)
    await watcher.post("/watches", THERE)
    more = await watcher.post("/watches", THERE, expect=409)

    assert own["code"] == "bad_watch"
    assert (more["code"], "End one first" in more["detail"]) == ("too_many_watches", True)
