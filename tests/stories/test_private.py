"""Stations for members alone: others neither see nor book nor start them."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import audited, bills, book, charge, sent_away, slot

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEAR = "/evses?latitude=59.9139&longitude=10.7522"


async def private(
    hub: RunningHub, version: str
) -> tuple[Person, Person, Person, Place, dict[str, Any]]:
    """An owner, a member, a stranger, and a station that is there for a group of neighbours."""
    owner, member = await hub.person("owner", pays=False), await hub.person("member")
    stranger = await hub.person("stranger")
    place = await hub.station(owner, version)
    group = await owner.post("/member-groups", {"name": "Neighbours", "tariff_id": place.tariff_id})
    await offer(owner, place, access="members", member_group_id=group["id"])
    return owner, member, stranger, place, group


async def offer(owner: Person, place: Place, expect: int = 200, **audience: Any) -> Any:
    listing = {"tariff_id": place.tariff_id, "opening_hours": "24/7", **audience}
    return await owner.ask("PUT", f"/stations/{place.station_id}/listing", listing, expect)


async def code(owner: Person, group: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    made: dict[str, Any] = await owner.post(f"/member-groups/{group['id']}/codes", wanted)
    return made


MAP = "/maps/evses?south=59.9&north=60&west=10.7&east=10.8"
JOURNEY = "/journeys/evses?points=59.90,10.75;59.93,10.76&width_m=5000"


async def test_a_search_is_for_everybodys_or_for_members_stations(
    hub: RunningHub, version: str
) -> None:
    owner, member, _, place, group = await private(hub, version)
    public = await hub.station(owner, version)
    one_time = await code(owner, group)
    await member.post("/memberships", {"code": one_time["code"]})

    async def found(path: str) -> list[tuple[str, str]]:
        answer = await member.get(path)
        return sorted(
            (one["id"], one["access"]) for one in answer.get("items", answer.get("evses"))
        )

    ours, all_ = (place.evse_ids[0], "members"), (public.evse_ids[0], "public")
    for path in (NEAR, MAP, JOURNEY):
        assert await found(path) == sorted([ours, all_])
        assert await found(f"{path}&access=public") == [all_]
        assert await found(f"{path}&access=members") == [ours]
        assert (await hub.ask("GET", f"{path}&access=members", expect=422))["code"] == "invalid"
    assert (await member.get(f"/evses/{place.evse_ids[0]}"))["access"] == "members"


async def seen(person: Person | RunningHub, place: Place) -> tuple[int, int]:
    """How many EVSEs a search finds, and the status of the EVSE's own page."""
    ids = [one["id"] for one in (await person.ask("GET", NEAR, expect=200))["items"]]
    shown = await person.ask("GET", f"/evses/{place.evse_ids[0]}")
    return len(ids), 200 if shown.get("id") == place.evse_ids[0] else shown["status"]


async def test_members_alone_see_book_and_start_a_private_station(
    hub: RunningHub, version: str
) -> None:
    owner, member, stranger, place, group = await private(hub, version)
    before = await seen(member, place)
    one_time = await code(owner, group)
    await member.post("/memberships", {"code": one_time["code"]})

    views = [await seen(one, place) for one in (hub, stranger, member, owner)]
    wish = {"evse_id": place.evse_ids[0], **slot(hub, HOUR, HOUR)}
    refused = await stranger.post("/bookings", wish, expect=404)
    remote = await stranger.post("/sessions", {"evse_id": place.evse_ids[0]}, expect=409)
    policy = await stranger.get(f"/stations/{place.station_id}/policy", 404)
    photos = await stranger.get(f"/stations/{place.station_id}/photos", 404)
    walked = await place.sim.plug_in(1, stranger.id_token, authorize=False)
    await sent_away(hub, place)
    booked = await book(hub, member, place, 5 * HOUR, HOUR)
    await charge(hub, place, member.id_token, 2_000)

    assert before == (0, 404)
    assert views == [(0, 404), (0, 404), (1, 200), (1, 200)]
    codes = [one["code"] for one in (refused, remote, policy, photos)]
    assert codes == ["not_found", "may_not_start", "not_found", "not_found"]
    assert walked == ("blocked" if version == "1.6" else "not_now")
    assert booked["status"] == "confirmed"
    assert [bill.billed_wh for bill in await bills(owner)] == [0, 2_000]
    await audited(hub)


