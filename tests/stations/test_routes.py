"""Stations over REST, on both databases: what owners get, and what nobody else does."""

from typing import Any

import pytest

from tests.stations.rest import (
    EVSE,
    LOCATION,
    Api,
    new_station,
    refusal,
    wrong_fields,
)
from tests.stations.samples import ON_SQLITE

# --- locations -----------------------------------------------------------------------------


async def test_a_location_is_registered_and_listed(api: Api) -> None:
    owner = await api.owner()

    made = await owner.post("/locations", json=LOCATION)

    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in LOCATION} == LOCATION
    assert body["created_at"] == "2026-03-02T08:00:00Z"
    assert (await owner.get("/locations")).json() == {"items": [body], "next": None}
    assert (await owner.get(f"/locations/{body['id']}")).json() == body


async def test_a_location_by_external_reference_is_registered_once(api: Api) -> None:
    owner = await api.owner()
    named = {**LOCATION, "external_ref": "garage-7"}

    first, again = [await owner.post("/locations", json=named) for _ in range(2)]

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


@ON_SQLITE
async def test_whole_degrees_are_degrees(api: Api) -> None:
    owner = await api.owner()

    made = await owner.post("/locations", json={**LOCATION, "latitude": 60, "longitude": -10})

    assert (made.json()["latitude"], made.json()["longitude"]) == (60.0, -10.0)


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"latitude": 90.000001}, (422, "bad_place", "Latitude lies between -90 and 90 degrees.")),
        ({"latitude": -1e308}, (422, "bad_place", "Latitude lies between -90 and 90 degrees.")),
        (
            {"longitude": 180.5},
            (422, "bad_place", "Longitude lies between -180 and 180 degrees."),
        ),
        (
            {"time_zone": "Oslo"},
            (
                *(422, "unknown_time_zone"),
                "'Oslo' is no time zone. Name one of the tz database, such as Europe/Oslo.",
            ),
        ),
    ],
)
async def test_a_place_that_cannot_be_is_refused(
    api: Api, changed: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    owner = await api.owner()

    answer = await owner.post("/locations", json={**LOCATION, **changed})

    assert refusal(answer) == expected


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "field", "detail"),
    [
        ({"latitude": "59.9"}, "body.latitude", "Input should be a valid number"),
        ({"latitude": True}, "body.latitude", "Input should be a valid number"),
        ({"latitude": None}, "body.latitude", "Input should be a valid number"),
        ({"name": "  "}, "body.name", "Give one line of printable characters."),
        ({"name": "a\nb"}, "body.name", "Give one line of printable characters."),
        ({"name": "x" * 101}, "body.name", "String should have at most 100 characters"),
        ({"owner_id": "x"}, "body.owner_id", "Extra inputs are not permitted"),
    ],
)
async def test_a_location_of_wrong_form_is_refused(
    api: Api, changed: dict[str, Any], field: str, detail: str
) -> None:
    owner = await api.owner()

    answer = await owner.post("/locations", json={**LOCATION, **changed})

    assert wrong_fields(answer) == {field: detail}


@ON_SQLITE
async def test_coordinates_that_are_no_numbers_are_refused(api: Api) -> None:
    owner = await api.owner()

    answer = await owner.post("/locations", content=b'{"latitude": NaN}')

    assert answer.status_code == 422


# --- stations ------------------------------------------------------------------------------


async def test_a_station_is_registered_with_all_it_needs_to_connect(api: Api) -> None:
    owner = await api.owner()

    made = await new_station(owner, name="By the wall")

    assert made["ocpp_url"] == f"wss://hub.example/ocpp/{made['identity']}"
    assert len(made["password"]) == 20
    assert (made["name"], made["is_connected"], made["is_accepted"]) == (
        *("By the wall", False, False),
    )
    (evse,) = made["evses"]
    assert {name: evse[name] for name in EVSE} == EVSE
    assert (evse["status"], evse["charging"]) == ("unavailable", None)


async def test_a_password_is_never_shown_again(api: Api) -> None:
    owner = await api.owner()
    made = await new_station(owner)

    one = await owner.get(f"/stations/{made['id']}")
    listed = await owner.get("/stations")

    del made["password"]
    assert one.json() == made
    assert listed.json() == {"items": [made], "next": None}
    assert "digest" not in one.text + listed.text


async def test_a_station_is_called_by_its_identity_if_by_nothing_else(api: Api) -> None:
    made = await new_station(await api.owner(), identity="CS-01")

    assert (made["identity"], made["name"]) == ("CS-01", "CS-01")


async def test_a_station_by_external_reference_is_registered_once(api: Api) -> None:
    owner = await api.owner()
    first = await new_station(owner, external_ref="AdO1")

    wanted = {"location_id": first["location_id"], "evses": [EVSE], "external_ref": "AdO1"}
    again = await owner.post("/stations", json=wanted)

    assert again.status_code == 200
    assert "password" not in again.json()
    assert again.json()["id"] == first["id"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "code", "detail"),
    [
        (
            {"evses": [{**EVSE, "power_w": -11_000}]},
            "bad_equipment",
            "EVSE 1: power_w is 1 to 1000000 W, not -11000.",
        ),
        (
            {"evses": [{**EVSE, "power_w": 10**30}]},
            "bad_equipment",
            f"EVSE 1: power_w is 1 to 1000000 W, not {10**30}.",
        ),
        (
            {"evses": [{**EVSE, "number": 2}]},
            "bad_equipment",
            "The EVSEs are numbered 1 to 1, each number once.",
        ),
        ({"evses": []}, "bad_equipment", "There must be 1 to 20 EVSEs, not 0."),
        (
            {"identity": "no spaces"},
            "bad_identity",
            "An identity has 1 to 48 of the signs A-Z, a-z, 0-9, '.', '_' and '-', not dots alone.",
        ),
    ],
)
async def test_a_station_that_cannot_be_is_refused(
    api: Api, changed: dict[str, Any], code: str, detail: str
) -> None:
    owner = await api.owner()
    place = (await owner.post("/locations", json=LOCATION)).json()["id"]

    answer = await owner.post("/stations", json={"location_id": place, "evses": [EVSE], **changed})

    assert refusal(answer) == (422, code, detail)


