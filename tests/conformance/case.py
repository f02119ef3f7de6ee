"""One case of the standard's test documents: a station in the test's hands, an operator, and what
the hub then knows.

The cases of a package share one hub, with a station each, so that none disturbs another.
"""

import asyncio
import shutil
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import orjson

from chargehub.clock import HandClock
from chargehub.ocpp.versions import Version
from chargers.line import RawStation
from tests.hub import LIMIT_S, TARIFF, Person, RunningHub

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
EVSES = 2
CARD, SECOND_CARD = "CARD-DRIVER", "CARD-DRIVER-2"
BLOCKED_CARD, EXPIRED_CARD = "CARD-BLOCKED", "CARD-EXPIRED"
UNKNOWN_CARD = "CARD-OF-NOBODY"
PLACE = {
    "name": "Garage",
    "address": "Storgata 1",
    "latitude": 59.9139,
    "longitude": 10.7522,
    "time_zone": "Europe/Oslo",
}
MESSAGE_IDS = count(1)
Payload = Mapping[str, Any]
NOTHING: Payload = MappingProxyType({})


class Asked(NamedTuple):
    """The operator sends this call, and the station answers so."""

    action: str
    payload: Payload
    answer: Payload


class Noted(NamedTuple):
    """The station tells this, the hub answers so, and keeps it as a note."""

    action: str
    payload: Payload
    answer: Payload = NOTHING


class Told(NamedTuple):
    """The station tells this and the hub answers so. It is no note."""

    action: str
    payload: Payload
    answer: Payload = NOTHING


Steps = Sequence[Asked | Noted | Told]


class Commanded(NamedTuple):
    """What was sent for an owner's command, and what the owner is shown of it."""

    sent: Any
    state: str
    status: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """What the cases of a package share: a hub, its people, and their place and price list."""

    hub: RunningHub
    owner: Person
    driver: Person
    operator: Person
    location_id: str
    tariff_id: str


@asynccontextmanager
async def opened_site(template: Path, folder: Path, **settings: Any) -> AsyncIterator[Site]:
    """A hub of its own on a fresh copy of the database."""
    path = folder / "hub.sqlite"
    shutil.copy(template, path)
    hub = RunningHub(f"sqlite:///{path}", HandClock(START), **settings)
    await hub.start()
    owner, driver = await hub.person("owner"), await hub.person("driver")
    soon = (START + timedelta(seconds=1)).isoformat()
    await driver.post("/id-tokens", {"value": EXPIRED_CARD, "expires_at": soon})
    for card in (SECOND_CARD, BLOCKED_CARD):
        await driver.post("/id-tokens", {"value": card})
    await driver.ask("PATCH", f"/id-tokens/{BLOCKED_CARD}", {"status": "blocked"}, 200)
    hub.clock.advance(timedelta(minutes=1))
    location = await owner.post("/locations", PLACE)
    tariff = await owner.post("/tariffs", TARIFF)
    yield Site(hub, owner, driver, await hub.operator(), location["id"], tariff["id"])
    await hub.close()


