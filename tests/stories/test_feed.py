"""An owner subscribes to a station's calendar: secret, cached, ended at will, no drivers in it."""

from datetime import timedelta
from typing import Any

import httpx2
import icalendar

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import book
from tests.stories.test_calendar import BLACKOUT

HOUR = timedelta(hours=1)


async def made(owner: Person, place: Place) -> str:
    """The path of a new feed, as the address that the owner is given has it."""
    feed = await owner.post(f"/stations/{place.station_id}/calendar-feed", {}, 201)
    address: str = httpx2.URL(feed["url"]).path
    return address


async def read(hub: RunningHub, path: str, **headers: str) -> httpx2.Response:
    """As a calendar program does: it knows the address, and nothing else."""
    return await hub.api.get(path, headers=headers)


def events(answer: httpx2.Response) -> list[tuple[str, str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    found = icalendar.Calendar.from_ical(answer.text).walk("VEVENT")
    return [(str(one["SUMMARY"]), str(one["STATUS"]), one["DTSTART"].dt) for one in found]


async def test_an_owner_reads_bookings_and_own_times_and_nobodys_name(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)
    await owner.post(f"/stations/{place.station_id}/blocks", BLACKOUT, 201)
    booking = await book(hub, driver, place, HOUR, HOUR)
    path = await made(owner, place)

    answer = await read(hub, path)

    assert [(title, status) for title, status, _ in events(answer)] == [
        ("EVSE 1: booked", "CONFIRMED"),
        ("EVSE 1: kept", "CONFIRMED"),
    ]
    assert [f"{at:%d %H:%M %Z}" for *_, at in events(answer)] == ["02 10:00 CET", "02 19:00 CET"]
    told = answer.text.replace("\r\n ", "")
    assert booking["id"] in told
    for secret in (driver.account_id, driver.email, driver.id_token, "driver", "Storgata"):
        assert secret not in told, secret


async def test_what_did_not_change_is_not_sent_again(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)
    path = await made(owner, place)
    tag = (await read(hub, path)).headers["etag"]

    again = await read(hub, path, **{"If-None-Match": f'"other", W/{tag}'})
    await book(hub, driver, place, HOUR, HOUR)
    changed = await read(hub, path, **{"If-None-Match": tag})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert len(events(changed)) == 1
    assert changed.headers["etag"] != tag


async def test_a_new_address_ends_the_old_one_and_none_is_left_after_the_last(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, version)
    feed = f"/stations/{place.station_id}/calendar-feed"
    await owner.ask("GET", feed, expect=404)
    first, second = await made(owner, place), await made(owner, place)

    old, new = await read(hub, first), await read(hub, second)
    since = await owner.get(feed)
    await owner.ask("DELETE", feed, expect=204)
    await owner.ask("DELETE", feed, expect=204)
    ended = await read(hub, second)

    assert [one.status_code for one in (old, new, ended)] == [404, 200, 404]
    assert since == {"created_at": "2026-03-02T08:00:00Z"}
    assert "Ask for a new address" in ended.json()["detail"]
