"""What is there for members alone leaks by no way beside the search."""

from datetime import timedelta

from tests.hub import RunningHub
from tests.stories.steps import book
from tests.stories.test_private import private

HOUR = timedelta(hours=1)


async def test_what_was_measured_and_said_there_is_for_members(
    hub: RunningHub, version: str
) -> None:
    """Also who was a member once, and so knows the station's id, learns no more."""
    owner, member, stranger, place, group = await private(hub, version)
    await member.post("/memberships", {"code": group["code"]})
    operator = await hub.operator()

    for what in ("facts", "reviews", "photos"):
        path = f"/stations/{place.station_id}/{what}"
        for insider in (owner, member, operator):
            await insider.get(path)
        for outsider in (hub, stranger):
            refused = await outsider.ask("GET", path, expect=404)
            assert "Garage" not in str(refused)
    await member.ask("DELETE", f"/memberships/{group['id']}", expect=204)
    await member.get(f"/stations/{place.station_id}/facts", 404)
    await member.get(f"/stations/{place.station_id}/reviews", 404)


async def test_where_a_driver_is_a_member_is_not_told_to_another_owner(
    hub: RunningHub, version: str
) -> None:
    """Alternatives to a booking are what the driver may book; its owner sees what owners see."""
    _, member, _, place, group = await private(hub, version)
    await member.post("/memberships", {"code": group["code"]})
    other = await hub.person("other", pays=False)
    booked = await hub.station(other, version)
    booking = await book(hub, member, booked, HOUR, HOUR)

    path = f"/bookings/{booking['id']}/alternatives"
    of_driver = [one["id"] for one in (await member.get(path))["items"]]
    of_owner = [one["id"] for one in (await other.get(path))["items"]]

    assert of_driver == place.evse_ids
    assert of_owner == []
