"""Where a station is exactly: told to who booked it, around the slot, and to nobody else."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.clock import HandClock
from chargehub.search.arriving import told_during
from chargehub.store.writer import Store
from tests.access_table import ROUTES
from tests.bookings.world import HOUR, MINUTE, NOW, make_world
from tests.busy import Busy, busy
from tests.hub import Person, RunningHub
from tests.test_access import ask, everything

EXACT = (59.9139, 10.7522)
NEAR = 0.0002  # degrees; the middle of the cell is further away in both directions
SECRETS = ("Storgata", "Key under the mat")
PLACE = "/bookings/{}/place"


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[Busy]:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        made = await busy(hub)
        path = f"/locations/{made.ids['location_id']}/access-notes"
        await made.owner.ask("PUT", path, {"access_notes": "Key under the mat"}, 200)
        yield made
    finally:
        await hub.close()


def numbers(value: Any) -> Iterator[float]:
    """Every number in a JSON value, also those in texts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, str):
        try:
            yield float(value)
        except ValueError:
            return
    elif isinstance(value, int | float):
        yield float(value)


def tells(text: str) -> bool:
    """True if an answer has the address, the notes, or a coordinate, in degrees or parts of one."""
    if any(secret in text for secret in SECRETS):
        return True
    try:
        found = list(numbers(json.loads(text)))
    except ValueError:  # a stream, or the metrics
        found = list(numbers(text.replace(":", " ").replace(",", " ").split()))
    units = (1, 1_000_000)
    return any(
        abs(number / unit - exact) < NEAR for number in found for unit in units for exact in EXACT
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", ["nobody", "stranger", "driver"])
async def test_no_route_tells_where_a_station_is(world: Busy, database: str, who: str) -> None:
    """Also not the driver, whose slot is hours away. Every route of the OpenAPI is in ROUTES."""
    token = None if who == "nobody" else world.person(who).token
    ends_the_login = "DELETE /logins/current"
    told = {}
    for name, row in ROUTES.items():
        if name != ends_the_login:
            answer = await ask(world, name, row, token)
            if tells(answer.text):
                told[name] = answer.text

    assert told == {}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_test_sees_what_the_owner_sees(world: Busy, database: str) -> None:
    name = "GET /locations/{location_id}"

    assert tells((await ask(world, name, ROUTES[name], world.owner.token)).text)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_neither_events_nor_mails_have_it(world: Busy, database: str) -> None:
    """What goes out by webhooks and to mailboxes is made of these rows."""
    rows = await world.hub.hub.store.read(everything)

    assert [one for table in ("event", "mail", "delivery") for one in rows[table]] != []
    for table in ("event", "mail", "delivery"):
        assert not [row for row in rows[table] if any(tells(json.dumps(str(one))) for one in row)]


async def place(person: Person, world: Busy, expect: int = 200) -> Any:
    return await person.get(PLACE.format(world.ids["booking_id"]), expect)


async def reveals(world: Busy) -> list[dict[str, Any]]:
    path = f"/locations/{world.ids['location_id']}/reveals"
    items: list[dict[str, Any]] = (await world.owner.get(path))["items"]
    return items


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
async def test_the_driver_is_told_around_the_slot_and_the_owner_reads_it(
    world: Busy, database: str
) -> None:
    booking = await world.driver.get(f"/bookings/{world.ids['booking_id']}")
    starts_at = datetime.fromisoformat(booking["starts_at"])
    told_from = starts_at - 60 * MINUTE

    early = await place(world.driver, world)
    world.hub.clock.advance(told_from - world.hub.clock.now() - timedelta(seconds=1))
    earlier = await place(world.driver, world)
    assert early == earlier and await reveals(world) == []
    world.hub.clock.advance(timedelta(seconds=1))
    exact = await place(world.driver, world)
    again = await place(world.driver, world)
    operators = await place(world.operator, world)
    (operator, driver) = await reveals(world)

    assert not early["is_exact"] and early["address"] is early["access_notes"] is None
    assert (early["latitude"], early["longitude"]) == (59.914213, 10.754991)
    assert datetime.fromisoformat(early["exact_from"]) == told_from
    assert exact == again == operators
    assert (exact["latitude"], exact["longitude"]) == EXACT
    assert (exact["address"], exact["access_notes"]) == ("Storgata 1", "Key under the mat")
    assert (driver["account_id"], driver["role"]) == (world.driver.account_id, "driver")
    assert driver["looks"] == 2 and driver["booking_id"] == world.ids["booking_id"]
    assert (operator["role"], operator["looks"]) == ("operator", 1)
    assert (await place(world.owner, world))["is_exact"] and len(await reveals(world)) == 2
    await place(world.stranger, world, expect=404)
    await world.driver.post(f"/bookings/{world.ids['booking_id']}/cancel", expect=200)
    over = await place(world.driver, world)
    assert not over["is_exact"] and over["exact_from"] is over["exact_until"] is None


@given(
    status=st.sampled_from(["requested", "held", "cancelled", "declined", "expired", "no_show"]),
    before=st.integers(0, 600),
)
def test_a_booking_that_opens_no_door_is_never_told(status: str, before: int) -> None:
    booking = _Booked(status)

    assert told_during(booking, before * MINUTE, HOUR) is None


class _Booked:
    driver_id, owner_id = "dan", "olga"
    starts_at, ends_at = NOW, NOW + HOUR

    def __init__(self, status: str) -> None:
        self.status = status


async def test_after_the_slot_it_is_told_for_half_an_hour(store: Store) -> None:
    world = await make_world(store)
    booking = await world.booking(await world.confirmed(start=60, length=60))

    told = told_during(booking, 60 * MINUTE, 30 * MINUTE)

    assert told is not None
    assert (told.start, told.end) == (NOW, NOW + 150 * MINUTE)
