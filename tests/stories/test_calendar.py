"""People look at the calendar of an EVSE: what is free there is free, and nobody is named."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import book

HOUR = timedelta(hours=1)
MARCH_2 = "from=2026-03-02T08:00:00Z&to=2026-03-03T00:00:00Z"
BLACKOUT = {
    "kind": "blackout",
    "times": {"starts_at": "2026-03-02T18:00:00Z", "ends_at": "2026-03-02T20:00:00Z"},
}


async def calendar(
    who: Person | RunningHub, place: Place, asked: str = MARCH_2, expect: int = 200
) -> Any:
    return await who.ask("GET", f"/evses/{place.evse_ids[0]}/calendar?{asked}", expect=expect)


def told(body: Any) -> list[tuple[str, str, str | None]]:
    """When each stretch begins, what it is, and by which booking."""
    return [
        (one["starts_at"][11:16], one["availability"], one["booking_id"]) for one in body["items"]
    ]


async def test_everybody_sees_when_and_only_the_owner_what(hub: RunningHub, version: str) -> None:
    owner, driver = await hub.person("owner", pays=False), await hub.person("driver")
    place = await hub.station(owner, version)
    await owner.post(f"/stations/{place.station_id}/blocks", BLACKOUT, 201)
    booking = await book(hub, driver, place, 2 * HOUR, HOUR)

    seen = [told(await calendar(who, place)) for who in (hub, driver, owner)]

    assert seen[0] == seen[1]
    assert seen[0] == [(at, what, None) for at, what, _ in seen[2]]
    assert seen[2] == [
        ("08:00", "free", None),
        ("09:50", "booked", None),
        ("10:00", "booked", booking["id"]),
        ("11:10", "free", None),
        ("18:00", "blocked", None),
        ("20:00", "free", None),
    ]


async def test_what_is_not_published_has_no_calendar_but_for_its_owner(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, version)
    await owner.ask("DELETE", f"/stations/{place.station_id}/listing", expect=204)

    refused = await calendar(hub, place, expect=404)

    assert refused["code"] == "not_found"
    assert told(await calendar(owner, place)) == [("08:00", "closed", None)]


async def test_a_calendar_is_asked_for_a_time_of_62_days_at_most(
    hub: RunningHub, version: str
) -> None:
    place = await hub.station(await hub.person("owner", pays=False), version)

    for asked in (
        "from=2026-03-02T08:00:00Z&to=2026-03-02T08:00:00Z",
        "from=2026-03-02T08:00:00Z&to=2026-05-03T08:00:01Z",
    ):
        refused = await calendar(hub, place, asked, expect=422)
        assert "62 days" in refused["detail"]
    whole = await calendar(hub, place, "from=2026-03-02T08:00:00Z&to=2026-05-03T08:00:00Z")
    assert told(whole) == [("08:00", "free", None), ("08:15", "unbookable", None)]
