"""Whose car stands in the way pays the next driver's credit, out of what staying costs."""

from typing import Any

import pytest

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, audited, book, leave, net, only, passing, transfers
from tests.stories.test_credits import amounts
from tests.stories.test_failed import come
from tests.stories.test_overstay import HOUR, STATED

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("version", ["2.0.1"]),
]


async def met(hub: RunningHub, owner: Person, version: str, hours: int) -> tuple[Person, Person]:
    """The first driver stays an hour past the end; the second had booked for half of that and
    gave it up, and has a credit."""
    first, second = await hub.person("first"), await hub.person("second")
    place = await hub.station(owner, version)
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", STATED, expect=200)
    booking = await book(hub, first, place, HOUR, hours * HOUR)
    after = await book(hub, second, place, (hours + 1) * HOUR + HALF_HOUR, HOUR)
    await _charges(hub, place, first, booking, hours)
    await hub.advance(minutes=31)
    await second.post(f"/bookings/{after['id']}/cancel", expect=200)
    await hub.settle()
    await hub.advance(minutes=29)
    assert (await net_of(hub))["expense:goodwill EUR"] == 500
    await leave(hub, place)
    return first, second


async def _charges(hub: RunningHub, place: Place, driver: Person, booking: Any, hours: int) -> None:
    await come(hub, place, driver, booking)
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    step = hours * HALF_HOUR
    await place.sim.charge(1, 10_000, readings=2, before_each=passing(hub, step))


async def net_of(hub: RunningHub) -> dict[str, int]:
    """What all transfers moved, without holds."""
    return net(await transfers(hub))


async def test_the_next_drivers_credit_comes_out_of_the_overstay(
    hub: RunningHub, version: str
) -> None:
    """4.50 and 7.50 for staying, 11.00 of it held: the owner's nine tenths of 6.50 cover 5.00."""
    owner = await hub.person("owner")
    _, second = await met(hub, owner, version, hours=2)

    moved = await net_of(hub)
    assert "expense:goodwill EUR" not in moved
    assert (moved["owner:receivable EUR"], moved["driver:credit EUR"]) == (500, -500)
    await hub.advance(hours=25)
    moved = await net_of(hub)
    assert "owner:receivable EUR" not in moved
    assert moved["owner:payable EUR"] == 500 - 1080
    assert await amounts(second) == [500, 500]
    await audited(hub)


async def test_the_hub_bears_what_the_overstay_did_not_bring(hub: RunningHub, version: str) -> None:
    """Only 1.50 of the 7.50 for staying were held and taken: 1.36 of it are the owner's."""
    owner = await hub.person("owner")
    await met(hub, owner, version, hours=1)

    moved = await net_of(hub)
    assert moved["owner:receivable EUR"] == 136
    assert moved["expense:goodwill EUR"] == 364
    await audited(hub)


async def test_an_overstay_that_is_given_back_leaves_the_credit_and_the_owner_owes_nothing(
    hub: RunningHub, version: str
) -> None:
    owner = await hub.person("owner")
    first, second = await met(hub, owner, version, hours=2)
    await hub.advance(hours=25)
    before = await net_of(hub)
    session = await only(first, "/sessions")
    claim = {
        "session_id": session["id"],
        "kind": "overstay",
        "amount": {"amount_minor": 650, "currency": "EUR"},
        "statement": "I was not there.",
    }
    made = await first.post("/disputes", claim)

    await owner.post(f"/disputes/{made['id']}/answer", {"agrees": True}, 200)
    await hub.settle()

    after = await net_of(hub)
    assert "expense:goodwill EUR" not in before
    assert after["expense:goodwill EUR"] == 500 - 91  # of 1.00 that its driver paid a day later
    assert await amounts(second) == [500, 500]
    assert after["psp EUR"] == 1100 + 100 - 650
    assert "owner:receivable EUR" not in after
    await audited(hub)
