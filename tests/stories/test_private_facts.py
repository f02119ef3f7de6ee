"""What is there for members alone leaks by no way beside the search."""

from datetime import timedelta

from tests.hub import RunningHub
from tests.stories.steps import book, slot
from tests.stories.test_private import offer, private

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


async def test_nobody_guesses_the_cards_of_a_household(hub: RunningHub, version: str) -> None:
    """A card that is right and one that is not are answered alike, unless it is one's own."""
    owner, member, stranger, place, _ = await private(hub, version)
    path = f"/evses/{place.evse_ids[0]}/household"
    for card in ("A-NEIGHBOUR", member.id_token):
        await owner.ask("PUT", f"{path}/{card}", expect=204)
    wish = {"evse_id": place.evse_ids[0], **slot(hub, HOUR, HOUR)}

    right = await stranger.post("/bookings", {**wish, "id_token": "A-NEIGHBOUR"}, expect=404)
    of_member = await stranger.post("/bookings", {**wish, "id_token": member.id_token}, expect=404)
    wrong = await stranger.post("/bookings", {**wish, "id_token": "A-GUESS"}, expect=404)

    assert right["detail"] == of_member["detail"] == wrong["detail"]
    own = await member.post("/bookings", {**wish, "id_token": member.id_token})
    assert own["status"] == "confirmed"


async def test_codes_tell_nothing_of_what_evses_there_are(hub: RunningHub, version: str) -> None:
    owner, _, _, place, _ = await private(hub, version)
    await offer(owner, place)

    there = await hub.ask("POST", f"/evses/{place.evse_ids[0]}/starts", {"code": "GUESSED2"}, 403)
    nowhere = await hub.ask("POST", "/evses/nowhere/starts", {"code": "GUESSED2"}, 403)

    assert (there["code"], there["detail"]) == (nowhere["code"], nowhere["detail"])
