"""Many simulated stations with random drivers, and what happens to all of them at once."""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

from chargers import fleet_report
from chargers.drivers import Custom, Tally, drive
from chargers.enrol import Enrolment, Kept, Place, StateLost, at_once
from chargers.faults import Faults, read_faults
from chargers.hardware import built, read_hardware, read_settings, set_up, unknown
from chargers.life import Life, Pace
from chargers.line import ConnectionLost, HandshakeRefused
from chargers.messages import CallFailed
from chargers.mix import Mix, divided
from chargers.pricing import Price
from chargers.protected import of_station
from chargers.protection import PASSWORD_ALONE, Protection
from chargers.rest import Api, ApiRefused
from chargers.scenarios import SCENARIOS, Cut, LateClock, Scenario
from chargers.show import registering, show
from chargers.state import State
from chargers.station import Habits, StationSim

PRICE = Price(Decimal("0.45"), Decimal(0), Decimal(19), "EUR")
MESSAGE_ATTEMPTS = 5  # then a hub that answers with an error is not asked again
RULES_BROKEN = 3
INTERRUPTED = 130  # as shells say it of Ctrl-C
OFFLINE = (
    "the hub lists stations when it has checked them, and those of this scenario begin offline;"
    " start it with CHARGEHUB_LISTING_GRADE= (nothing)"
)
LEAVE_S = 30.0  # for what still waits; a hub that is away is not waited for


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
    `mix`: the weights of the versions. `hardware`: fields of Habits.
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
    scenario: str = "usual"
    faults: Mapping[str, float] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    protection: Protection = PASSWORD_ALONE
    keys: Path | None = None


async def fleet(options: Options, console: Console) -> int:
    """Run the fleet; returns an exit status, 3 if the hub broke a rule of the standard.

    Told to end, it still leaves in good order and says what it did (130 if no rule was broken).
    Raises ApiRefused, HubAway, StateLost, BadState, BadHardware.
    """
    scenario = SCENARIOS[options.scenario]
    books = await cast(options, console)
    tally = Tally()
    tally.lights.set()
    lives = [_life(login, number, options, tally) for number, login in enumerate(books.logins)]
    for name in unknown(options.settings, [life.station.settings for life in lives]):
        console.print(f"no station here has the setting {name}: left out", style="yellow")
    custom = Custom(books.tokens, scenario.idle_s, options.sessions)
    listed = asyncio.create_task(_have_listed(books, options, lives, console))
    work: list[asyncio.Task[None]] = [asyncio.create_task(life.live()) for life in lives]
    work += [
        asyncio.create_task(_after(listed, drive, life, custom, tally, random.Random(f"{seed}")))
        for seed, life in enumerate(lives, options.seed)
    ]
    work.append(asyncio.create_task(_after(listed, _play, scenario, options, lives, tally)))
    table = asyncio.create_task(show(lives, tally, options.sessions, console))
    is_interrupted = False
    try:
        done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except HandshakeRefused as refusal:
        refused = [life.station.identity for life in lives if life.is_refused]
        console.print(f"{', '.join(refused)}: {refusal}", style="red")
        return 1
    except asyncio.CancelledError:
        is_interrupted = True
    finally:
        for task in (listed, *work, table):
            task.cancel()
        await asyncio.gather(listed, *work, table, return_exceptions=True)
        await asyncio.gather(*(_leave(life) for life in lives))
        if options.report is not None:
            fleet_report.write(lives, options.report)
    return _sum_up(lives, tally, console) or (INTERRUPTED if is_interrupted else 0)


async def _after(first: asyncio.Task[None], deed: Callable[..., Awaitable[None]], *of: Any) -> None:
    await asyncio.shield(first)
    await deed(*of)


async def _have_listed(
    books: "Books", options: Options, lives: Sequence[Life], console: Console
) -> None:
    """Stations that the hub lists only when it has checked them are checked, and published."""
    if not books.unlisted:
        return
    if SCENARIOS[options.scenario].late:
        raise ApiRefused("PUT a listing", 409, "checkup_needed", OFFLINE)
    assert options.api is not None
    assert books.state is not None
    console.print(f"The hub checks {len(books.unlisted)} stations before it lists them.")
    await asyncio.gather(*(life.is_back.wait() for life in lives))
    async with Api(options.api) as api:
        enrolment = Enrolment(api, books.state)

        async def check_up(station: Kept, tariff_id: str) -> None:
            grade = await enrolment.check_up(station)
            is_listed = await enrolment.publish(station, tariff_id)
            console.print(f"{station.identity}: grade {grade}{'' if is_listed else ', not listed'}")

        await asyncio.gather(*(check_up(*one) for one in books.unlisted))


def _sum_up(lives: Sequence[Life], tally: Tally, console: Console) -> int:
    console.print(
        f"{tally.sessions:,} sessions, {tally.energy_wh:,} Wh, {tally.refused:,} refused, "
        f"{sum(life.errors for life in lives):,} errors."
    )
    broken = {rule: count for rule, count in fleet_report.broken_rules(lives).items() if count}
    if broken:
        console.print(f"The hub broke rules of the standard: {broken}", style="bold red")
    return RULES_BROKEN if broken else 0


