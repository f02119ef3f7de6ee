"""Stations that obey their limits, on real lines, and the fuse that they hang on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import orjson

from chargehub.ocpp import versions
from chargers.line import RawStation
from tests.hub import LIMIT_S, TARIFF, Person, RunningHub

FUSE_A, HARDWARE_A = 32, 32
POWER_W = HARDWARE_A * 3 * 230
SETTLING = timedelta(seconds=44)
_IDS = count(1)
WHERE = {
    "name": "Courtyard",
    "address": "Storgata 1",
    "latitude": 59.9139,
    "longitude": 10.7522,
    "time_zone": "Europe/Oslo",
}


@dataclass
class Courtyard:
    """Three stations on one fuse. `watch` is called whenever any of them draws another current."""

    stations: "list[Obedient]" = field(default_factory=list)
    is_settled: bool = False
    highest_a: int = 0

    def watch(self) -> None:
        drawn_a = sum(station.draws_a for station in self.stations)
        if self.is_settled:
            self.highest_a = max(self.highest_a, drawn_a)
            assert drawn_a <= FUSE_A, [station.draws_a for station in self.stations]


class Obedient:
    """A station of one EVSE whose car draws all that its profiles let it.

    `answers`: what it says to a limit instead of taking it, by purpose; an empty text: nothing.
    """

    def __init__(
        self, hub: RunningHub, yard: Courtyard, version: str, made: Mapping[str, Any]
    ) -> None:
        found = {each.name: each for each in versions.supported().values()}
        self.version, self.is_old = found[version], version == "1.6"
        self.station_id: str = made["id"]
        self.answers: dict[str, str] = {}
        self.default_a: int | None = None
        self.sessions: dict[str, int] = {}
        self.transaction: str = ""
        self.asked: list[Any] = []
        self._hub, self._yard, self._made = hub, yard, made
        self._seq = 0
        self._owed: list[tuple[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: dict[str, asyncio.Future[Any]] = {}
        self._line: RawStation | None = None

    @property
    def draws_a(self) -> int:
        """What the car draws, if there is one."""
        if not self.transaction:
            return 0
        default_a = HARDWARE_A if self.default_a is None else self.default_a
        return self.sessions.get(self.transaction, default_a)

    async def connect(self) -> None:
        line = RawStation(
            self._hub.url,
            self._made["identity"],
            self._made["password"],
            subprotocols=(self.version.subprotocol,),
        )
        assert await line.connect() == self.version.subprotocol
        self._line = line
        self._tasks.add(asyncio.create_task(self._read(line)))
        owed, self._owed = self._owed, []
        for action, payload in owed:
            await self.tell(action, payload)

    async def boot(self) -> None:
        who = {"vendorName": "Acme", "model": "One"}
        boot: dict[str, Any] = {"reason": "PowerUp", "chargingStation": who}
        if self.is_old:
            boot = {"chargePointVendor": "Acme", "chargePointModel": "One"}
        assert (await self.tell("BootNotification", boot))["status"] == "Accepted"

    async def lose_line(self) -> None:
        assert self._line is not None
        line, self._line = self._line, None
        line.break_off()
        path = f"/stations/{self.station_id}"
        owner = self._made["owner"]
        await self._hub.until(lambda: _is_offline(owner, path))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._line is not None:
            self._line.break_off()
        for error in ended:  # of a broken line nothing is to be said
            if isinstance(error, AssertionError):
                raise error

    async def plug_in(self, card: str) -> None:
        """A car comes and charges at once. Of one that comes without a line nobody is told."""
        now = self._hub.clock.now().isoformat()
        if self._line is None:
            self.transaction = f"offline-{next(_IDS)}"
        elif self.is_old:
            start = {"connectorId": 1, "idTag": card, "meterStart": 0, "timestamp": now}
            told = await self.tell("StartTransaction", start)
            self.transaction = str(told["transactionId"])
        else:
            self.transaction = f"tx-{next(_IDS)}"
            self._seq = 0
            token = {"idToken": {"idToken": card, "type": "ISO14443"}}
            await self._event("Started", "Authorized", token)
        self._yard.watch()

    async def unplug(self) -> None:
        transaction, self.transaction = self.transaction, ""
        self.sessions.pop(transaction, None)
        now = self._hub.clock.now().isoformat()
        if transaction.startswith("offline"):
            return
        if self.is_old:
            stop = {"transactionId": int(transaction), "meterStop": 1_000, "timestamp": now}
            await self.tell("StopTransaction", stop)
        else:
            over = {"transactionId": transaction, "stoppedReason": "Local"}
            await self._event("Ended", "EVDeparted", {"transactionInfo": over})

    async def _event(self, kind: str, trigger: str, more: Mapping[str, Any]) -> None:
        told = {
            "eventType": kind,
            "triggerReason": trigger,
            "timestamp": self._hub.clock.now().isoformat(),
            "seqNo": self._seq,
            "transactionInfo": {"transactionId": self.transaction, "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 1},
        }
        self._seq += 1
        await self.tell("TransactionEvent", told | more)

    async def tell(self, action: str, payload: Mapping[str, Any]) -> Any:
        """The hub's answer; without a line it is told when there is one, and nothing answers."""
        if self._line is None:
            self._owed.append((action, payload))
            return None
        message_id = f"world-{next(_IDS)}"
        answer = asyncio.get_running_loop().create_future()
        self._calls[message_id] = answer
        await self._line.send_raw(orjson.dumps([2, message_id, action, payload]).decode())
        async with asyncio.timeout(LIMIT_S):
            return await answer

    async def _read(self, line: RawStation) -> None:
        while line is self._line:
            frame = orjson.loads(await line.receive_raw())
            if frame[0] == 3:
                self._calls.pop(frame[1]).set_result(frame[2])
                await asyncio.sleep(0)  # who asked goes on before the next frame
            elif frame[0] == 2:
                answer = self._obey(frame[2], frame[3])
                if answer:
                    await line.send_raw(orjson.dumps([3, frame[1], {"status": answer}]).decode())
            else:
                raise AssertionError(frame)

    def _obey(self, action: str, payload: Any) -> str:
        self.asked.append((action, payload))
        if action == "ClearChargingProfile":
            had = self.default_a is not None or bool(self.sessions)
            self.default_a = None
            self.sessions.clear()
            return "Accepted" if had else "Unknown"
        assert action == "SetChargingProfile", action
        profile = payload["csChargingProfiles" if self.is_old else "chargingProfile"]
        schedule = profile["chargingSchedule"]
        if not self.is_old:
            (schedule,) = schedule
        ((period),) = schedule["chargingSchedulePeriod"]
        assert (schedule["chargingRateUnit"], period["startPeriod"]) == ("A", 0)
        assert payload["connectorId" if self.is_old else "evseId"] == 1
        purpose, limit_a = profile["chargingProfilePurpose"], int(period["limit"])
        if purpose in self.answers:
            return self.answers[purpose]
        if purpose == "TxProfile":
            if str(profile["transactionId"]) != self.transaction:
                return "Rejected"
            self.sessions[self.transaction] = limit_a
        else:
            assert purpose == "TxDefaultProfile"
            self.default_a = limit_a
        self._yard.watch()
        return "Accepted"


