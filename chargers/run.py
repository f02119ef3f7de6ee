"""One simulated station at the terminal: it reacts to the hub, and to a line typed now and then."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rich.console import Console

from chargers.hardware import built, set_up, unknown
from chargers.life import Life, Pace
from chargers.line import ConnectionLost, HandshakeRefused
from chargers.machine import utc_now
from chargers.messages import CallFailed
from chargers.protection import PASSWORD_ALONE, Protection
from chargers.station import Habits, StationSim

FOREVER_S = 10.0**9
HELP = """\
plug TOKEN    a car comes and presents TOKEN; without TOKEN it waits for a remote start
start TOKEN   present TOKEN where a car is plugged in
stop          end the session
unplug        the car leaves
offline       lose the line      online   come back and deliver what was queued
show          what is going on   quit     go away"""


@dataclass(frozen=True, slots=True)
class Options:
    """Which station, where to, and what it does at first. `charge`: a token to charge with."""

    hub: str
    identity: str
    password: str
    version: str = "1.6"
    evses: int = 1
    power_w: int = 11_000
    charge: str | None = None
    plugged: bool = False
    pace: Pace = field(default_factory=Pace)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    protection: Protection = PASSWORD_ALONE


async def run(options: Options, console: Console) -> int:
    """Stay until the input says quit or the program is told to end; returns an exit status."""
    station = StationSim(
        options.version,
        options.identity,
        options.password,
        options.hub,
        options.evses,
        utc_now,
        options.power_w,
        habits=built(Habits(first_register_wh=0), options.hardware, 0),
        protection=options.protection,
    )
    set_up(station.settings, options.settings)
    for name in unknown(options.settings, [station.settings]):
        console.print(f"this station has no setting {name}: left out", style="yellow")

    def say(text: str) -> None:
        console.print(
            f"[dim]{utc_now():%H:%M:%S}[/dim] {options.identity}: {text}", highlight=False
        )

    life = Life(station, options.pace, say)
    tasks = [
        asyncio.create_task(work)
        for work in (life.live(), _people(life, options, say), _tell_commands(station, say))
    ]
    try:
        done, _ = await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except HandshakeRefused:
        return 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await station.close()
    return 0


async def _people(life: Life, options: Options, say: Callable[[str], None]) -> None:
    """What was asked for on the command line, then what is typed; returns at quit."""
    await life.station.until(lambda: life.station.is_connected, FOREVER_S)
    if options.charge is not None:
        await _obey(life, "plug " + options.charge, say)
    elif options.plugged:
        await _obey(life, "plug", say)
    reader = await _input()
    if reader is None:
        await asyncio.Event().wait()
        return
    say("type help for what you can do here")
    while line := (await reader.readline()).decode():
        if line.strip() == "quit":
            return
        await _obey(life, line.strip(), say)
    await asyncio.Event().wait()  # no more input: the station stays


async def _obey(life: Life, line: str, say: Callable[[str], None]) -> None:
    station = life.station
    word, _, rest = line.partition(" ")
    try:
        match word:
            case "":
                return
            case "plug":
                say(_told("plugged in", await station.plug_in(1, rest.strip() or None)))
            case "start" if not rest.strip():
                say("start needs a token: start TOKEN")
            case "start":
                say(_told("presented", await station.present(1, rest.strip())))
            case "stop":
                reply = await station.stop(1)
                say("EVSE 1: stopped" if reply else "EVSE 1: stopped; the hub hears of it later")
            case "unplug" if station.evses[1].vehicle is None:
                say("EVSE 1: no car is plugged in")
            case "unplug":
                await station.unplug(1)
                say("EVSE 1: the car has left")
            case "offline":
                await life.go_offline()
            case "online":
                life.come_back()
            case "show":
                say(_shown(station))
            case "help":
                say(HELP)
            case _:
                say(f"“{word}” is no command; type help")
    except (CallFailed, ConnectionLost, AssertionError, TimeoutError) as error:
        say(str(error) or type(error).__name__)


def _told(what: str, verdict: str | None) -> str:
    return f"EVSE 1: {what}" if verdict is None else f"EVSE 1: {what}: {verdict}"


def _shown(station: StationSim) -> str:
    line = "online" if station.is_connected else "offline"
    places = ", ".join(
        f"EVSE {number} {place.status}/{place.charging} {place.register_wh} Wh, "
        f"{station.charging.offered_w(place)} W offered"
        for number, place in station.evses.items()
    )
    return f"{line}, {places}, {station.queue_length} messages wait"


async def _tell_commands(station: StationSim, say: Callable[[str], None]) -> None:
    told = 0
    while True:
        with suppress(CallFailed):
            await station.until(partial(_has_more, station, told), FOREVER_S)
        for command in station.commands[told:]:
            say(f"the hub asks {command.action} {command.payload}")
        told = len(station.commands)


def _has_more(station: StationSim, told: int) -> bool:
    return len(station.commands) > told


async def _input() -> asyncio.StreamReader | None:
    """What is typed, or None where nobody can type."""
    reader = asyncio.StreamReader()
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
    except (ValueError, OSError):
        return None
    return reader