async def _play(scenario: Scenario, options: Options, lives: Sequence[Life], tally: Tally) -> None:
    """What happens to all stations at once; returns when there were sessions enough as well."""
    if scenario.late:
        await asyncio.sleep(scenario.late_played_in.total_seconds())
        for life in lives:
            life.pace = options.pace
            life.come_back()
    if scenario.cut is not None:
        await asyncio.gather(*(life.is_back.wait() for life in lives))
        await asyncio.sleep(scenario.cut.after_s)
        await _cut(scenario.cut, lives, tally)
    await tally.enough.wait()


async def _cut(cut: Cut, lives: Sequence[Life], tally: Tally) -> None:
    if cut.power:
        tally.lights.clear()
    await asyncio.gather(*(life.go_offline() for life in lives))
    for station in (life.station for life in lives if cut.power):
        for number, place in station.evses.items():
            if place.session is not None:
                await station.stop(number, "power_loss")
    await asyncio.sleep(cut.lasts_s)
    tally.lights.set()
    for life in lives:
        life.come_back()
    await asyncio.gather(*(life.is_back.wait() for life in lives))


@dataclass(frozen=True, slots=True)
class Books:
    """The fleet as the hub knows it. `unlisted`: stations to be checked, and their tariffs."""

    logins: list[Login]
    tokens: Sequence[str]
    unlisted: Sequence[tuple[Kept, str]] = ()
    state: State | None = None


async def cast(options: Options, console: Console) -> Books:
    """The stations' logins and the drivers' id tokens; with an API they are registered there."""
    versions = divided(options.count, options.mix)
    if options.api is None:
        assert options.prefix is not None, "an identity prefix or an API is needed"
        logins = [
            Login(f"{options.prefix}{number:03d}", options.password or "", version)
            for number, version in enumerate(versions, 1)
        ]
        return Books(logins, options.tokens)
    fresh = f"{options.name}-{secrets.token_hex(3)}"
    state = State(options.state, fresh, family=options.name)
    with registering(options.count, console) as registered:
        async with Api(options.api) as api:
            books = Enrolment(api, state, security_profile=options.protection.profile)
            try:
                return await _enrol(books, state, versions, options.power_w, registered)
            finally:
                await books.done()


async def _enrol(
    books: Enrolment,
    state: State,
    versions: Sequence[str],
    power_w: int,
    registered: Callable[[], None],
) -> Books:
    name, unlisted = state.name, []
    owner = await books.account("owner", "fleet")
    tariff_id = await books.tariff(owner, PRICE)
    place = Place(f"{name}:yard", "Fleet yard", "Simulated", 52.52, 13.405, "Europe/Berlin")
    location_id = await books.location(owner, place)

    async def station(number: int, version: str) -> Login:
        ref = f"{name}:{number}"
        kept = await books.station(owner, location_id, ref, version, power_w)
        if kept is None:
            raise StateLost(f"The password of station {ref} is lost; give another --state.")
        if not await books.publish(kept, tariff_id):
            unlisted.append((kept, tariff_id))
        registered()
        return Login(kept.identity, kept.password, kept.version)

    async def driver(number: int) -> str:
        card = await books.driver(f"driver {number}")
        registered()
        return card

    numbers = range(1, len(versions) + 1)
    logins = await at_once(station(*one) for one in zip(numbers, versions, strict=True))
    tokens = await at_once(driver(number) for number in numbers)
    return Books(logins, tokens, unlisted, state)


def _life(login: Login, number: int, options: Options, tally: Tally) -> Life:
    scenario = SCENARIOS[options.scenario]
    clock = LateClock(scenario.late, scenario.late_played_in)
    rates = {**read_faults(scenario.faults), **options.faults}
    chance = random.Random(f"{options.seed}:{number}")
    base = Habits(first_register_wh=0, message_attempts=MESSAGE_ATTEMPTS)
    parts = {**read_hardware(scenario.hardware), **options.hardware}
    station = StationSim(
        login.version,
        login.identity,
        login.password,
        options.hub,
        1,
        clock,
        options.power_w,
        habits=built(base, parts, options.seed),
        faults=Faults(rates, chance) if rates else None,
        protection=of_station(options.protection, options.keys, login.identity),
    )
    set_up(station.settings, {**read_settings(scenario.settings), **options.settings})

    def say(text: str) -> None:
        tally.last[login.identity] = text

    if not scenario.late:
        return Life(station, options.pace, say)
    return Life(station, replace(options.pace, speed=clock.speed), say, wants_line=False)


async def _leave(life: Life) -> None:
    """End what runs in good order and tell what waits, as far as the hub still listens."""
    station = life.station
    try:
        if station.queue_length:
            async with asyncio.timeout(LEAVE_S):
                await station.reconnect(boot=True)
        for number, place in station.evses.items():
            if place.session is not None:
                await station.stop(number)
            if place.vehicle is not None:
                await station.unplug(number)
    except (CallFailed, ConnectionLost, OSError, HandshakeRefused, TimeoutError):
        life.errors += 1
    await station.close()
