"""Lives of a hub on copies of one file, beside the twin: begun, ended at a point, begun again."""

import asyncio
import multiprocessing
import pickle
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from chargehub.clock import HandClock
from tests.busy import verify
from tests.crash.alive import LIMIT_S, Alive
from tests.crash.beside import Beside
from tests.crash.content import Row, changed, ids_in, rows_of, things_of
from tests.crash.left import Keeper, Left, copied, thrown_away
from tests.crash.life import Life, live
from tests.crash.outside import OUTSIDE
from tests.crash.play import SCENES, Cast, Scene
from tests.crash.points import Points
from tests.crash.telling import News, Telling, telling
from tests.databases import fresh_sqlite
from tests.hub import RunningHub
from tests.schema import prepare
from tests.stories.stripe_hub import SETUPS, VISA
from tests.stripe_twin import accounts, balances, checkout
from tests.stripe_twin.app import Twin
from tests.stripe_twin.manners import Faults
from tests.stripe_twin.world import PLATFORM, Call, World

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
TRIES = 30  # of one scene, with a twin that fails
_SERVER = multiprocessing.get_context("forkserver")  # it has no threads, and imports but once
_SERVER.set_forkserver_preload(["tests.crash.warm"])


@dataclass(frozen=True)
class State:
    """Between two scenes: a file nobody has open, and the twin."""

    path: Path
    twin: bytes  # pickled, for each run takes one of its own
    rows: Counter[Row]

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id there is."""
        return ids_in(self.rows)

    def since(self, before: "State") -> list[str]:
        """What happened since, told without ids."""
        return changed(before.rows, self.rows, before.ids)


@dataclass(frozen=True)
class Played:
    """What came of scenes: how the world is now, and the points that each life passed."""

    state: State
    lives: tuple[Points, ...]
    owed: int  # deliveries that the last life left for later

    @property
    def deaths(self) -> int:
        """How many of the lives ended at a point."""
        return sum(life.has_died for life in self.lives)


class Ground:
    """Where the story is played, on copies of `first`."""

    def __init__(self, folder: Path, beside: Beside, cast: Cast, first: State) -> None:
        self.first = first
        self._folder = folder
        self._beside = beside
        self._cast = cast
        self._copies = 0
        self._told: Telling | None = None

    async def play(self, before: State | Left, scenes: range, kills: Sequence[int] = ()) -> Played:
        """Play these scenes, from the state before the first of them, or from what one left in it.

        The first life ends at its point `kills[0]`, the next at `kills[1]`; one more lives on.
        """
        return await self._play_on(self._set_back(before), scenes, _ending_at(kills))

    @asynccontextmanager
    async def kept(
        self, before: State | Left, scene: int
    ) -> AsyncIterator[tuple[Played, Sequence[Left]]]:
        """Play this scene to its end, and keep what a death at each of its points would leave."""
        path = self._set_back(before)
        keeper = Keeper(path, lambda: self._beside.left)
        played = await self._play_on(path, range(scene, scene + 1), [Points(keeper=keeper)])
        try:
            yield played, tuple(keeper.left)
        finally:
            thrown_away(keeper.left)
            keeper.left.clear()  # the twin in it is large, and points are remembered

    async def play_after_a_kill(self, before: State, scene: int, kill_at: int) -> Played:
        """Play this scene in a process that the kernel ends at a statement, and again in here."""
        path = self._set_back(before)
        await self._kill(path, scene, kill_at)
        return await self._play_on(path, range(scene, scene + 1))

    async def play_with_faults(
        self, before: State, scenes: range, faults: Faults, kills: Sequence[int] = ()
    ) -> Played:
        """Play these scenes while the twin fails; what has to be tried again is, by a new life.

        In each scene hubs die as in `play`.
        """
        path = self._set_back(before)
        self._beside.twin.faults = faults
        lives: list[Points] = []
        for number in scenes:
            played = await self._play_patiently(path, number, kills)
            lives += played.lives
        return Played(played.state, tuple(lives), 0)

    async def play_told(self, before: State, scenes: range, news: News) -> Played:
        """Play these scenes and what happens outside, of which the twin tells."""
        path = self._set_back(before)
        lives: list[Points] = []
        async with telling(self._beside, news) as self._told:
            for number in scenes:
                self._beside.twin.world.clock.now = int(at(number).timestamp())
                OUTSIDE.get(SCENES[number].name, _nothing)(self._beside.twin.world)
                played = await self._play_patiently(path, number, news.kills(number))
                lives += played.lives
            assert self._told.sender.refused == []
        self._told = None
        return Played(played.state, tuple(lives), 0)

    async def _play_patiently(self, path: Path, number: int, kills: Sequence[int]) -> Played:
        """Play a scene until nothing of it is left for later; each try is a life of its own."""
        lives: list[Points] = []
        for attempt in range(TRIES):
            given = () if attempt else _ending_at(kills)
            played = await self._play_on(path, range(number, number + 1), given)
            lives += played.lives
            if not played.owed:
                return Played(played.state, tuple(lives), 0)
        raise AssertionError(f"{SCENES[number].name!r} is not done after {TRIES} lives")

    async def dead(
        self, before: State, scene: int, kill_at: int
    ) -> tuple[Counter[Row], Counter[Row]]:
        """What a file has once a hub has died at this point of the scene, and what was kept of it
        at this point."""
        path = self._set_back(before)
        self._beside.clock = clock = HandClock(at(scene))
        keeper = Keeper(path, lambda: self._beside.left)
        alive = self._beside.born(path, clock, Points(kill_at, keeper))
        await alive.survives(self._scene(alive, SCENES[scene]))
        await alive.bury()
        found = rows_of(str(path)), rows_of(str(keeper.left[-1].path))
        thrown_away(keeper.left)
        path.unlink()
        return found

    async def play_by_two(self, left: Left, scene: int) -> Played:
        """Two hubs come back at the same moment on what one left in this scene."""
        path = self._set_back(left)
        self._beside.clock = clock = HandClock(at(scene))
        two = [self._beside.born(path, clock, Points()) for _ in range(2)]
        await asyncio.gather(*(one.start() for one in two))
        await self._cast.taken_over_by(two[1]).act(SCENES[scene])
        await asyncio.gather(*(one.settle() for one in two))  # what is due comes after the deed
        for one in two:
            await one.bury()
        return await self._play_on(path, range(scene, scene + 1))

    async def _kill(self, path: Path, scene: int, kill_at: int) -> None:
        moment, points = at(scene), Points()
        self._beside.clock = HandClock(moment)
        address = self._beside.address(self._beside.expected(points))
        life = Life(
            path, self._beside.settings, address, moment, scene, self._cast.alone(), kill_at
        )
        process = _SERVER.Process(target=live, args=(life,))
        process.start()
        await asyncio.to_thread(process.join, LIMIT_S)
        process.kill()
        assert process.exitcode == -signal.SIGKILL, (process.exitcode, life)

    async def _play_on(self, path: Path, scenes: range, given: Sequence[Points] = ()) -> Played:
        """`given`: the first lives; after them come as many as are needed."""
        self._beside.clock = clock = HandClock(at(scenes[0]))
        coming, lives = iter(given), list[Points]()
        alive: Alive | None = None
        for number in scenes:
            clock.set(at(number))
            done = False
            while not done:
                if alive is None:
                    lives.append(next(coming, Points()))
                    alive = self._beside.born(path, clock, lives[-1])
                done = await alive.survives(self._scene(alive, SCENES[number]))
                if not done:
                    await alive.bury()
                    alive = None
        assert alive is not None, scenes
        owed = alive.hub.relay.pending
        await alive.bury()
        return Played(_state(path, self._beside.twin), tuple(lives), owed)

    @property
    def shortcomings(self) -> list[str]:
        """What the twin could not do as Stripe does it."""
        return self._beside.twin.shortcomings

    async def _scene(self, alive: Alive, scene: Scene) -> None:
        if not alive.is_up:
            await alive.start()
        if self._told is not None:
            self._told.begin(alive)
            self._beside.tell_news()
        await self._cast.taken_over_by(alive).act(scene)
        await alive.settle()
        if self._told is not None:
            await self._told.end()
            await alive.settle()

    def _set_back(self, to: State | Left) -> Path:
        """The twin as it was, and a copy of the file as it was."""
        self._beside.set_back(to.twin)
        self._copies += 1
        return copied(to.path, self._folder / f"{self._copies}.sqlite")


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """A driver with a card and an owner with an account, both at the twin, and a station."""
    path = folder / "first.sqlite"
    prepare(fresh_sqlite(path))
    clock = HandClock(START)
    beside = Beside(clock)
    async with beside.serving():
        cast = await cast_by(beside.born(path, clock, Points()), beside.twin)
        yield Ground(folder, beside, cast, _state(path, beside.twin))


async def cast_by(alive: Alive, twin: Twin) -> Cast:
    """Who acts in the story, and a hub that knew them and is gone."""
    await alive.start_with_stations()
    cast = await cast_of(alive, twin)
    await alive.settle()
    await alive.bury()
    await alive.hub.ocpp.stop()
    await asyncio.gather(*(sim.close() for sim in alive._sims))
    return cast


async def cast_of(alive: RunningHub, twin: Twin) -> Cast:
    """Who acts in the story, with a card and an account at the twin."""
    owner, driver = await alive.person("owner", pays=False), await alive.person("driver", False)
    operator = await alive.operator()
    page = await driver.post(SETUPS, {"rail": "stripe"})
    checkout.pay(twin.world, page["url"].rpartition("/")[2], VISA)
    await alive.advance(minutes=1)
    assert (await driver.get(f"{SETUPS}/{page['id']}"))["state"] == "done"
    await verify(owner)
    asked = {"country": "DE", "capabilities": {"transfers": {"requested": True}}}
    told = {**asked, "metadata": {"account_id": owner.account_id}}
    account = accounts.create(twin.world, Call(told, {}))["id"]
    accounts.complete(twin.world, account)
    earlier = balances.book(twin.world, PLATFORM, "topup", 1_000, "eur", "tu_earlier")  # for fees
    earlier["created"] -= 86_400  # before the hub came: none of its books
    preference = {"rail": "stripe", "destination": account}
    await owner.ask("PUT", "/payout-preference", preference, 200)
    place = await alive.station(owner, "2.0.1")
    strict = {"cancellation": "strict"}
    await owner.ask("PUT", f"/stations/{place.station_id}/policy", strict, 200)
    return Cast(alive, owner, driver, operator, place)


def at(number: int) -> datetime:
    """When a scene is played."""
    return START + sum((scene.after for scene in SCENES[: number + 1]), HOUR)


def _ending_at(kills: Sequence[int]) -> list[Points]:
    return [Points(kill_at) for kill_at in kills]


def _state(path: Path, twin: Twin) -> State:
    """Of a file that nobody has open any more."""
    rows = rows_of(str(path)) + things_of(twin.world)
    return State(path, pickle.dumps(twin), rows)


def _nothing(_world: World) -> None:
    """Nothing happens outside."""