@ON_SQLITE
@pytest.mark.parametrize(
    ("changed", "field", "detail"),
    [
        (
            {"evses": [{**EVSE, "power_w": 11.5}]},
            "body.evses.0.power_w",
            "Input should be a valid integer",
        ),
        (
            {"evses": [{**EVSE, "power_w": "11000"}]},
            "body.evses.0.power_w",
            "Input should be a valid integer",
        ),
        (
            {"evses": [{**EVSE, "number": True}]},
            "body.evses.0.number",
            "Input should be a valid integer",
        ),
    ],
)
async def test_a_station_of_wrong_form_is_refused(
    api: Api, changed: dict[str, Any], field: str, detail: str
) -> None:
    owner = await api.owner()

    answer = await owner.post("/stations", json={"location_id": "x", "evses": [EVSE], **changed})

    assert wrong_fields(answer) == {field: detail}


async def test_an_identity_in_use_is_refused(api: Api) -> None:
    await new_station(await api.owner("ann"), identity="CS-01")
    bob = await api.owner("bob")
    place = (await bob.post("/locations", json=LOCATION)).json()["id"]

    answer = await bob.post(
        "/stations", json={"location_id": place, "evses": [EVSE], "identity": "CS-01"}
    )

    assert refusal(answer) == (
        *(409, "identity_taken"),
        "Another station has this identity. Choose another.",
    )


async def test_a_new_password_hangs_up_the_line_of_the_old_one(api: Api) -> None:
    owner = await api.owner()
    made = await new_station(owner)

    answer = await owner.post(f"/stations/{made['id']}/password")

    assert answer.status_code == 200
    assert answer.json()["password"] != made["password"]
    assert api.lines.hung_up == [made["id"]]


async def test_lists_come_in_pages(api: Api) -> None:
    owner = await api.owner()
    made = [(await new_station(owner))["id"] for _ in range(3)]

    first = (await owner.get("/stations", params={"limit": 2})).json()
    second = (await owner.get("/stations", params={"limit": 2, "cursor": first["next"]})).json()

    assert [each["id"] for each in (*first["items"], *second["items"])] == made
    assert second["next"] is None


# --- who may -------------------------------------------------------------------------------


async def test_another_owner_finds_nothing(api: Api) -> None:
    """The answer is that of a thing which is not there: nobody learns what others have."""
    ann, bob = await api.owner("ann"), await api.owner("bob")
    made = await new_station(ann)
    evse_id = made["evses"][0]["id"]
    reset = {"kind": "reset"}
    asked = await ann.post(f"/stations/{made['id']}/commands", json=reset)
    there = {"location_id": made["location_id"], "evses": [EVSE]}

    answers = {
        "location": await bob.get(f"/locations/{made['location_id']}"),
        "station at it": await bob.post("/stations", json=there),
        "station": await bob.get(f"/stations/{made['id']}"),
        "password": await bob.post(f"/stations/{made['id']}/password"),
        "settings": await bob.get(f"/stations/{made['id']}/settings"),
        "commands": await bob.get(f"/stations/{made['id']}/commands"),
        "new command": await bob.post(f"/stations/{made['id']}/commands", json=reset),
        "command": await bob.get(f"/commands/{asked.json()['id']}"),
        "household": await bob.get(f"/evses/{evse_id}/household"),
        "new token": await bob.put(f"/evses/{evse_id}/household/CH1"),
        "old token": await bob.delete(f"/evses/{evse_id}/household/CH1"),
    }

    assert {name: refusal(answer)[:2] for name, answer in answers.items()} == dict.fromkeys(
        answers, (404, "not_found")
    )
    assert (await bob.get("/stations")).json() == {"items": [], "next": None}
    assert (await bob.get("/locations")).json() == {"items": [], "next": None}
    assert api.lines.hung_up == []


@ON_SQLITE
async def test_nobody_without_a_login_gets_in(api: Api) -> None:
    nobody = await api.anybody()

    answers = [
        await nobody.get("/stations"),
        await nobody.post("/stations", json={"location_id": "x", "evses": [EVSE]}),
        await nobody.post("/locations", json=LOCATION),
        await nobody.get("/commands/x"),
    ]

    assert {refusal(answer)[:2] for answer in answers} == {(401, "unauthenticated")}


async def test_an_api_key_does_what_its_scopes_say(api: Api) -> None:
    owner = await api.owner()
    reader, writer = await api.key(owner, "read"), await api.key(owner, "stations:write")

    made = await new_station(writer)

    assert (await reader.get(f"/stations/{made['id']}")).status_code == 200
    assert refusal(await reader.post("/locations", json=LOCATION)) == (
        *(403, "forbidden"),
        "This API key lacks the scope stations:write.",
    )


@ON_SQLITE
async def test_many_stations_are_registered_in_a_row(api: Api) -> None:
    """A replay registers dozens from one address; that is not a login being guessed."""
    writer = await api.key(await api.owner(), "stations:write")
    place = (await writer.post("/locations", json=LOCATION)).json()["id"]

    answers = [
        await writer.post("/stations", json={"location_id": place, "evses": [EVSE]})
        for _ in range(60)
    ]

    assert {answer.status_code for answer in answers} == {201}
