"""What happened, read from outside in one order: nothing is missed, nothing of others is told."""

import asyncio
from datetime import timedelta
from typing import Any

from chargehub import events
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.webhooks import feed as feed_of
from chargehub.webhooks.publishing import publish
from tests.conftest import START
from tests.hub import Person, Place, RunningHub

HOUR = timedelta(hours=1)


async def charge(hub: RunningHub, place: Place, driver: Person) -> None:
    """A whole session, paid for."""
    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 10_000, before_each=lambda: hub.clock.advance(HOUR))
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await hub.settle()


async def feed(person: Person, query: str = "") -> list[dict[str, Any]]:
    """All there is, asked for two at a time."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await person.get(f"/events?limit=2{query}{cursor}")
        found += answer["items"]
        cursor = f"&cursor={answer['next']}"
        if len(answer["items"]) < 2:
            return found


async def test_everybody_reads_what_is_theirs_in_order(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    stranger, operator = await hub.person("stranger"), await hub.operator()
    place = await hub.station(owner, "2.0.1")
    await charge(hub, place, driver)

    owners, drivers = await feed(owner), await feed(driver)
    everything = await feed(operator, "&whose=all")

    def names(found: list[dict[str, Any]]) -> list[str]:
        return [one["type"] for one in found]

    assert [one for one in names(owners) if one.startswith("Session")] == [
        "SessionOpened",
        "SessionClosed",
        "SessionSettled",
    ]
    assert names(owners)[:3] == ["StationListed", "StationConnected", "StationBooted"]
    assert "PaymentCaptured" not in names(owners)
    assert set(names(drivers)) == {
        "SessionOpened",
        "SessionClosed",
        "PaymentAuthorised",
        "PaymentCaptured",
        "InvoiceIssued",
    }
    assert await feed(stranger) == []
    assert set(names(everything)) >= {*names(owners), *names(drivers), "CaptureRequested"}
    assert not {"MailRequested", "WebhookRequested"} & set(names(everything))
    told = str(everything)
    private = (driver.id_token, driver.email, owner.email, place.identity, "Storgata")
    assert [one for one in private if one in told] == []


async def test_only_operators_read_everything(hub: RunningHub) -> None:
    owner = await hub.person("owner")

    refused = await owner.get("/events?whose=all", expect=403)

    assert refused["code"] == "operators_only"


async def test_a_reader_goes_on_where_it_stopped(hub: RunningHub) -> None:
    """Also if it had read all there was, and also after the hub was restarted."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "1.6")
    await hub.settle()
    first = await owner.get("/events")
    nothing = await owner.get(f"/events?cursor={first['next']}")

    await hub.restart()
    await place.sim.connect()
    await hub.until(lambda: hub.hub.switchboard.is_connected(place.station_id))
    await hub.settle()
    later = await owner.get(f"/events?cursor={nothing['next']}")

    types = [one["type"] for one in first["items"]]
    assert types == ["StationListed", "StationConnected", "StationBooted"]
    assert nothing["items"] == []
    assert "StationConnected" in [one["type"] for one in later["items"]]
    assert not {one["cursor"] for one in first["items"]} & {one["cursor"] for one in later["items"]}


def connect(work: Work, number: int) -> None:
    work.record(events.StationConnected(f"station-{number}"))


async def test_a_reader_misses_nothing_that_several_hubs_publish_at_once(database: str) -> None:
    """What has a lower position is there whenever a higher one can be read."""
    hubs = [Store(database), Store(database)]
    station, now = events.StationConnected("one"), START

    async def publish_some(store: Store) -> None:
        for _ in range(40):
            await store.do(publish, station, now)

    writers = asyncio.gather(*(publish_some(store) for store in hubs))
    seen: list[int] = []
    after = 0
    while len(seen) < 80:
        if writers.done():
            writers.result()
        found = await hubs[0].read(feed_of.stretch, None, after, 7)
        seen += [one.position for one in found.entries]
        after = found.until
        await asyncio.sleep(0)
    await writers
    for store in hubs:
        await store.close()

    assert seen == list(range(1, 81))


async def test_positions_have_no_holes_and_no_twins(hub: RunningHub) -> None:
    """A hole would be a place where a late commit could appear behind a reader's back."""
    operator = await hub.operator()

    await asyncio.gather(*(hub.hub.store.do(connect, number) for number in range(60)))
    await hub.settle()
    found = await feed(operator, "&whose=all")

    assert sorted(one["data"]["station_id"] for one in found) == sorted(
        f"station-{number}" for number in range(60)
    )
    again = await operator.get("/events?whose=all&limit=200")
    assert [one["cursor"] for one in again["items"]] == [one["cursor"] for one in found]


async def test_a_cursor_before_what_is_kept_is_refused(hub: RunningHub) -> None:
    """An answer with a hole would look like nothing happened."""
    owner = await hub.person("owner", pays=False)
    await hub.station(owner, "1.6")
    await hub.settle()
    oldest = (await owner.get("/events"))["items"][0]["cursor"]
    last = (await owner.get("/events"))["next"]

    await hub.advance(days=91)
    refused = await owner.get(f"/events?cursor={oldest}", expect=422)
    newest = await owner.get(f"/events?cursor={last}")
    anew = await owner.get("/events")

    assert refused["code"] == "events_forgotten"
    assert (newest["items"], anew["items"]) == ([], [])
