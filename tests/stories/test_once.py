"""POSTs that cost money, sent again: done once for each account and key, on a running hub."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chargehub.clock import HandClock
from tests.docs_tables import operations
from tests.hub import Person, Place, RunningHub
from tests.stories.deeds_of_money import Deed, after_money, moved_money
from tests.stories.steps import charge, slot
from tests.stories.stripe_hub import StripeHub, stripe_hub
from tests.stories.test_guest import guest_of

HOUR = timedelta(hours=1)
# An owner has been paid and owes: that story is played twice in `test_taken_back`.
ELSEWHERE = {"/owner-debts/{owner_id}/reversals"}


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[StripeHub]:
    """A hub whose drivers enter cards on Stripe's pages, and name them to the sandbox."""
    async with stripe_hub(database, clock, sandbox_beside_stripe=True) as made:
        yield made


async def deeds(hub: RunningHub) -> list[Deed]:
    """One for every route that takes a key."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other, operator = await hub.person("other"), await hub.operator()
    guest, fee = await charged_a_fee(hub, owner)
    place = await hub.station(owner, "2.0.1", evses=3)
    await charge(hub, place, driver.id_token, evse=3)
    (billed,) = (await owner.get("/cdrs?role=owner"))["items"]
    claimed = await charged_unknown(hub, driver, place)
    here, there = ({"evse_id": evse_id} for evse_id in place.evse_ids[:2])
    early, late = slot(hub, 9 * HOUR, HOUR), slot(hub, 12 * HOUR, HOUR)
    card, small = ({"rail": "sandbox", "reference": text} for text in ("ok", "limit:500"))
    wrong, worse = ({"energy_wh": wh, "reason": "The meter was broken."} for wh in (5_000, 1_000))
    corrections = "/cdrs/{cdr_id}/corrections"
    weekly = slot(hub, 15 * HOUR, HOUR) | {"weeks": 2}
    quoted = slot(hub, 18 * HOUR, HOUR) | {"energy_wh": 5_000}
    disputed = {
        "session_id": billed["session_id"],
        "kind": "energy",
        "amount": {"amount_minor": 10, "currency": "EUR"},
        "statement": "My car took less.",
    }
    unfair = {"kind": "fraud", "amount": fee, "statement": "I was told another time."}
    shorter = unfair | {"statement": "No."}
    milder = disputed | {"statement": "My car took a little less."}
    series, quotes, by_guest = "/booking-series", "/quotes", "/guest-booking/disputes"
    return [
        Deed("/bookings", driver, "/bookings", here | early, here | late, (other, there | early)),
        Deed("/sessions", driver, "/sessions", here, there, (other, there)),
        Deed("/payment-methods", driver, "/payment-methods", card, small, (other, card)),
        Deed("/sessions/claims", driver, "/sessions/claims", claimed, claimed | {"id_token": "X"}),
        Deed(series, driver, series, here | weekly, here | weekly | {"weeks": 3}),
        Deed(quotes, driver, quotes, here | quoted, there | quoted, (other, here | quoted)),
        Deed("/disputes", driver, "/disputes", disputed, milder),
        Deed(by_guest, guest, by_guest, unfair, shorter),
        Deed(corrections, operator, corrections.format(cdr_id=billed["id"]), wrong, worse),
    ]


async def charged_a_fee(hub: RunningHub, owner: Person) -> tuple[Person, dict[str, Any]]:
    """A guest who cancelled so late that something was kept, and how much."""
    place = await hub.station(owner, "2.0.1")
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", {"cancellation": "strict"}, 200)
    guest = await guest_of(hub, place)
    await hub.advance(minutes=50)
    await guest.post("/guest-booking/cancel", expect=200)
    await hub.settle()
    return guest, (await guest.get("/guest-booking"))["fee"]


async def charged_unknown(hub: RunningHub, driver: Person, place: Place) -> dict[str, Any]:
    """What this driver may claim: energy of a card that was registered afterwards."""
    await place.sim.go_offline()
    await charge(hub, place, "NEW-CARD", evse=3)
    await place.sim.reconnect()
    await hub.settle()
    await driver.post("/id-tokens", {"value": "NEW-CARD"})
    return {"id_token": "NEW-CARD", "station_id": place.station_id}


async def test_every_route_that_costs_money_does_what_a_key_asks_for_once(
    world: StripeHub,
) -> None:
    """Also after the hub was restarted. Another body under the key is refused; what another
    account sends under the same key is that account's own."""
    hub = world.hub
    asked = [*await after_money(world), *await deeds(hub)]

    first = [await ask(deed.who, deed, deed.body) for deed in asked]
    others = [await ask(deed.other[0], deed, deed.other[1]) for deed in asked if deed.other]
    await hub.settle()
    moved = await moved_money(hub, asked)
    await hub.restart()
    again = [await ask(deed.who, deed, deed.body) for deed in asked]
    await hub.settle()
    refused = [
        await ask(deed.who, deed, deed.changed, 422) for deed in asked if deed.changed is not None
    ]

    assert again == first
    assert await moved_money(hub, asked) == moved
    assert {one["code"] for one in refused} == {"idempotency_key_reused"}
    assert not {one["id"] for one in others} & {one.get("id") for one in first}
    by_code = "/evses/{evse_id}/starts"  # by nobody known; its own story is `test_let_in`
    assert {deed.route for deed in asked} | {by_code} | ELSEWHERE == await takers(hub)


async def ask(
    who: Person, deed: Deed, body: dict[str, Any], expect: int | None = None
) -> dict[str, Any]:
    """The deed under its own key, which is the same for everybody."""
    status = deed.status if expect is None else expect
    return await who.post(deed.path, body, status, **{"Idempotency-Key": f"tap-{deed.route}"})


async def takers(hub: RunningHub) -> set[str]:
    """The routes that take a key, as the document has them."""
    document = (await hub.api.get("/openapi.json")).json()
    return {
        path.removeprefix("/api/v1")
        for _, path, operation in operations(document)
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    }