class Case:
    """A registered, published station and its line.

    `tells` and `answers` are the station's part, `asks` and `commands` people's; the rest is
    what the hub shows them.
    """

    def __init__(self, site: Site, version: Version, registered: dict[str, Any]) -> None:
        self.site = site
        self.version = version
        self.station_id: str = registered["id"]
        self.identity: str = registered["identity"]
        self.password: str = registered["password"]
        self.evse_ids = [each["id"] for each in registered["evses"]]
        self._waiting: deque[list[Any]] = deque()
        self._line = self.line(self.password)

    @classmethod
    async def register(cls, site: Site, version: Version) -> Self:
        """A new station without a line."""
        sockets = [{"number": 1, "type": "IEC_62196_T2"}]
        # So strong that 5 kWh in no time are within what it can give.
        evses = [{"number": n, "power_w": 100_000, "connectors": sockets} for n in (1, EVSES)]
        registered = await site.owner.post(
            "/stations", {"location_id": site.location_id, "evses": evses}
        )
        listing = {"tariff_id": site.tariff_id, "opening_hours": "24/7"}
        await site.owner.ask("PUT", f"/stations/{registered['id']}/listing", listing, 200)
        return cls(site, version, registered)

    # --- the station -----------------------------------------------------------------------

    def line(self, password: str | None, subprotocols: Sequence[str] = ()) -> RawStation:
        """A line to the hub, not opened yet, that this station would offer."""
        offered = tuple(subprotocols) or (self.version.subprotocol,)
        return RawStation(self.site.hub.url, self.identity, password, subprotocols=offered)

    async def connects(self) -> None:
        """The station opens its line anew; an older one is dropped."""
        self._line = self.line(self.password)
        self._waiting.clear()
        assert await self._line.connect() == self.version.subprotocol

    async def loses_its_line(self) -> None:
        self._line.break_off()
        await self.site.hub.until(self._is_offline)

    async def _is_offline(self) -> bool:
        return not (await self.station())["is_connected"]

    async def closes(self) -> None:
        await self._line.close()

    async def call(self, action: str, payload: Payload | None = None) -> list[Any]:
        """The frame that answers what the station tells. Calls of the hub that come first wait."""
        message_id = f"case-{next(MESSAGE_IDS)}"
        await self._send([2, message_id, action, payload or {}])
        while (frame := await self._receive())[0] == 2:
            self._waiting.append(frame)
        assert frame[1] == message_id, frame
        return frame

    async def tells(self, action: str, payload: Payload | None = None) -> Any:
        """The payload of the hub's result."""
        frame = await self.call(action, payload)
        assert frame[0] == 3, frame
        return frame[2]

    async def answers(self, action: str, answer: Payload) -> Any:
        """Wait for the hub's next call, which has this action, and answer it; its payload."""
        call = await self._next_call()
        assert call[2] == action, call
        await self._send([3, call[1], answer])
        return call[3]

    async def refuses(self, action: str, code: str) -> None:
        """Wait for the hub's next call, which has this action, and answer it with an error."""
        call = await self._next_call()
        assert call[2] == action, call
        await self._send([4, call[1], code, "", {}])

    async def _next_call(self) -> list[Any]:
        call = self._waiting.popleft() if self._waiting else await self._receive()
        assert call[0] == 2, call
        return call

    async def _send(self, frame: list[Any]) -> None:
        await self._line.send_raw(orjson.dumps(frame).decode())

    async def _receive(self) -> list[Any]:
        async with asyncio.timeout(LIMIT_S):
            frame: list[Any] = orjson.loads(await self._line.receive_raw())
        return frame

    # --- people ----------------------------------------------------------------------------

    async def asks(self, action: str, payload: Payload, answer: Payload) -> None:
        """An operator sends this call as it is, and is shown the station's answer as it is."""
        wanted = {"action": action, "payload": payload}
        told = asyncio.create_task(self._called(wanted))
        sent = await self.answers(action, answer)
        shown = await told
        assert sent == payload
        assert (shown["state"], shown["outcome"]["status"]) == (
            "answered",
            answer.get("status", ""),
        )
        assert shown["outcome"]["details"]["answer"] == answer

    async def _called(self, wanted: Payload) -> Any:
        path = f"/stations/{self.station_id}/calls"
        return await self.site.operator.post(path, wanted, 200)

    async def fails(self, action: str, payload: Payload, code: str) -> Any:
        """An operator sends this call, the station answers with an error; what is shown of it."""
        wanted = {"action": action, "payload": payload}
        told = asyncio.create_task(self._called(wanted))
        await self.refuses(action, code)
        return await told

    async def commands(self, wanted: Payload, action: str, answer: Payload) -> Commanded:
        """The owner asks for this, the hub sends this action, the station answers so."""
        path = f"/stations/{self.station_id}/commands"
        queued = await self.site.owner.post(path, wanted, 202)
        sent = await self.answers(action, answer)
        shown = await self.finishes(queued)
        outcome = shown["outcome"]
        return Commanded(sent, shown["state"], outcome["status"], outcome["details"])

    async def finishes(self, queued: Any) -> Any:
        """The owner's command when something has come of it."""
        return await self.site.hub.until(lambda: self._finished(queued["id"]))

    async def _finished(self, command_id: str) -> Any:
        shown = await self.site.owner.get(f"/commands/{command_id}")
        return shown if shown["finished_at"] else None

    async def plays(self, steps: Steps) -> None:
        """All steps in order; then the station's notes are those it told, in order."""
        for step in steps:
            if isinstance(step, Asked):
                await self.asks(*step)
            else:
                assert await self.tells(step.action, step.payload) == step.answer
        told = [step.payload for step in steps if isinstance(step, Noted)]
        assert [note["content"] for note in await self.notes()] == told

    # --- what the hub shows ----------------------------------------------------------------

    async def station(self) -> Any:
        return await self.site.owner.get(f"/stations/{self.station_id}")

    async def evse(self, number: int = 1) -> tuple[str, str | None]:
        """Its status and charging state."""
        shown = (await self.station())["evses"][number - 1]
        return shown["status"], shown["charging"]

    async def notes(self) -> list[Any]:
        """All that operators may see, the oldest first."""
        page = await self.site.operator.get(f"/stations/{self.station_id}/notes")
        return list(reversed(page["items"]))

    async def settings(self) -> dict[str, str]:
        page = await self.site.owner.get(f"/stations/{self.station_id}/settings")
        return {each["name"]: each["value"] for each in page["items"]}

    async def sessions(self) -> list[Any]:
        """This station's sessions, newest first, after all that followed."""
        await self.site.hub.settle()
        page = await self.site.owner.get("/sessions?role=owner")
        return [each for each in page["items"] if each["station_id"] == self.station_id]

    async def session(self) -> Any:
        """The station's one session."""
        (found,) = await self.sessions()
        return found

    async def bill(self, session: Any) -> tuple[int, int | None]:
        """Wh and cents of a closed session's CDR."""
        (cdr,) = (await self.site.owner.get(f"/sessions/{session['id']}/cdrs"))["items"]
        return cdr["energy_wh"], cdr["cost"] and cdr["cost"]["amount_minor"]

    async def books(self, **wanted: Any) -> Any:
        """The driver's confirmed booking of the first EVSE, from a quarter of an hour on."""
        starts_at = self.site.hub.clock.now() + timedelta(minutes=15)
        slot = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
        times = {name: at.isoformat() for name, at in slot.items()}
        made = await self.site.driver.post(
            "/bookings", {"evse_id": self.evse_ids[0], **times, **wanted}
        )
        await self.site.hub.settle()
        return made["id"]

    async def booking(self, booking_id: str) -> Any:
        await self.site.hub.settle()
        return await self.site.driver.get(f"/bookings/{booking_id}")

    # --- time ------------------------------------------------------------------------------

    def now(self) -> str:
        """By the clock of station and hub."""
        return self.site.hub.clock.now().isoformat()

    def passes(self, **step: float) -> str:
        """Time passes; the new moment."""
        self.site.hub.clock.advance(timedelta(**step))
        return self.now()
