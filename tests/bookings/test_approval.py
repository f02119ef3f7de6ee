"""Bookings that their owner agrees to: asked, approved, declined, not answered in time."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from chargehub.bookings import actions, approving, cancelling, rules, stating, tables
from chargehub.bookings import routes as booking_routes
from chargehub.bookings.rules import DEFAULTS, Policy
from chargehub.clock import HandClock
from chargehub.errors import Forbidden, NotFound
from chargehub.people.tables import Mail
from chargehub.store.work import Reads, table_of
from chargehub.store.writer import Store
from chargehub.units import Span
from tests.bookings.world import (
    HOUR,
    MINUTE,
    NOW,
    World,
    account,
    authorised,
    bearer,
    make_world,
    refused,
)
from tests.rest.app import application, client

REQUEST = replace(DEFAULTS, mode="request")
MAIL = table_of(Mail)


async def asking(store: Store, policy: Policy = REQUEST, per_kwh: str = "0.45") -> World:
    """A world whose owner agrees to every booking."""
    world = await make_world(store, per_kwh=per_kwh)
    await store.do(stating.state_policy, world.owner, world.station_id, policy, NOW)
    return world


async def names(world: World, booking_id: str) -> list[str]:
    return [name for name, _ in await world.events(booking_id)]


async def mails(store: Store) -> list[tuple[str, str]]:
    """To whom, and about what, since everybody had registered."""

    def read(reads: Reads) -> list[tuple[str, str]]:
        rows = reads.all(select(MAIL.c.recipient, MAIL.c.subject).order_by(MAIL.c.id))
        told = [(row.recipient, row.subject) for row in rows]
        return [one for one in told if one[1].startswith(("Your booking", "Somebody"))]

    return await store.read(read)


@pytest.mark.parametrize(
    ("left", "stated", "lasts"),
    [
        (48 * HOUR, None, 12 * HOUR),
        (4 * HOUR, None, 2 * HOUR),
        (20 * MINUTE, None, 15 * MINUTE),
        (15 * MINUTE, None, 15 * MINUTE),
        (48 * HOUR, 24 * HOUR, 24 * HOUR),
        (2 * HOUR, 24 * HOUR, 2 * HOUR),
    ],
)
def test_an_owner_has_half_the_time_that_is_left(
    left: timedelta, stated: timedelta | None, lasts: timedelta
) -> None:
    slot = Span(NOW + left, NOW + left + HOUR)

    assert rules.approve_by(slot, NOW, replace(REQUEST, approval=stated)) == NOW + lasts


async def test_nothing_is_held_before_the_owner_agrees(store: Store) -> None:
    world = await asking(store)
    booking = await world.hold(start=240)

    assert (booking.status, booking.pay_by) == ("requested", None)
    assert booking.approve_by == NOW + 2 * HOUR
    assert await names(world, booking.id) == ["BookingRequested"]
    for _ in range(2):
        approved = await store.do(approving.approve, world.owner, booking.id, NOW + HOUR)
    assert (approved.status, approved.pay_by) == ("held", NOW + HOUR + DEFAULTS.hold)
    await store.do(actions.confirm, authorised(booking.id), NOW + HOUR)
    again = await store.do(approving.approve, world.owner, booking.id, NOW + HOUR)

    assert again.status == "confirmed"
    assert await names(world, booking.id) == [
        "BookingRequested",
        "BookingHeld",
        "BookingConfirmed",
    ]
    assert await mails(store) == [
        ("olga@example.org", "Somebody asks for your charger"),
        ("dan@example.org", "Your booking is approved"),
    ]


async def test_a_free_slot_is_the_drivers_when_the_owner_agrees(store: Store) -> None:
    world = await asking(store, per_kwh="0")
    booking = await world.hold(start=240)

    approved = await store.do(approving.approve, world.owner, booking.id, NOW)

    assert (booking.status, approved.status, approved.pay_by) == ("requested", "confirmed", None)


async def test_a_deposit_that_is_refused_after_the_approval_frees_the_slot(store: Store) -> None:
    world = await asking(store)
    booking = await world.hold(start=240)
    await store.do(approving.approve, world.owner, booking.id, NOW)

    await store.do(actions.decline, refused(booking.id), NOW)

    assert (await world.booking(booking.id)).status == "declined"


async def test_an_owner_says_no_and_the_slot_is_free(store: Store) -> None:
    world = await asking(store)
    booking = await world.hold(start=240)
    with pytest.raises(rules.SlotTaken):
        await world.hold(start=240)

    for _ in range(2):
        gone = await store.do(approving.decline, world.owner, booking.id, NOW + MINUTE)

    assert (gone.status, gone.cancelled_by, gone.fee_minor) == ("declined", "owner", 0)
    assert await names(world, booking.id) == ["BookingRequested", "BookingReleased"]
    assert (await mails(store))[1:] == [("dan@example.org", "Your booking is declined")]
    with pytest.raises(rules.BookingOver, match="over"):
        await store.do(approving.approve, world.owner, booking.id, NOW + MINUTE)
    assert (await world.hold(start=240)).status == "requested"


async def test_no_answer_in_time_is_a_no(store: Store) -> None:
    world = await asking(store)
    booking = await world.hold(start=240)
    late = NOW + 2 * HOUR

    assert await store.do(approving.decline_overdue, late - MINUTE) == 0
    with pytest.raises(rules.BookingOver, match="in time"):
        await store.do(approving.approve, world.owner, booking.id, late)
    assert await store.do(approving.decline_overdue, late) == 1
    assert await store.do(approving.decline_overdue, late) == 0

    gone = await world.booking(booking.id)
    assert (gone.status, gone.cancelled_by, gone.ended_at) == ("declined", None, late)
    assert (await mails(store))[-1] == ("dan@example.org", "Your booking is declined")


async def test_a_request_that_lapsed_gives_way_before_the_clock_has_seen_it(store: Store) -> None:
    world = await asking(store)
    first = await world.hold(start=240)
    during = Span(first.starts_at, first.ends_at)
    late = NOW + 2 * HOUR

    assert await store.read(tables.busy, [world.evse_id], during, late - MINUTE)
    assert not await store.read(tables.busy, [world.evse_id], during, late)
    second = await world.hold(start=240, driver=await account(store, "eve"), now=late)

    assert (await world.booking(first.id)).status == "declined"
    assert second.status == "requested"
    assert ("dan@example.org", "Your booking is declined") in await mails(store)


async def test_a_request_gives_nobody_the_evse(store: Store) -> None:
    world = await asking(store)
    booking = await world.hold(start=20)
    at: datetime = booking.starts_at

    assert await store.read(tables.covering, world.evse_id, at) is None


async def test_owners_need_nobody_to_agree_and_time_to_do_so(store: Store) -> None:
    world = await asking(store)

    assert (await world.hold(start=240, driver=world.owner)).status == "confirmed"
    with pytest.raises(rules.TooLateToAsk, match="15 minutes"):
        await world.hold(start=14)


async def test_only_the_owner_answers_and_drivers_may_take_it_back(store: Store) -> None:
    world = await asking(store)
    booking = await world.hold(start=240)
    stranger = await account(store, "sue")

    for action in (approving.approve, approving.decline):
        with pytest.raises(Forbidden, match="Only the owner"):
            await store.do(action, world.driver, booking.id, NOW)
        with pytest.raises(NotFound):
            await store.do(action, stranger, booking.id, NOW)
    with pytest.raises(rules.BookingOver, match="Decline it"):
        await store.do(cancelling.cancel, world.owner, booking.id, NOW)
    gone = await store.do(cancelling.cancel, world.driver, booking.id, NOW)

    assert (gone.status, gone.fee_minor) == ("cancelled", 0)
    with pytest.raises(rules.BookingOver):
        await store.do(approving.decline, world.owner, booking.id, NOW)


async def test_a_request_over_rest(store: Store, clock: HandClock) -> None:
    world = await asking(store)
    app: Any = application(booking_routes.router, hub=SimpleNamespace(store=store, clock=clock))
    async with client(app) as http:
        http.headers.update(await bearer(store, world.driver))
        slot = {"starts_at": "2026-03-02T12:00:00Z", "ends_at": "2026-03-02T13:00:00Z"}
        made = (await http.post("/bookings", json={"evse_id": world.evse_id, **slot})).json()
        own = await http.post(f"/bookings/{made['id']}/approve")
        http.headers.update(await bearer(store, world.owner))
        approved = await http.post(f"/bookings/{made['id']}/approve")
        declined = await http.post(f"/bookings/{made['id']}/decline")

    assert (made["status"], made["approve_by"]) == ("requested", "2026-03-02T10:00:00Z")
    assert (own.status_code, own.json()["code"]) == (403, "forbidden")
    assert (approved.status_code, approved.json()["status"]) == (200, "held")
    assert (declined.status_code, declined.json()["code"]) == (409, "booking_over")
