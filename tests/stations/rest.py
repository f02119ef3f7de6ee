"""The routes of stations and listings as an owner's client sees them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx2

from chargehub.bookings.outside import outside_hours
from chargehub.clock import HandClock
from chargehub.listings import amenity_routes, photo_routes
from chargehub.listings import routes as listings
from chargehub.margins.warning import CostWarner
from chargehub.people import actions as people
from chargehub.people.rules import Actor, Scope
from chargehub.settlement.split import Terms
from chargehub.stations import command_routes, pairing_routes
from chargehub.stations import routes as stations
from chargehub.stations.quirks import QuirkBook
from chargehub.store.writer import Store
from tests.rest.app import application, client

LOCATION = {
    "name": "Garage",
    "address": "Storgata 1, Oslo",
    "latitude": 59.9139,
    "longitude": 10.7522,
    "time_zone": "Europe/Oslo",
}
EVSE = {"number": 1, "power_w": 11_000, "connectors": [{"number": 1, "type": "IEC_62196_T2"}]}


class Lines:
    """A switchboard without any line; it remembers whose line was to be closed."""

    def __init__(self) -> None:
        self.hung_up: list[str] = []

    async def hang_up(self, station_id: str, reason: str) -> None:
        self.hung_up.append(station_id)


class Api:
    """A hub's routes, and clients of them that are logged in."""

    def __init__(self, store: Store, clock: HandClock, stack: AsyncExitStack) -> None:
        self.store, self.clock, self._stack = store, clock, stack
        self.lines = Lines()
        settings = SimpleNamespace(
            listing_grade="",
            stripe_key="",
            secret="the hub's secret in tests",
            country="ZZ",
            ocpp_public_url="wss://hub.example/ocpp",
            ocpps_public_url="",
            ocpp="",
            ocpps="127.0.0.1:9443",
            ocpp_without_password=False,
            pairing_minutes=10,
            open_pairings=2,
            daily_pairings=4,
        )
        self.settings = settings
        parts = {"store": store, "clock": clock, "switchboard": self.lines}
        parts["warner"] = CostWarner(Terms())
        parts["outside"] = outside_hours
        hub = SimpleNamespace(**parts, settings=settings, quirks=QuirkBook(), takes_cards=True)
        routers = (stations.router, command_routes.router, pairing_routes.router, listings.router)
        routers += (amenity_routes.router, photo_routes.router)
        self._app = application(*routers, hub=hub)

    async def anybody(self) -> httpx2.AsyncClient:
        return await self._stack.enter_async_context(client(self._app))

    async def owner(self, name: str = "ann") -> httpx2.AsyncClient:
        """A new account's client, logged in."""
        wanted = people.Registration(f"{name}@example.org", name, "no password logs in")
        done = await self.store.do(
            people.register, wanted, "http://hub", timedelta(days=1), self.clock.now()
        )
        return await self._with(done.login.token, done.account_id)

    async def key(self, owner: httpx2.AsyncClient, *scopes: Scope) -> httpx2.AsyncClient:
        """A client with an API key of the owner's account."""
        account_id = owner.headers["X-Account"]
        actor = Actor(account_id, is_operator=False, scopes=None)
        made = await self.store.do(
            people.create_api_key, actor, people.NewKey("machine", scopes), self.clock.now()
        )
        return await self._with(made.key, account_id)

    async def _with(self, token: str, account_id: str) -> httpx2.AsyncClient:
        http = await self.anybody()
        http.headers["Authorization"] = f"Bearer {token}"
        http.headers["X-Account"] = account_id
        return http


@asynccontextmanager
async def api_over(store: Store, clock: HandClock) -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        yield Api(store, clock, stack)


async def new_station(owner: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    """A station at a new location, as the answer to its registration shows it."""
    place = await owner.post("/locations", json=LOCATION)
    wanted = {"location_id": place.json()["id"], "evses": [EVSE], **more}
    made = await owner.post("/stations", json=wanted)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


def refusal(answer: httpx2.Response) -> tuple[int, str, str]:
    """The status, code and sentence of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return answer.status_code, body["code"], body["detail"]


def wrong_fields(answer: httpx2.Response) -> dict[str, str]:
    """What is wrong with which field of a request that does not fit."""
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["detail"] for each in answer.json()["errors"]}
