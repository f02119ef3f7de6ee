"""The story undisturbed, and again with deaths in it: it has to end alike.

A run begins at the state before the scene in which the hub dies. By default it ends with that
scene, when every row of the database and every object of the twin must be as if nobody had died
(so what follows is the same as well); `to_end` plays it on to the end.
"""

import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from chargehub.audit.laws import findings_of
from tests.crash.content import hash_of, parked, posted
from tests.crash.ground import Ground, Played, State, ground
from tests.crash.outside import LAST
from tests.crash.play import SCENES, Scene
from tests.crash.points import Killed
from tests.crash.telling import News
from tests.stripe_twin.events import Delivery
from tests.stripe_twin.manners import Faults

SHOWN = 6  # of what one death changed
HALF = 0.5
FEWER = 20  # statements: a busy machine puts more into one transaction


@dataclass(frozen=True)
class Death:
    """Where a hub dies: in a scene, at the points of its first life, its second, …"""

    scene: int
    points: tuple[int, ...]

    def __str__(self) -> str:
        return f"{SCENES[self.scene].name!r} at {', '.join(map(str, self.points))}"


@dataclass
class Undisturbed:
    """The story as it goes by itself: the state before each scene and after the last."""

    ground: Ground
    states: list[State]
    passed: list[list[str]]  # by scene: what a life that begins with it passes
    _known: dict[tuple[int, int], list[str]] = field(default_factory=dict)

    def _expected(self, scene: int, last: int) -> list[str]:
        if (scene, last) not in self._known:
            self._known[scene, last] = self.states[last].since(self.states[scene])
        return self._known[scene, last]

    @property
    def count(self) -> int:
        """How many points there are to die at."""
        return sum(map(len, self.passed))

    def boundaries(self) -> list[Death]:
        """One death before and after every commit and request: all that the world can notice."""
        return [
            Death(scene, (number,))
            for scene, names in enumerate(self.passed)
            for number, name in enumerate(names, 1)
            if name.startswith(("COMMIT", "after", "before"))
        ]

    def everywhere(self) -> list[Death]:
        """One death at every point."""
        return [
            Death(scene, (number,))
            for scene, names in enumerate(self.passed)
            for number in range(1, len(names) + 1)
        ]

    def statements(self) -> list[tuple[int, int]]:
        """Scenes, and the numbers of their statements and commits without requests."""
        found = []
        for scene, names in enumerate(self.passed):
            count = sum("/v1/" not in name for name in names)
            found += [(scene, number) for number in range(1, count - FEWER)]
        return found

    async def survived(self, deaths: Iterable[Death], to_end: bool = False) -> list[str]:
        """Die so, again and again; what was not as before, by death."""
        wrong: list[str] = []
        for death in deaths:
            for one in (await self.differences(death, to_end))[:SHOWN]:
                wrong.append(f"{death} ({self.name_of(death)}): {one}")
        return wrong

    def name_of(self, death: Death) -> str:
        """What its first point is: a statement, or 'after POST /v1/…'."""
        return self.passed[death.scene][death.points[0] - 1]

    async def differences(self, death: Death, to_end: bool = False) -> list[str]:
        """What is not as it would be if nobody had died; broken laws too."""
        before = self.states[death.scene]
        last = len(SCENES) if to_end else death.scene + 1
        played = await self.ground.play(before, range(death.scene, last), death.points)
        return self.compared(death.scene, last, played)

    async def differences_after_a_kill(self, scene: int, kill_at: int) -> list[str]:
        """The same of a process that is ended at a statement of its own."""
        before = self.states[scene]
        played = await self.ground.play_after_a_kill(before, scene, kill_at)
        return self.compared(scene, scene + 1, played)

    async def differences_by_faults(
        self, scene: int, faults: Faults, kills: Sequence[int] = ()
    ) -> list[str]:
        """The same of a twin that fails in this scene, in which hubs die too."""
        scenes = range(scene, scene + 1)
        played = await self.ground.play_with_faults(self.states[scene], scenes, faults, kills)
        return self.compared(scene, scene + 1, played)

    async def told(self, seed: int, travels: Delivery, deaths: Random | None = None) -> Played:
        """How it ends where more happens outside, and the twin tells of it as well as this.

        `deaths`: in half of the scenes a hub dies, at a point of this one's choice.
        """

        def kills(scene: int) -> Sequence[int]:
            if deaths is None or deaths.random() < HALF:
                return ()
            return (deaths.randint(1, len(self.passed[scene])),)

        names = [scene.name for scene in SCENES]
        scenes = range(names.index(LAST) + 1)
        news = News(seed, travels, kills)
        played = await self.ground.play_told(self.states[0], scenes, news)
        wrong = _broken(played.state) + self.ground.shortcomings
        assert wrong == [], f"seed {seed}: {wrong}"
        return played

    def compared(self, scene: int, last: int, played: Played) -> list[str]:
        """What did not come of these scenes as it did undisturbed. Removes the file."""
        expected = self._expected(scene, last)
        wrong = _differences(expected, played.state.since(self.states[scene]))
        if last == len(SCENES):
            wrong += _broken(played.state)
        wrong += [f"the twin: {one}" for one in self.ground.shortcomings]
        played.state.path.unlink()
        return wrong


@asynccontextmanager
async def undisturbed(folder: Path) -> AsyncIterator[Undisturbed]:
    """Play the story once."""
    with quiet_deaths():
        async with ground(folder) as where:
            found = Undisturbed(where, [where.first], [])
            for number in range(len(SCENES)):
                played = await where.play(found.states[-1], range(number, number + 1))
                _check(SCENES[number], found.states[-1], played.state)
                found.states.append(played.state)
                found.passed.append(played.lives[0].passed)
            assert (broken := _broken(found.states[-1])) == [], broken
            assert where.shortcomings == []
            yield found


def _check(scene: Scene, before: State, after: State) -> None:
    """What a scene is named after did happen: else deaths in it would say nothing."""
    moved = posted(str(after.path))
    moved.subtract(posted(str(before.path)))
    found = {kind: moved[kind] for kind in scene.posts}
    assert found == scene.posts, f"{scene.name!r} posted {+moved}, not {scene.posts}"
    assert scene.posts or not +moved, f"{scene.name!r} posted {+moved}"


def _differences(expected: list[str], found: list[str]) -> list[str]:
    wrong = [f"missing {row}" for row in expected if row not in found]
    wrong += [f"unexpected {row}" for row in found if row not in expected]
    if hash_of(expected) != hash_of(found) and not wrong:
        wrong = ["rows alike in another number"]
    return wrong


def _broken(state: State) -> list[str]:
    laws = findings_of(f"sqlite:///{state.path}")
    broken = [f"{one.law}: {one.broken_by}" for one in laws if one.state == "broken"]
    return broken + parked(str(state.path))


@contextmanager
def quiet_deaths() -> Iterator[None]:
    """A hub's writer that was killed is no fault of a thread."""
    others = threading.excepthook

    def hook(told: threading.ExceptHookArgs) -> None:
        if not issubclass(told.exc_type, Killed):
            others(told)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = others
