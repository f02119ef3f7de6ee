"""The law of every route for those who have things of their own, for operators, and for keys that
are over. `test_access.py` has the rest."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chargehub.clock import HandClock
from tests.access_table import ROUTES
from tests.busy import Busy, busy
from tests.hub import Person, RunningHub
from tests.stories.steps import book, charge
from tests.test_access import GUARDED, ask, keyholder, leaked

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FOR_WHO_PAYS = {"POST /bookings", "POST /booking-series", "POST /sessions", "POST /sessions/claims"}
"""What somebody gets who can pay, and the stranger of the table cannot; it is their own."""
WITH_THE_PASSWORD = {"POST /logins"}
OPERATORS_TOO = {  # what is another's, and operators get it by their office
    "GET /checkups/{checkup_id}",
    "GET /stations/{station_id}/checkups",
    "GET /stations/{station_id}/fitness",
    "DELETE /stations/{station_id}/certificates/{certificate_id}",
    "GET /bookings/{booking_id}",
    "GET /bookings/{booking_id}/alternatives",
    "GET /bookings/{booking_id}/cancellation",
    "GET /bookings/{booking_id}/changes",
    "GET /bookings/{booking_id}/driver",
    "GET /bookings/{booking_id}/place",
    "GET /cdrs/{cdr_id}",
    "GET /disputes/{dispute_id}",
    "GET /disputes/{dispute_id}/evidence",
    "GET /disputes/{dispute_id}/evidence/reports",
    "GET /disputes/{dispute_id}/messages",
    "GET /disputes/{dispute_id}/photos/{photo_id}",
    "GET /evses/{evse_id}/meter-keys",
    "GET /invoices/{invoice_id}",
    "GET /invoices/{invoice_id}/invoice.html",
    "GET /invoices/{invoice_id}/invoice.pdf",
    "GET /sessions/{session_id}",
    "GET /sessions/{session_id}/cdrs",
    "GET /sessions/{session_id}/receipt",
    "GET /sessions/{session_id}/reviews",
    "GET /sessions/{session_id}/signed-readings",
    "GET /sessions/{session_id}/stream",
    "GET /stations/{station_id}/certificates",
    "GET /stations/{station_id}/frames",
    "GET /stations/{station_id}/notes",
    "GET /stations/{station_id}/repairs",
    "GET /stations/{station_id}/reservations",
    "GET /stations/{station_id}/sessions",
    "PATCH /id-tokens/{value}",
    "POST /bookings/{booking_id}/cancel",
    "POST /disputes/{dispute_id}/messages",
    "POST /disputes/{dispute_id}/photos",
    "POST /sessions/{session_id}/stop",
    "POST /stations/{station_id}/password/rotation",
    "PUT /evses/{evse_id}/meter-key",
    "PUT /stations/{station_id}/security-profile",
}


@dataclass(frozen=True)
class Street:
    """The busy hub, and an owner and a driver who have what its people have, but each their own."""

    busy: Busy
    owner: Person
    driver: Person


@pytest.fixture
async def street(database: str, clock: HandClock) -> AsyncIterator[Street]:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        world = await busy(hub)
        owner, driver = await hub.person("neighbour", pays=False), await hub.person("rival")
        place = await hub.station(owner, "1.6")
        await charge(hub, place, driver.id_token)
        await book(hub, driver, place, timedelta(hours=5), timedelta(hours=1))
        yield Street(world, owner, driver)
    finally:
        await hub.close()


@pytest.mark.parametrize("who", ["owner", "driver"])
async def test_another_owner_and_another_driver_get_nothing_of_others(
    street: Street, database: str, who: str
) -> None:
    """To own a station, or to drive, opens nobody else's."""
    person, wrong = getattr(street, who), {}
    for name, row in GUARDED.items():
        answer = await ask(street.busy, name, row, person.token)
        await street.busy.hub.hub.relay.idle()  # what is topped up can be paid back
        told = leaked(street.busy, answer, name)
        is_refused = name in FOR_WHO_PAYS or answer.status_code == (row.stranger or 200)
        if told or not is_refused:
            wrong[name] = answer.status_code, told, answer.text[:200]

    assert wrong == {}


async def test_an_operator_gets_in_where_the_table_says_and_nowhere_else(
    street: Street, database: str
) -> None:
    """Somebody who runs the hub is neither owner nor driver: looks, and does little for others."""
    entered = set()
    for name, row in GUARDED.items():
        if row.stranger >= 400 and row.who != "operator":
            answer = await ask(street.busy, name, row, street.busy.operator.token)
            assert answer.status_code < 500, (name, answer.text)
            if answer.status_code < 400:
                entered.add(name)

    assert entered == OPERATORS_TOO


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_a_key_that_is_over_opens_nothing(street: Street, database: str, how: str) -> None:
    world, keys, wrong = street.busy, {}, {}
    for row in GUARDED.values():
        if row.who not in ("login", "guest") and (row.rightful, row.who) not in keys:
            person, end = keyholder(world, row), world.hub.clock.now() + timedelta(minutes=5)
            wanted = {"name": "x", "scopes": [row.who], "expires_at": end.isoformat()}
            made = await person.post("/api-keys", wanted)
            keys[row.rightful, row.who] = made["key"]
            if how == "revoked":
                await person.ask("DELETE", f"/api-keys/{made['id']}", expect=204)
    if how == "expired":
        await world.hub.advance(minutes=5)
    for name, row in GUARDED.items():
        over = keys.get((row.rightful, row.who))
        if over is not None:
            answer = await ask(world, name, row, over)
            if answer.status_code != 401 or leaked(world, answer, name):
                wrong[name] = answer.status_code, answer.text[:200]

    assert wrong == {}


async def test_what_anybody_may_ask_tells_nothing_private(street: Street, database: str) -> None:
    """Whether somebody says who they are or not."""
    wrong = {}
    for token in (None, street.busy.stranger.token, street.owner.token):
        for name, row in ROUTES.items():
            if row.who == "anybody" and name not in WITH_THE_PASSWORD:
                answer = await ask(street.busy, name, row, token)
                if told := leaked(street.busy, answer, name):
                    wrong[name] = answer.status_code, told
                assert "Storgata" not in answer.text, name

    assert wrong == {}
