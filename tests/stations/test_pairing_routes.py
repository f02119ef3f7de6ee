"""Pairings over REST: what owners get, and what nobody else does."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chargehub.stations import pairing
from chargehub.stations.pairing import Entry
from tests.stations.rest import EVSE, LOCATION, Api, new_station, refusal, wrong_fields
from tests.stations.samples import ON_SQLITE

ENTRY = Entry("ab" * 32, 1, "192.0.2.7")
TAKEN = "Another station has this identity, or is about to get it. See that you read it right."


async def wanted(owner: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    place = await owner.post("/locations", json=LOCATION)
    return {"location_id": place.json()["id"], "evses": [EVSE], "identity": "ACME-1", **more}


async def opened(owner: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    made = await owner.post("/pairings", json=await wanted(owner, **more))
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def test_a_window_is_opened_shown_and_listed(api: Api) -> None:
    owner = await api.owner()

    body = await opened(owner, name="By the wall", external_ref="wall")

    assert body == {
        "id": body["id"],
        "identity": "ACME-1",
        "ocpp_url": "wss://hub.example/ocpp/ACME-1",
        "state": "waiting",
        "is_open": True,
        "reason": None,
        "location_id": body["location_id"],
        "external_ref": "wall",
        "name": "By the wall",
        "security_profile": 1,
        "opened_at": "2026-03-02T08:00:00Z",
        "expires_at": "2026-03-02T08:10:00Z",
        "ended_at": None,
        "knocked_at": None,
        "knocked_from": None,
        "is_contested": False,
        "station_id": None,
    }
    assert (await owner.get(f"/pairings/{body['id']}")).json() == body
    assert (await owner.get("/pairings")).json() == {"items": [body], "next": None}
    assert (await owner.get("/stations")).json()["items"] == []


async def test_the_owner_reads_who_came_and_what_was_wrong(api: Api) -> None:
    owner = await api.owner()
    body = await opened(owner)
    now = api.clock.now()

    await api.store.do(pairing.note_refused, body["id"], "192.0.2.9", "Too short.", now)
    refused = (await owner.get(f"/pairings/{body['id']}")).json()
    await api.store.do(pairing.adopt, body["id"], ENTRY, now)
    adopted = (await owner.get(f"/pairings/{body['id']}")).json()

    assert (refused["state"], refused["is_open"]) == ("refused", True)
    assert (refused["reason"], refused["knocked_from"]) == ("Too short.", "192.0.2.9")
    assert refused["knocked_at"] == "2026-03-02T08:00:00Z"
    assert (adopted["state"], adopted["is_open"], adopted["reason"]) == ("adopted", False, None)
    (station,) = (await owner.get("/stations")).json()["items"]
    assert (station["id"], station["identity"]) == (adopted["station_id"], "ACME-1")
    assert ENTRY.digest not in str(adopted) + str(station)


async def test_the_window_is_shown_as_over_when_it_is(api: Api) -> None:
    owner = await api.owner()
    body = await opened(owner)

    api.clock.advance(timedelta(minutes=10))
    over = (await owner.get(f"/pairings/{body['id']}")).json()

    assert (over["state"], over["is_open"]) == ("expired", False)
    assert over["ended_at"] == body["expires_at"]


async def test_a_window_is_cancelled_and_stays_so(api: Api) -> None:
    owner = await api.owner()
    path = f"/pairings/{(await opened(owner))['id']}"

    first, again = [await owner.post(f"{path}/cancel") for _ in range(2)]

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json() == (await owner.get(path)).json()
    assert (first.json()["state"], first.json()["is_open"]) == ("cancelled", False)


async def test_an_adoption_is_not_cancelled(api: Api) -> None:
    owner = await api.owner()
    body = await opened(owner)
    await api.store.do(pairing.adopt, body["id"], ENTRY, api.clock.now())

    answer = await owner.post(f"/pairings/{body['id']}/cancel")

    detail = "The station was adopted just before; it is among yours now."
    assert refusal(answer) == (409, "pairing_over", detail)


async def test_others_learn_nothing_of_a_window(api: Api) -> None:
    ann, bob = await api.owner("ann"), await api.owner("bob")
    body = await opened(ann)
    await new_station(ann, identity="ACME-2")

    path = f"/pairings/{body['id']}"
    for answer in (await bob.get(path), await bob.post(f"{path}/cancel")):
        assert refusal(answer) == (404, "not_found", "You have no pairing with this id.")
    assert (await bob.get("/pairings")).json()["items"] == []
    for identity in ("ACME-1", "ACME-2"):
        answer = await bob.post("/pairings", json=await wanted(bob, identity=identity))
        assert refusal(answer) == (409, "identity_taken", TAKEN)
    same = await ann.post("/pairings", json=await wanted(ann))
    assert refusal(same)[:2] == (409, "pairing_open")


async def test_a_window_keeps_its_identity_from_being_registered(api: Api) -> None:
    ann, bob = await api.owner("ann"), await api.owner("bob")
    await opened(ann)

    answer = await bob.post("/stations", json=await wanted(bob))

    detail = "Another station has this identity. Choose another."
    assert refusal(answer) == (409, "identity_taken", detail)


@ON_SQLITE
async def test_windows_are_limited_by_settings(api: Api) -> None:
    owner = await api.owner()
    for number in range(2):
        await opened(owner, identity=f"ACME-{number}")

    third = await owner.post("/pairings", json=await wanted(owner, identity="ACME-3"))
    api.settings.open_pairings = 0
    none = await owner.post("/pairings", json=await wanted(owner, identity="ACME-3"))

    assert refusal(third)[:2] == (409, "too_many_pairings")
    assert refusal(none)[:2] == (403, "pairing_not_offered")


@ON_SQLITE
async def test_an_address_that_asks_for_many_identities_is_slowed(api: Api) -> None:
    """Each refusal tells that a name is taken, as that of a registration does."""
    ann, bob = await api.owner("ann"), await api.owner("bob")
    await opened(ann)
    asked = await wanted(bob)

    statuses = [(await bob.post("/pairings", json=asked)).status_code for _ in range(40)]

    assert statuses[:29] == [409] * 29
    assert statuses[-1] == 429


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"identity": None}, "body.identity"),
        ({"identity": 7}, "body.identity"),
        ({"security_profile": 3}, "body.security_profile"),
        ({"password": "x7Kp2mQ9vT4wZ8rB"}, "body.password"),
        ({"owner_id": "x"}, "body.owner_id"),
    ],
)
async def test_a_wish_of_wrong_form_is_refused(
    api: Api, changed: dict[str, Any], field: str
) -> None:
    owner = await api.owner()

    answer = await owner.post("/pairings", json=await wanted(owner, **changed))

    assert list(wrong_fields(answer)) == [field]


@ON_SQLITE
async def test_without_an_identity_there_is_nothing_to_wait_for(api: Api) -> None:
    owner = await api.owner()
    nameless = await wanted(owner)
    del nameless["identity"]

    assert list(wrong_fields(await owner.post("/pairings", json=nameless))) == ["body.identity"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"identity": "a/b"}, "bad_identity"),
        ({"security_profile": 0}, "profile_not_offered"),
        ({"evses": []}, "bad_equipment"),
    ],
)
async def test_what_no_station_may_be_is_refused_at_once(
    api: Api, changed: dict[str, Any], code: str
) -> None:
    owner = await api.owner()

    answer = await owner.post("/pairings", json=await wanted(owner, **changed))

    assert refusal(answer)[:2] == (422, code)


@ON_SQLITE
async def test_a_key_needs_the_scope_of_stations(api: Api) -> None:
    owner = await api.owner()
    reader, writer = await api.key(owner, "read"), await api.key(owner, "stations:write")
    asked = await wanted(owner)

    assert (await reader.post("/pairings", json=asked)).status_code == 403
    assert (await writer.post("/pairings", json=asked)).status_code == 201
    assert len((await reader.get("/pairings")).json()["items"]) == 1
