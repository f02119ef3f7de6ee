"""Quotes: what was promised counts, whatever the owner states meanwhile; a quote counts once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx2

from chargehub.bookings import (
    locked,
    policies,
    promising,
    quote_routes,
    quotes,
    routes,
    rules,
    stating,
)
from chargehub.bookings.terms import read_policy, write_policy
from chargehub.clock import HandClock
from chargehub.store.writer import Store
from tests.bookings.world import MINUTE, World, account, bearer, make_world
from tests.rest.app import application, client

Http = httpx2.AsyncClient


@asynccontextmanager
async def hub(store: Store, clock: HandClock) -> AsyncIterator[tuple[World, Http]]:
    """A hub with bookings and quotes; the client is the driver unless it says otherwise."""
    world = await make_world(store)
    app = application(
        routes.router, quote_routes.router, hub=SimpleNamespace(store=store, clock=clock)
    )
    async with client(app) as http:
        http.headers.update(await bearer(store, world.driver))
        yield world, http


def slot(world: World, start: str = "09:00", end: str = "11:00") -> dict[str, Any]:
    return {
        "evse_id": world.evse_id,
        "starts_at": f"2026-03-02T{start}:00Z",
        "ends_at": f"2026-03-02T{end}:00Z",
    }


async def quoted(http: Http, world: World, **times: str) -> dict[str, Any]:
    answer = await http.post("/quotes", json={**slot(world, **times), "energy_wh": 10_000})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_quote_tells_parts_formula_and_the_most(store: Store, clock: HandClock) -> None:
    """The parts stand in the order of AFIR; 11 kW for two hours is the most that fits."""
    async with hub(store, clock) as (world, http):
        quote = await quoted(http, world)
        read = await http.get(f"/quotes/{quote['id']}")

    assert read.json() == quote
    expected = quote["expected"]
    assert [part["name"] for part in expected["parts"]] == ["kwh", "minute", "session", "other"]
    assert (expected["total_minor"], quote["most"]["amount_minor"]) == (450, 990)
    assert quote["formula"] == [{"kind": "energy", "price": "0.45", "unit": "kWh", "when": ""}]
    assert (quote["minimum"], quote["maximum"], quote["booking_id"]) == (None, None, None)
    assert quote["valid_until"] == "2026-03-02T08:10:00Z"
    assert quote["policy"]["cancellation"] == "free"


async def test_who_books_too_late_to_cancel_reads_that_before(
    store: Store, clock: HandClock
) -> None:
    """Under `moderate` a slot 50 minutes ahead keeps all of the deposit from the first moment."""
    async with hub(store, clock) as (world, http):
        moderate = read_policy({**write_policy(rules.DEFAULTS), "cancellation": "moderate"})
        await store.do(stating.state_policy, world.owner, world.station_id, moderate, clock.now())
        soon = await quoted(http, world, start="08:50", end="10:50")
        later = await quoted(http, world, start="14:00", end="16:00")
        made = await http.post("/bookings", json={**slot(world, "08:50", "10:50")})
        cost = await http.get(f"/bookings/{made.json()['id']}")

    terms = soon["cancellation"]
    assert (terms["policy"], terms["free_until"], terms["half_until"]) == ("moderate", None, None)
    assert terms["kept_after"] == soon["deposit"] == made.json()["deposit"]
    assert made.json()["cancellation"] == cost.json()["cancellation"] == terms
    terms = later["cancellation"]
    assert terms["free_until"] == "2026-03-02T10:00:00Z"
    assert terms["half_until"] == "2026-03-02T13:00:00Z"
    assert terms["half_kept"]["amount_minor"] == later["deposit"]["amount_minor"] // 2


async def test_what_was_quoted_counts_though_the_owner_changed_it(
    store: Store, clock: HandClock
) -> None:
    """Price and policy are those of the quote; who asks again gets the new ones."""
    async with hub(store, clock) as (world, http):
        quote = await quoted(http, world)
        await world.tariff_at("0.90")
        strict = read_policy({**write_policy(rules.DEFAULTS), "cancellation": "strict"})
        await store.do(stating.state_policy, world.owner, world.station_id, strict, clock.now())
        made = await http.post("/bookings", json={**slot(world), "quote_id": quote["id"]})
        after = (await http.get(f"/quotes/{quote['id']}")).json()
        booking = await world.booking(made.json()["id"])
        anew = await quoted(http, world, start="12:00", end="14:00")

    assert made.status_code == 201, made.text
    assert booking.tariff_snapshot_id == quote["tariff_snapshot_id"]
    assert policies.of_booking(booking) == rules.DEFAULTS
    assert after == {**quote, "booking_id": booking.id}
    assert (anew["most"]["amount_minor"], anew["policy"]["cancellation"]) == (1_980, "strict")


async def test_a_quote_that_does_not_count_is_refused_by_name(
    store: Store, clock: HandClock
) -> None:
    async with hub(store, clock) as (world, http):
        quote = await quoted(http, world)
        wanted = {**slot(world), "quote_id": quote["id"]}
        stranger = await bearer(store, await account(store, "sue"))
        foreign = await http.post("/bookings", json=wanted, headers=stranger)
        hidden = await http.get(f"/quotes/{quote['id']}", headers=stranger)
        made_up = await http.post("/bookings", json={**slot(world), "quote_id": "made-up"})
        other = await http.post("/bookings", json={**wanted, **slot(world, end="11:15")})
        done = await http.post("/bookings", json=wanted)
        used = await http.post("/bookings", json=wanted)
        late = await quoted(http, world, start="12:00", end="13:00")
        clock.advance(10 * MINUTE)
        stale = await http.post(
            "/bookings", json={**slot(world, "12:00", "13:00"), "quote_id": late["id"]}
        )

    assert done.status_code == 201
    assert [(one.status_code, one.json()["code"]) for one in (foreign, hidden, made_up)] == [
        (404, "no_such_quote")
    ] * 3
    assert (other.status_code, other.json()["code"]) == (422, "quote_differs")
    assert (used.status_code, used.json()["code"]) == (409, "quote_used")
    assert (stale.status_code, stale.json()["code"]) == (409, "quote_expired")


async def test_a_quote_holds_no_slot_and_is_given_for_none_that_is_taken(
    store: Store, clock: HandClock
) -> None:
    """A refused booking leaves the quote as it was."""
    async with hub(store, clock) as (world, http):
        quote = await quoted(http, world)
        eve = await account(store, "eve")
        taken = await world.hold(60, 60, driver=eve)
        refused = await http.post("/bookings", json={**slot(world), "quote_id": quote["id"]})
        again = await http.post("/quotes", json={**slot(world), "energy_wh": 1})
        after = (await http.get(f"/quotes/{quote['id']}")).json()

    assert taken.status == "held"
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
    assert (again.status_code, again.json()["code"]) == (409, "slot_taken")
    assert after["booking_id"] is None


async def test_quotes_are_few_at_a_time_and_forgotten(store: Store, clock: HandClock) -> None:
    async with hub(store, clock) as (world, http):
        first = await quoted(http, world)
        for _ in range(locked.OPEN_QUOTES - 1):
            await quoted(http, world)
        refused = await http.post("/quotes", json={**slot(world), "energy_wh": 1})
        clock.advance(10 * MINUTE)
        later = await http.post("/quotes", json={**slot(world), "energy_wh": 1})
        kept = await store.do(promising.forget_quotes, clock.now())
        clock.advance(timedelta(days=1, minutes=1))
        gone = await store.do(promising.forget_quotes, clock.now())
        known = await store.read(quotes.quote, first["id"])

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_quotes")
    assert later.status_code == 201
    assert (kept, gone) == (0, locked.OPEN_QUOTES)
    assert known is None
