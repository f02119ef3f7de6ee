"""Policies over REST and in bookings: stated, versioned, frozen; who cancels for what price."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Literal

import httpx2
import pytest

from chargehub.bookings import cancelling, policy_routes, routes, rules
from chargehub.clock import HandClock
from chargehub.store.writer import Store
from tests.bookings.world import (
    HOUR,
    MINUTE,
    NOW,
    World,
    account,
    bearer,
    make_world,
)
from tests.rest.app import application, client
from tests.stations import samples

Happens = Literal["nothing", "late", "occupied", "faulted", "offline"]

USUAL = {
    "grid_minutes": 15,
    "shortest_minutes": 30,
    "longest_minutes": 720,
    "lead_minutes": 0,
    "horizon_days": 30,
    "buffer_minutes": 10,
    "arrival_grace_minutes": 15,
    "cancellation": "flexible",
    "no_show_fee": None,
    "mode": "instant",
    "approval_minutes": None,
    "instant_for": "anybody",
    "overstay": None,
    "ends_walk_ups": False,
}


@asynccontextmanager
async def hub(store: Store, clock: HandClock) -> AsyncIterator[tuple[World, httpx2.AsyncClient]]:
    """A hub with bookings and policies; the client is the owner."""
    world = await make_world(store)
    app = application(
        routes.router, policy_routes.router, hub=SimpleNamespace(store=store, clock=clock)
    )
    async with client(app) as http:
        http.headers.update(await bearer(store, world.owner))
        yield world, http


async def test_a_policy_has_versions_and_usual_values(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        path = f"/stations/{world.station_id}/policy"
        before = (await http.get(path)).json()
        first = (await http.put(path, json={})).json()
        same = (await http.put(path, json={})).json()
        second = (
            await http.put(path, json={"cancellation": "strict", "no_show_fee": "2.5"})
        ).json()
        http.headers.update(await bearer(store, world.driver))
        seen = (await http.get(path)).json()

    assert (before["version"], before["cancellation"], before["no_show_fee"]) == (0, "free", "0")
    stated = {"station_id": world.station_id, "version": 1, "stated_at": "2026-03-02T08:00:00Z"}
    assert first == same == {**stated, **USUAL}
    assert (second["version"], second["cancellation"], second["no_show_fee"]) == (
        2,
        "strict",
        "2.5",
    )
    assert seen == second


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"buffer_minutes": 61}, "invalid"),
        ({"horizon_days": 91}, "invalid"),
        ({"arrival_grace_minutes": 9}, "invalid"),
        ({"lead_minutes": 48 * 60 + 1}, "invalid"),
        ({"cancellation": "never"}, "invalid"),
        ({"no_show_fee": "-1"}, "invalid"),
        ({"no_show_fee": "15.01"}, "bad_policy"),
        ({"shortest_minutes": 60, "longest_minutes": 30}, "bad_policy"),
        ({"grid_minutes": 60, "shortest_minutes": 15, "longest_minutes": 45}, "bad_policy"),
    ],
)
async def test_a_policy_beyond_its_bounds_is_refused(
    store: Store, clock: HandClock, wanted: dict[str, Any], code: str
) -> None:
    async with hub(store, clock) as (world, http):
        refused = await http.put(f"/stations/{world.station_id}/policy", json=wanted)

    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_only_the_owner_of_a_published_station_states_a_policy(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        hidden = await samples.station(store, owner=world.owner.account_id)
        unpublished = await http.put(f"/stations/{hidden}/policy", json={})
        unseen = await http.get(f"/stations/{hidden}/policy")
        http.headers.update(await bearer(store, world.driver))
        not_theirs = await http.put(f"/stations/{world.station_id}/policy", json={})

    assert [one.status_code for one in (unpublished, unseen, not_theirs)] == [404, 404, 404]


async def test_bookings_keep_to_the_policy_and_keep_their_own(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        path = f"/stations/{world.station_id}/policy"
        wanted = {"lead_minutes": 60, "buffer_minutes": 30, "arrival_grace_minutes": 20}
        await http.put(path, json={**wanted, "cancellation": "moderate"})
        with pytest.raises(rules.SlotInThePast, match="60 minutes from now"):
            await world.hold(start=30)
        with pytest.raises(rules.SlotTooShort, match="30 minutes"):
            await world.hold(length=15)
        with pytest.raises(rules.SlotOffGrid):
            await world.hold(start=61)
        booking = await world.hold(start=120, length=60)
        with pytest.raises(rules.SlotTaken):
            await world.hold(start=195, length=60)
        await http.put(path, json={"cancellation": "flexible"})

    kept = await world.booking(booking.id)
    assert kept.arrive_by == NOW + 140 * MINUTE
    assert kept.blocked_until == NOW + 210 * MINUTE
    assert (kept.policy_version, kept.policy["cancellation"]) == (1, "moderate")
    assert kept.expected_minor == 495


async def stand(world: World, clock: HandClock, kind: str) -> None:
    """The station is on line since before, and has this policy."""
    await world.connect()
    app = application(policy_routes.router, hub=SimpleNamespace(store=world.store, clock=clock))
    async with client(app) as http:
        http.headers.update(await bearer(world.store, world.owner))
        await http.put(f"/stations/{world.station_id}/policy", json={"cancellation": kind})


async def test_cancelling_costs_what_was_told(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        await stand(world, clock, "firm")
        booking_id = await world.confirmed(start=300, length=120)
        http.headers.update(await bearer(store, world.driver))
        clock.advance(HOUR + MINUTE)
        told = (await http.get(f"/bookings/{booking_id}/cancellation")).json()
        done = (await http.post(f"/bookings/{booking_id}/cancel")).json()
        late = await http.get(f"/bookings/{booking_id}/cancellation")

    assert told == {
        "kept": {"amount_minor": 1100, "currency": "EUR"},
        "returned": {"amount_minor": 0, "currency": "EUR"},
        "penalty": {"amount_minor": 0, "currency": "EUR"},
        "free_because": None,
    }
    assert done["fee"] == told["kept"]
    assert done["penalty"] is None
    assert late.status_code == 409


@pytest.mark.parametrize("change", ["price", "offline"])
async def test_cancelling_is_free_when_what_was_booked_has_changed(
    store: Store, clock: HandClock, change: str
) -> None:
    world = await make_world(store)
    await stand(world, clock, "firm")
    booking_id = await world.confirmed(start=60)
    if change == "price":
        await world.tariff_at("0.46")
    else:
        await world.disconnect(NOW + MINUTE)

    gone = await store.do(cancelling.cancel, world.driver, booking_id, NOW + 30 * MINUTE)

    assert (gone.status, gone.fee_minor) == ("cancelled", 0)


async def test_an_owner_who_cancels_owes_and_does_not_get_the_slot_back(
    store: Store, clock: HandClock
) -> None:
    world = await make_world(store)
    booking_id = await world.confirmed(start=60, length=120)
    other = await account(store, "eve")

    gone = await store.do(cancelling.cancel, world.owner, booking_id, NOW + MINUTE)
    with pytest.raises(rules.SlotTaken):
        await world.hold(start=60, driver=other)

    assert (gone.fee_minor, gone.penalty_minor) == (0, 495)  # half of 22 kWh at 0.45
    assert (await world.hold(start=200, driver=other)).status == "held"


@pytest.mark.parametrize(
    ("happens", "becomes", "fee"),
    [
        ("nothing", "no_show", 247),
        ("late", "no_show", 0),
        ("occupied", "no_show", 0),
        ("faulted", "failed", 0),
        ("offline", "failed", 0),
    ],
)
async def test_not_coming_costs_only_where_the_station_was_there(
    store: Store,
    clock: HandClock,
    happens: Literal["nothing", "late", "occupied", "faulted", "offline"],
    becomes: str,
    fee: int,
) -> None:
    world = await make_world(store)
    await stand(world, clock, "flexible")
    booking_id = await world.confirmed(start=60)
    if happens in ("late", "offline"):
        await world.disconnect(NOW + HOUR)
    if happens == "late":
        await world.connect(NOW + 65 * MINUTE)
    if happens == "occupied" or happens == "faulted":
        await world.tell_status(happens, NOW + HOUR)

    await store.do(cancelling.release_no_shows, NOW + 75 * MINUTE)

    missed = await world.booking(booking_id)
    assert (missed.status, missed.fee_minor) == (becomes, fee)
