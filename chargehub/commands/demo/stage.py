"""Where the story is told: its people, its stations, its clock, its picture."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
from rich.console import Console
from rich.live import Live
from rich.table import Table

from chargehub.app import Hub
from chargehub.clock import FastClock
from chargehub.units import kwh_text, major_text
from chargers.station import StationSim

SLOW = 10  # business seconds in a real one while people and stations talk to each other
FAST = 300  # while time passes: an hour of charging takes twelve seconds
LIMIT_S = 30.0  # no step of the story waits longer


@dataclass
class Person:
    """Somebody in the story, with the API as they see it."""

    name: str
    api: httpx2.AsyncClient
    id_token: str = ""

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON. Raises RuntimeError with the problem's sentence."""
        answer = await self.api.request(method, f"/api/v1{path}", json=body)
        found: Any = answer.json() if answer.content else None
        if answer.is_error:
            raise RefusedByHub(found["code"], found["detail"])
        return found

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None) -> Any:
        return await self.ask("POST", path, body)


class RefusedByHub(Exception):
    """The API refused; `code` says which rule."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass
class Place:
    """A station of the story."""

    name: str
    owner: Person
    version: str
    sim: StationSim
    evse_id: str
    shown: str = ""
    energy_wh: int = 0
    cost: str = ""
    power_w: int = 0


@dataclass
class Stage:
    """Who plays, what was seen, and what the checks found."""

    hub: Hub
    address: str
    console: Console
    people: dict[str, Person] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    checks: list[tuple[str, bool]] = field(default_factory=list)
    live: Live | None = None
    talking: int = 0

    @property
    def has_failed(self) -> bool:
        return not all(holds for _, holds in self.checks)

    @property
    def clock(self) -> FastClock:
        """The one clock of hub and stations."""
        assert isinstance(self.hub.clock, FastClock)
        return self.hub.clock

    @property
    def now(self) -> datetime:
        return self.hub.clock.now()

    async def close(self) -> None:
        for place in self.places.values():
            await place.sim.close()
        for person in self.people.values():
            await person.api.aclose()

    def say(self, text: str) -> None:
        """A line of the story, with its business time."""
        self.console.print(f"[dim]{self.now:%a %H:%M}[/dim]  {text}")

    def check(self, claim: str, holds: bool) -> None:
        self.checks.append((claim, holds))

    def picture(self) -> Table:
        """The stations as they are."""
        table = Table(title="stations", expand=False)
        for heading in ("station", "OCPP", "state", "kWh", "cost"):
            table.add_column(heading, justify="right" if heading in ("kWh", "cost") else "left")
        for place in self.places.values():
            state = place.shown or place.sim.evses[1].status
            table.add_row(place.name, place.version, state, kwh_text(place.energy_wh), place.cost)
        return table

    def draw(self) -> None:
        if self.live is not None:
            self.live.update(self.picture())

    @contextmanager
    def slowly(self) -> Iterator[None]:
        """People act in this: meanwhile time runs slowly, however busy the machine is."""
        self.talking += 1
        self.clock.run_at(SLOW)
        try:
            yield
        finally:
            self.talking -= 1
            if not self.talking:
                self.clock.run_at(FAST)

    async def until(self, moment: datetime) -> None:
        """Let business time pass."""
        while self.now < moment:
            self.draw()
            await asyncio.sleep(min(0.2, (moment - self.now).total_seconds() / FAST + 0.005))

    async def becomes(self, person: Person, path: str, states: set[str]) -> Any:
        """Wait until a resource has one of these states; the last seen one if it never does."""
        found = await person.get(path)
        try:
            async with asyncio.timeout(LIMIT_S):
                while found["status"] not in states:
                    await asyncio.sleep(0.05)
                    found = await person.get(path)
        except TimeoutError:
            self.check(f"{path} becomes {' or '.join(sorted(states))}", False)
        return found

    async def awaited(self, person: Person, path: str, is_it: Callable[[Any], Any]) -> Any:
        """Wait until a resource is like this; None if it never is."""
        try:
            async with asyncio.timeout(LIMIT_S):
                found = await person.get(path)
                while not is_it(found):
                    await asyncio.sleep(0.05)
                    found = await person.get(path)
                return found
        except TimeoutError:
            self.check(f"{path} becomes what it should", False)
            return None


def instant_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def money_text(body: Any) -> str:
    if body is None:
        return "-"
    return f"{major_text(body['amount_minor'], body['currency'])} {body['currency']}"
