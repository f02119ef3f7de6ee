"""Many simulated stations with random drivers, and a live table of them."""

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from chargers.enrol import Enrolment, Place, StateLost, at_once
from chargers.life import Life, Pace
from chargers.line import ConnectionLost, HandshakeRefused
from chargers.machine import utc_now
from chargers.messages import CallFailed
from chargers.mix import Mix, divided
from chargers.pricing import Price
from chargers.rest import Api
from chargers.state import State
from chargers.station import Habits, StationSim
from chargers.vehicle import Vehicle

PRICE = Price(Decimal("0.45"), Decimal(0), Decimal(19), "EUR")
IDLE_S = (1.0, 20.0)  # between two cars
ENERGY_WH = (500, 15_000)  # what a driver comes for
REFRESH_S = 0.5
LINE_EVERY_S = 10.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Login:
    """How a station connects."""

    identity: str
    password: str
    version: str


@dataclass(frozen=True, slots=True)
class Options:
    """How many stations, where to, and how they behave. `api` None: they are known there.

    `sessions` None: until the program is told to end; else it ends after so many in all.
    `mix`: the weights of the versions.
    """

    hub: str
    count: int = 6
    api: str | None = None
    state: Path | None = None
    name: str = "fleet"
    prefix: str | None = None
    password: str | None = None
    tokens: tuple[str, ...] = ("TEST-TOKEN",)
    mix: Mix = (1, 1)
    power_w: int = 11_000
    seed: int = 0
    sessions: int | None = None
    pace: Pace = field(default_factory=lambda: Pace(reading_s=5.0, speed=20))


@dataclass(slots=True)
class Tally:
    """What the whole fleet did."""

    sessions: int = 0
    refused: int = 0
    energy_wh: int = 0
    last: dict[str, str] = field(default_factory=dict)
    enough: asyncio.Event = field(default_factory=asyncio.Event)


async def fleet(options: Options, console: Console) -> int:
    """Run the fleet; returns an exit status. Raises ApiRefused, HubAway, StateLost, BadState."""
    logins, tokens = await cast(options)
    tally = Tally()
    lives = [_life(login, options, tally) for login in logins]
    work: list[asyncio.Task[None]] = [asyncio.create_task(life.live()) for life in lives]
    work += [
        asyncio.create_task(_drivers(life, tokens, options, tally, random.Random(f"{seed}")))
        for seed, life in enumerate(lives, options.seed)
    ]
    enough = asyncio.create_task(tally.enough.wait())
    table = asyncio.create_task(_show(lives, tally, console))
    try:
        done, _ = await asyncio.wait([*work, enough], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except HandshakeRefused as refusal:
        console.print(f"{refusal}", style="red")
        return 1
    finally:
        for task in (*work, enough, table):
            task.cancel()
        await asyncio.gather(*work, enough, table, return_exceptions=True)
        await asyncio.gather(*(_leave(life) for life in lives))
    console.print(
        f"{tally.sessions:,} sessions, {tally.energy_wh:,} Wh, {tally.refused:,} refused, "
        f"{sum(life.errors for life in lives):,} errors."
    )
    return 0


async def cast(options: Options) -> tuple[list[Login], Sequence[str]]:
    """The stations' logins and the drivers' id tokens; with an API they are registered there."""
    versions = divided(options.count, options.mix)
    if options.api is None:
        assert options.prefix is not None, "an identity prefix or an API is needed"
        return [
            Login(f"{options.prefix}{number:03d}", options.password or "", version)
            for number, version in enumerate(versions, 1)
        ], options.tokens
    name = options.name if options.state else f"{options.name}-{secrets.token_hex(3)}"
    state = State(options.state, name)
    async with Api(options.api) as api:
        books = Enrolment(api, state)
        owner = await books.account("owner", "fleet")
        tariff_id = await books.tariff(owner, PRICE)
        place = Place(f"{name}:yard", "Fleet yard", "Simulated", 52.52, 13.405, "Europe/Berlin")
        location_id = await books.location(owner, place)
        logins = []
        for number, version in enumerate(versions, 1):
            ref = f"{name}:{number}"
            kept = await books.station(owner, location_id, ref, version, options.power_w)
            if kept is None:
                raise StateLost(f"The password of station {ref} is lost; give another --state.")
            await books.publish(kept, tariff_id)
            logins.append(Login(kept.identity, kept.password, kept.version))
        cards = await at_once(books.driver(f"driver {n}") for n in range(1, options.count + 1))
        await books.done()
    return logins, cards


def _life(login: Login, options: Options, tally: Tally) -> Life:
    station = StationSim(
        login.version,
        login.identity,
        login.password,
        options.hub,
        1,
        utc_now,
        options.power_w,
        habits=Habits(first_register_wh=0),
    )

    def say(text: str) -> None:
        tally.last[login.identity] = text

    return Life(station, options.pace, say)


async def _drivers(
    life: Life, tokens: Sequence[str], options: Options, tally: Tally, chance: random.Random
) -> None:
    """One car after the other, by seed."""
    await life.station.until(lambda: life.station.is_connected, 10.0**9)
    while True:
        await asyncio.sleep(chance.uniform(*IDLE_S))
        try:
            await _visit(life, chance.choice(tokens), chance, tally)
            if options.sessions is not None and tally.sessions >= options.sessions:
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
        battery_wh = chance.choice((40_000, 60_000, 77_000))
        level_wh = battery_wh * chance.randint(10, 70) // 100
        verdict = await station.plug_in(1, token, vehicle=Vehicle(battery_wh, level_wh))
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


async def _leave(life: Life) -> None:
    """End what runs in good order, as far as the hub still listens."""
    station = life.station
    try:
        for number, place in station.evses.items():
            if place.session is not None:
                await station.stop(number)
            if place.vehicle is not None:
                await station.unplug(number)
    except (CallFailed, ConnectionLost, TimeoutError):
        life.errors += 1
    await station.close()


async def _show(lives: Sequence[Life], tally: Tally, console: Console) -> None:
    """A live table at a terminal, else a line now and then."""
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_EVERY_S)
            console.print(_title(lives, tally))
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(_table(lives, tally), refresh=True)
            await asyncio.sleep(REFRESH_S)


def _title(lives: Sequence[Life], tally: Tally) -> str:
    connected = sum(life.station.is_connected for life in lives)
    return (
        f"{connected} of {len(lives)} stations connected, {tally.sessions:,} sessions, "
        f"{tally.energy_wh:,} Wh, {tally.refused:,} refused"
    )


def _table(lives: Sequence[Life], tally: Tally) -> Table:
    table = Table(title=_title(lives, tally), title_justify="left")
    for column, width in (("station", 11), ("OCPP", 5), ("state", 12), ("Wh", 7), ("done", 4)):
        table.add_column(column, no_wrap=True, min_width=width)
    table.add_column("last", no_wrap=True)
    for life in lives:
        station, place = life.station, life.station.evses[1]
        state = place.charging if place.status == "occupied" else place.status
        energy_wh = place.register_wh - place.session.start_wh if place.session else 0
        table.add_row(
            station.identity,
            station.version,
            state if station.is_connected else "offline",
            f"{energy_wh:,}" if place.session else "",
            str(sum(not session.is_running for session in station.sessions)),
            tally.last.get(station.identity, "")[:60],
        )
    return table
