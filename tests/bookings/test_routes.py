"""Bookings over REST: what is answered, to whom, and what is refused in which words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx2

from chargehub.bookings import actions, routes
from chargehub.clock import HandClock
from chargehub.store.writer import Store
from tests.bookings.world import HOUR, World, account, authorised, bearer, key_bearer, make_world
from tests.rest.app import application, client

Http = httpx2.AsyncClient


@asynccontextmanager
async def hub(store: Store, clock: HandClock) -> AsyncIterator[tuple[World, Http]]:
    """A hub with bookings alone; the client is the driver unless it says otherwise."""
    world = await make_world(store)
    app = application(routes.router, hub=SimpleNamespace(store=store, clock=clock))
    async with client(app) as http:
        http.headers.update(await bearer(store, world.driver))
        yield world, http


def slot(world: World, start: str = "09:00", end: str = "11:00", **more: Any) -> dict[str, Any]:
    return {
        "evse_id": world.evse_id,
        "starts_at": f"2026-03-02T{start}:00Z",
        "ends_at": f"2026-03-02T{end}:00Z",
        **more,
    }


async def test_a_slot_is_booked_paid_and_read(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        made = await http.post("/bookings", json=slot(world))
        await store.do(actions.confirm, authorised(made.json()["id"]), clock.now())
        read = await http.get(f"/bookings/{made.json()['id']}")

    assert made.status_code == 201
    booking = made.json()
    token = booking.pop("id_token")
    assert token.startswith("…") and len(token) == 5
    assert booking == {
        "id": booking["id"],
        "status": "held",
        "evse_id": world.evse_id,
        "station_id": world.station_id,
        "starts_at": "2026-03-02T09:00:00Z",
        "ends_at": "2026-03-02T11:00:00Z",
        "arrive_by": "2026-03-02T09:15:00Z",
        "approve_by": None,
        "pay_by": "2026-03-02T08:05:00Z",
        "deposit": {"amount_minor": 1_100, "currency": "EUR"},
        "deposit_state": "asked",
        "deposit_at": None,
        "mend_by": None,
        "confirm": None,
        "fee": None,
        "penalty": None,
        "policy_version": 0,
        "cancellation": {
            "policy": "free",
            "free_until": "2026-03-02T09:15:00Z",
            "half_until": None,
            "half_kept": {"amount_minor": 0, "currency": "EUR"},
            "kept_after": {"amount_minor": 0, "currency": "EUR"},
        },
        "overstay": None,
        "tariff_snapshot_id": booking["tariff_snapshot_id"],
        "is_reserved": False,
        "session_id": None,
        "cancelled_by": None,
        "created_at": "2026-03-02T08:00:00Z",
        "ended_at": None,
    }
    assert read.status_code == 200
    assert read.json() == {**made.json(), "status": "confirmed", "deposit_state": "held"}


async def test_the_same_request_with_its_key_books_once(store: Store, clock: HandClock) -> None:
    """The answer was lost on the way, so the app asks again."""
    key = {"Idempotency-Key": "tap-1"}
    async with hub(store, clock) as (world, http):
        first = await http.post("/bookings", json=slot(world), headers=key)
        again = await http.post("/bookings", json=slot(world), headers=key)
        other = await http.post("/bookings", json=slot(world, end="11:30"), headers=key)
        listed = await http.get("/bookings")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(listed.json()["items"]) == 1


async def test_a_taken_slot_is_a_conflict_that_says_when_it_is_free(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        await http.post("/bookings", json=slot(world))
        refused = await http.post("/bookings", json=slot(world, "10:00", "12:00"))

    assert refused.status_code == 409
    problem = refused.json()
    assert problem["code"] == "slot_taken"
    assert "next free at 2026-03-02T11:10Z" in problem["detail"]


MEANINGLESS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"starts_at": "2026-03-02T09:00:00"}, "invalid"),
    ({"starts_at": 1_772_442_000}, "invalid"),
    ({"ends_at": "2026-03-02T08:00:00Z"}, "invalid"),
    ({"starts_at": "2026-03-02T09:00:30Z"}, "slot_off_grid"),
    ({"starts_at": "2026-03-02T10:50:00Z"}, "slot_too_short"),
    ({"ends_at": "2026-03-04T09:00:00Z"}, "slot_too_long"),
    ({"starts_at": "2026-03-02T07:00:00Z"}, "slot_in_the_past"),
    ({"starts_at": "2026-05-02T09:00:00Z", "ends_at": "2026-05-02T11:00:00Z"}, "too_far_ahead"),
    ({"evse_id": ""}, "invalid"),
    ({"evse_id": "a" * 37}, "invalid"),
    ({"evse_id": None}, "invalid"),
    ({"price": 0}, "invalid"),
)


async def test_a_slot_that_cannot_be_meant_is_refused(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        refused = [
            await http.post("/bookings", json={**slot(world), **change})
            for change, _ in MEANINGLESS
        ]

    assert {one.status_code for one in refused} == {422}
    assert [one.json()["code"] for one in refused] == [code for _, code in MEANINGLESS]


async def test_who_cannot_pay_or_names_a_foreign_card_is_forbidden(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        poor = await bearer(store, await account(store, "pim", can_pay=False))
        unpaid = await http.post("/bookings", json=slot(world), headers=poor)
        foreign = await http.post("/bookings", json=slot(world, id_token="NOT-MINE"))

    assert (unpaid.status_code, unpaid.json()["code"]) == (403, "payment_method_needed")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "forbidden")


async def test_an_evse_that_is_not_offered_is_not_there(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        refused = await http.post("/bookings", json=slot(world) | {"evse_id": "no such evse"})

    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_bookings_are_listed_for_both_sides_page_by_page(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        hours = [("09:00", "10:00"), ("11:00", "12:00"), ("13:00", "14:00")]
        made = [(await http.post("/bookings", json=slot(world, *each))).json() for each in hours]
        owner = await bearer(store, world.owner)

        first = (await http.get("/bookings?limit=2")).json()
        second = (await http.get(f"/bookings?limit=2&cursor={first['next']}")).json()
        owned = (await http.get("/bookings?role=owner", headers=owner)).json()
        driven = (await http.get("/bookings", headers=owner)).json()

    ids = [booking["id"] for booking in made][::-1]
    assert [booking["id"] for booking in first["items"] + second["items"]] == ids
    assert second["next"] is None
    assert [booking["id"] for booking in owned["items"]] == ids
    assert driven == {"items": [], "next": None}


async def test_a_booking_is_cancelled_by_driver_or_owner_and_nobody_else(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        path = f"/bookings/{(await http.post('/bookings', json=slot(world))).json()['id']}"
        stranger = await bearer(store, await account(store, "sue"))
        hidden = [
            await http.get(path, headers=stranger),
            await http.post(f"{path}/cancel", headers=stranger),
            await http.get("/bookings/nothing"),
            await http.post("/bookings/nothing/cancel"),
        ]
        clock.advance(HOUR / 2)
        owner = await bearer(store, world.owner)
        gone = await http.post(f"{path}/cancel", headers=owner)
        again = await http.post(f"{path}/cancel")

    assert {(one.status_code, one.json()["code"]) for one in hidden} == {(404, "not_found")}
    assert gone.status_code == 200
    assert (gone.json()["status"], gone.json()["cancelled_by"]) == ("cancelled", "owner")
    assert gone.json()["ended_at"] == "2026-03-02T08:30:00Z"
    assert again.json() == gone.json()


async def test_a_missed_booking_cannot_be_cancelled(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        made = (await http.post("/bookings", json=slot(world))).json()
        await store.do(actions.expire_holds, clock.now() + HOUR)
        late = await http.post(f"/bookings/{made['id']}/cancel")

    assert (late.status_code, late.json()["code"]) == (409, "booking_over")


async def test_nobody_books_without_saying_who_they_are(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        made = (await http.post("/bookings", json=slot(world))).json()
        del http.headers["Authorization"]
        answers = [
            await http.post("/bookings", json=slot(world)),
            await http.get("/bookings"),
            await http.get(f"/bookings/{made['id']}"),
            await http.post(f"/bookings/{made['id']}/cancel"),
        ]

    assert {one.status_code for one in answers} == {401}


async def test_a_key_does_what_its_scopes_say(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        writer = await key_bearer(store, world.driver, "bookings:write")
        reader = await key_bearer(store, world.driver, "read")
        made = await http.post("/bookings", json=slot(world), headers=writer)
        path = f"/bookings/{made.json()['id']}"
        refused = [
            await http.post("/bookings", json=slot(world, "12:00", "13:00"), headers=reader),
            await http.post(f"{path}/cancel", headers=reader),
            await http.get("/bookings", headers=writer),
        ]
        read = await http.get(path, headers=reader)

    assert (made.status_code, read.status_code) == (201, 200)
    assert {one.status_code for one in refused} == {403}
