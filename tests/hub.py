"""A real hub for stories: its own database, OCPP on a loopback port, REST in process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.datastructures import State

from chargehub.app import Hub, web
from chargehub.clock import HandClock
from chargehub.people import actions as people
from chargehub.people.passwords import Passwords
from chargehub.settings import Settings
from chargers.station import StationSim
from tests.people.conftest import quick_hasher

TOP_UPS = {"prepaid_daily_coins": 1_000, "prepaid_new_daily_coins": 1_000}  # a purse at once
LIMIT_S = 60.0  # for what hangs, not for what a busy machine does slowly
TARIFF = {
    "name": "Home",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.45"}],
}


_APPLICATIONS: list[FastAPI] = []


def application(hub: Hub) -> FastAPI:
    """REST over this hub. One application serves all hubs of the process, one after the other:
    to build its routes takes longer than a story."""
    if not _APPLICATIONS:
        _APPLICATIONS.append(web(hub))
    app = _APPLICATIONS[0]
    app.state = State({"hub": hub, "passwords": Passwords(quick_hasher())})
    return app


def served() -> list[State]:
    """Which hub REST serves now: none or one."""
    return [app.state for app in _APPLICATIONS]


def serve_again(before: list[State]) -> None:
    """Serve the hub that was served before."""
    for app, state in zip(_APPLICATIONS, before, strict=False):
        app.state = state


@dataclass
class Person:
    """Somebody who is logged in."""

    hub: "RunningHub"
    account_id: str
    email: str
    token: str
    id_token: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, body: Any = None, expect: int | None = None, **headers: str
    ) -> Any:
        """One request to the API; the answer's JSON. Fails unless the status is as expected."""
        return await self.hub.ask(
            method,
            path,
            body,
            expect,
            {"Authorization": f"Bearer {self.token}", **headers},
        )

    async def get(self, path: str, expect: int = 200) -> Any:
        return await self.ask("GET", path, expect=expect)

    async def post(self, path: str, body: Any = None, expect: int = 201, **headers: str) -> Any:
        return await self.ask("POST", path, body, expect, **headers)

    async def app_token(self) -> str:
        """The id token that the hub tells a station when this person starts from afar."""
        tokens = (await self.get("/id-tokens"))["items"]
        return next(str(each["value"]) for each in tokens if each["kind"] == "app")


@dataclass
class Place:
    """A published station with its simulated hardware, connected and booted."""

    sim: StationSim
    station_id: str
    evse_ids: list[str]
    identity: str
    password: str
    tariff_id: str


class RunningHub:
    """What stories talk to."""

    def __init__(self, database: str, clock: HandClock, **settings: Any) -> None:
        self.database = database
        self.clock = clock
        self.settings = Settings(
            database=database,
            ocpp="127.0.0.1:0",
            secret="a secret of tests only",
            tick_s=3600,
            ocpp_call_timeout_s=5,
            ocpp_return_s=0.001,  # stations of stories come back as often as they like
            # Frames are written later, by themselves; stories compare tables.
            # Owners of stories are all new; what that delays has stories of its own.
            **{"frames_kept": 0, "new_owner_maturity_hours": 0, **TOP_UPS, **settings},
        )
        self.keeps_books = True  # False: a story tears them up, and no law can hold
        self._sims: list[StationSim] = []
        self.hub: Hub
        self.api: httpx2.AsyncClient

    async def start(self, ocpp_port: int = 0) -> None:
        settings = self.settings.model_copy(update={"ocpp": f"127.0.0.1:{ocpp_port}"})
        self.hub = Hub(settings, self.clock)
        app = application(self.hub)
        transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 1234))
        self.api = httpx2.AsyncClient(transport=transport, base_url="http://hub.test")
        await self.hub.start()

    async def stop(self) -> None:
        await self.api.aclose()
        await self.hub.stop()

    async def restart(self) -> None:
        """The process ends and comes back on the same database and port."""
        port = self.hub.ocpp_port
        await self.stop()
        await self.start(port)

    async def close(self) -> None:
        for sim in self._sims:
            await sim.close()
        await self.stop()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.hub.ocpp_port}/ocpp"

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        expect: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        answer = await self.api.request(method, f"/api/v1{path}", json=body, headers=headers)
        if expect is not None:
            assert answer.status_code == expect, (
                f"{method} {path}: {answer.status_code} {answer.text}"
            )
        return answer.json() if answer.content else None

    async def person(self, name: str, pays: bool | str = True) -> Person:
        """A new account; `pays`: with a sandbox payment method (its reference, or 'ok')."""
        body = {"email": f"{name}@example.org", "password": "correct horse", "name": name}
        made = await self.ask("POST", "/accounts", body, 201)
        person = Person(self, made["id"], body["email"], made["token"])
        card = await person.post("/id-tokens", {"value": f"CARD-{name}".upper()[:20]})
        person.id_token = card["value"]
        if pays:
            reference = pays if isinstance(pays, str) else "ok"
            await person.post("/payment-methods", {"rail": "sandbox", "reference": reference})
        return person

    async def operator(self) -> Person:
        """Somebody who runs the hub."""
        password_hash = quick_hasher().hash("correct horse")
        email = "operator@example.org"
        account_id = await self.hub.store.do(
            people.create_operator, email, "Op", password_hash, self.clock.now()
        )
        login = await self.ask(
            "POST", "/logins", {"email": email, "password": "correct horse"}, 201
        )
        return Person(self, account_id, email, login["token"])

    async def station(
        self,
        owner: Person,
        version: str,
        evses: int = 1,
        tariff: dict[str, Any] | None = None,
        publish: bool = True,
        hours: Any = "24/7",
        time_zone: str = "Europe/Oslo",
        where: dict[str, Any] | None = None,
    ) -> Place:
        """A station of this owner, registered by REST, published, connected and booted."""
        where = {
            "name": "Garage",
            "address": "Storgata 1",
            "latitude": 59.9139,
            "longitude": 10.7522,
            "time_zone": time_zone,
            **(where or {}),
        }
        location = await owner.post("/locations", where)
        wanted = {
            "location_id": location["id"],
            "evses": [
                {
                    "number": number,
                    "power_w": 11000,
                    "connectors": [{"number": 1, "type": "IEC_62196_T2"}],
                }
                for number in range(1, evses + 1)
            ],
        }
        made = await owner.post("/stations", wanted)
        priced = await owner.post("/tariffs", tariff or TARIFF)
        if publish:
            listing = {"tariff_id": priced["id"], "opening_hours": hours}
            await owner.ask("PUT", f"/stations/{made['id']}/listing", listing, 200)
        sim = StationSim(
            version, made["identity"], made["password"], self.url, evses, self.clock.now
        )
        self._sims.append(sim)
        await sim.connect()
        await sim.boot()
        return Place(
            sim,
            made["id"],
            [evse["id"] for evse in made["evses"]],
            made["identity"],
            made["password"],
            priced["id"],
        )

    async def settle(self) -> None:
        """Until all that follows from what happened has happened, and what is due is done."""
        async with asyncio.timeout(LIMIT_S):
            await self.hub.relay.idle()
            while await self.hub.jobs.run_due():
                await self.hub.relay.idle()

    async def advance(self, **step: float) -> None:
        """Move the clock and do what became due."""
        self.clock.advance(timedelta(**step))
        await self.settle()

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait for a condition (a function, or one that gives an awaitable) to become true."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                found = holds()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.005)