async def test_who_leaves_keeps_the_booking_and_makes_no_other(
    hub: RunningHub, version: str
) -> None:
    owner, member, _, place, group = await private(hub, version)
    await member.post("/memberships", {"code": group["code"]})
    booked = await book(hub, member, place, HOUR, HOUR)

    await member.ask("DELETE", f"/memberships/{group['id']}", expect=204)
    wish = {"evse_id": place.evse_ids[0], **slot(hub, 3 * HOUR, HOUR)}
    await member.post("/bookings", wish, expect=404)
    await hub.advance(hours=1)
    await place.sim.receive("reserve")

    assert (await member.get(f"/bookings/{booked['id']}"))["status"] == "confirmed"
    assert await seen(member, place) == (0, 404)
    listing = await offer(owner, place)
    assert (listing["access"], listing["member_group_id"]) == ("public", None)
    assert await seen(hub, place) == (1, 200)


async def test_any_group_of_the_owner_or_one(hub: RunningHub, version: str) -> None:
    owner, member, stranger, place, _ = await private(hub, version)
    second = await owner.post("/member-groups", {"name": "Two", "tariff_id": place.tariff_id})
    await member.post("/memberships", {"code": second["code"]})
    other_owner = await stranger.post("/tariffs", TARIFF)
    foreign = await stranger.post("/member-groups", {"name": "X", "tariff_id": other_owner["id"]})

    of_one = await seen(member, place)
    await offer(owner, place, access="members")
    of_any = await seen(member, place)

    assert (of_one, of_any) == ((0, 404), (1, 200))
    await offer(owner, place, 404, access="members", member_group_id=foreign["id"])
    wrong = await offer(owner, place, 422, member_group_id=second["id"])
    assert wrong["code"] == "bad_audience"


async def test_a_code_is_good_for_so_many_until_then_or_until_it_is_revoked(
    hub: RunningHub, version: str
) -> None:
    owner, member, stranger, _, group = await private(hub, version)
    path = f"/member-groups/{group['id']}"
    expires_at = (hub.clock.now() + DAY).isoformat()

    one_time = await code(owner, group)
    for _ in range(2):  # the second time the member is one already
        await member.post("/memberships", {"code": one_time["code"]})
    used_up = await stranger.post("/memberships", {"code": one_time["code"]}, expect=404)
    revoked = await code(owner, group, most_uses=None)
    for _ in range(2):
        await owner.ask("DELETE", f"{path}/codes/{revoked['id']}", expect=204)
    await stranger.post("/memberships", {"code": revoked["code"]}, expect=404)
    renewed = await owner.ask("POST", f"{path}/code", expect=200)
    await stranger.post("/memberships", {"code": group["code"]}, expect=404)
    day = await code(owner, group, most_uses=5, expires_at=expires_at)
    await hub.advance(days=1)
    await stranger.post("/memberships", {"code": day["code"]}, expect=404)
    await stranger.post("/memberships", {"code": renewed["code"]})

    listed = (await owner.get(f"{path}/codes"))["items"]
    assert [one["uses"] for one in listed] == [1, 0, 0]
    assert [one["revoked_at"] is not None for one in listed] == [False, True, False]
    assert "Ask its owner" in used_up["detail"]
    await stranger.get(f"{path}/codes", 404)
    late = await owner.post(f"{path}/codes", {"expires_at": expires_at}, expect=422)
    assert late["code"] == "invalid"


async def test_guesses_at_codes_are_slowed_down(hub: RunningHub, version: str) -> None:
    """Ten at once, then one a second; there are 2 to the 96 of them."""
    _, _, stranger, _, _ = await private(hub, version)

    answers = [await stranger.ask("POST", "/memberships", {"code": f"no{n}"}) for n in range(12)]

    assert [one["status"] for one in answers][-1] == 429


TARIFF = {
    "name": "Other",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.20"}],
}
