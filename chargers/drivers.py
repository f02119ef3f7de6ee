"""The drivers of a fleet: one car after the other at each station, by seed."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from chargers.life import Life
from chargers.line import ConnectionLost
from chargers.messages import CallFailed
from chargers.vehicle import Vehicle

ENERGY_WH = (500, 15_000)  # what a driver comes for
LOOK_S = 0.2
FOREVER_S = 10.0**9


@dataclass(slots=True)
class Tally:
    """What the whole fleet did. `lights`: cleared while the power is cut."""

    sessions: int = 0
    refused: int = 0
    energy_wh: int = 0
    last: dict[str, str] = field(default_factory=dict)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    lights: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Custom:
    """Who comes: the drivers' tokens, the seconds between two cars, sessions until the end."""

    tokens: Sequence[str]
    idle_s: tuple[float, float]
    sessions: int | None = None


async def drive(life: Life, custom: Custom, tally: Tally, chance: random.Random) -> None:
    """One car after the other until cancelled; failures of the hub are counted and shown."""
    await life.station.until(lambda: life.station.is_connected or not life.wants_line, FOREVER_S)
    while True:
        await tally.lights.wait()
        await asyncio.sleep(chance.uniform(*custom.idle_s))
        try:
            await _visit(life, chance.choice(custom.tokens), chance, tally)
            if custom.sessions is not None and tally.sessions >= custom.sessions:
                tally.enough.set()
        except (CallFailed, ConnectionLost, TimeoutError) as error:
            life.errors += 1
            tally.last[life.station.identity] = str(error) or "no answer"


async def _visit(life: Life, token: str, chance: random.Random, tally: Tally) -> None:
    station, place = life.station, life.station.evses[1]
    if place.awaited is not None:
        return  # the car of a remote start is on its way
    wanted_wh = chance.randint(*ENERGY_WH)
    if place.vehicle is None:
        verdict = await station.plug_in(1, token, vehicle=_car(chance))
        tally.last[station.identity] = verdict or "started offline"
        if place.vehicle is None:
            return  # the station itself kept the car off
    session = place.session
    if session is None:
        tally.refused += 1
        await station.unplug(1)
        return
    while place.session is session and place.register_wh - session.start_wh < wanted_wh:
        if place.charging == "suspended_ev":
            break
        await asyncio.sleep(LOOK_S)
    if place.session is session:
        await station.stop(1, id_token=session.id_token)
    await station.unplug(1)
    tally.sessions += 1
    tally.energy_wh += session.energy_wh or 0


def _car(chance: random.Random) -> Vehicle:
    battery_wh = chance.choice((40_000, 60_000, 77_000))
    return Vehicle(battery_wh, battery_wh * chance.randint(10, 70) // 100)