async def _is_offline(owner: Person, path: str) -> bool:
    return not (await owner.get(path))["is_connected"]


async def courtyard(
    hub: RunningHub, owner: Person, version: str, stations: int = 3
) -> tuple[Courtyard, str]:
    """A place with stations that are connected and booted, and its location."""
    location = await owner.post("/locations", WHERE)
    tariff = await owner.post("/tariffs", TARIFF)
    sockets = [{"number": 1, "type": "IEC_62196_T2"}]
    evses = [{"number": 1, "power_w": POWER_W, "connectors": sockets}]
    yard = Courtyard()
    for _ in range(stations):
        made = await owner.post("/stations", {"location_id": location["id"], "evses": evses})
        listing = {"tariff_id": tariff["id"], "opening_hours": "24/7"}
        await owner.ask("PUT", f"/stations/{made['id']}/listing", listing, 200)
        station = Obedient(hub, yard, version, made | {"owner": owner})
        await station.connect()
        await station.boot()
        yard.stations.append(station)
    return yard, location["id"]


def connection(yard: Courtyard, **more: Any) -> dict[str, Any]:
    """What the owner states of the courtyard."""
    wirings = [{"station_id": each.station_id} for each in yard.stations]
    return {"fuse_a": FUSE_A, "stations": wirings, **more}


async def settled(hub: RunningHub) -> None:
    """All that is due has been asked and answered, and SETTLING has passed."""
    for _ in range(4):
        await hub.settle()
        hub.clock.advance(SETTLING / 4)
    await hub.settle()
