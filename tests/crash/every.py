"""Deaths at every point of a scene, alone and one after the other: the story goes on from each.

Deaths that leave the same (see `left.py`) are gone on from once, and all counted.
"""

from dataclasses import dataclass, field
from random import Random

from tests.crash.harness import SHOWN, Undisturbed
from tests.crash.left import Left
from tests.crash.play import SCENES

WIDTH = 600  # of a row that is shown


@dataclass
class Tried:
    """`deaths` (one, or one after another), `lives` that went on from them, what was `wrong`."""

    deaths: int = 0
    lives: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tried") -> None:
        """Count those of another too."""
        self.deaths += other.deaths
        self.lives += other.lives
        self.wrong += other.wrong

    def __str__(self) -> str:
        return f"{self.deaths} deaths, {self.lives} lives after them, {len(self.wrong)} differences"


@dataclass(frozen=True)
class Some:
    """Which pairs of a scene: this many, at most `second` of them with the same first death."""

    pairs: int
    second: int
    random: Random


async def singles(story: Undisturbed, scene: int) -> Tried:
    """A death at each point of a scene."""
    tried = Tried()
    async with story.ground.kept(story.states[scene], scene) as (played, left):
        _note(
            tried, f"{SCENES[scene].name!r} undisturbed", story.compared(scene, scene + 1, played)
        )
        for one in left:
            await _go_on(story, scene, one, tried, f"dead at {_told(one, played.lives[0].passed)}")
    return tried


async def pairs(story: Undisturbed, scene: int, some: Some | None = None) -> Tried:
    """A death at each point of a scene, and then one at each point of the life after it.

    `some`: only those; each that leaves something of its own counts as one.
    """
    tried = Tried()
    async with story.ground.kept(story.states[scene], scene) as (played, left):
        played.state.path.unlink()
        for one in left if some is None else some.random.sample(left, len(left)):
            first = f"dead at {_told(one, played.lives[0].passed)}"
            await _again(story, scene, (one, first), tried, some)
            if some is not None and tried.deaths >= some.pairs:
                break
    return tried


async def _again(
    story: Undisturbed, scene: int, died: tuple[Left, str], tried: Tried, some: Some | None
) -> None:
    before, first = died
    async with story.ground.kept(before, scene) as (played, left):
        _note(tried, first, story.compared(scene, scene + 1, played))
        if some is not None:
            left = some.random.sample(left, min(some.second, len(left)))
        for one in left:
            at = f"{first}, and then at {_told(one, played.lives[0].passed)}"
            counts = len(before.points) * len(one.points) if some is None else 1
            await _go_on(story, scene, one, tried, at, counts)


async def by_two(story: Undisturbed, scene: int, count: int, random: Random) -> Tried:
    """A hub dies in a scene, and two come back side by side; after so many deaths, by chance."""
    tried = Tried()
    async with story.ground.kept(story.states[scene], scene) as (first, left):
        first.state.path.unlink()
        for one in random.sample(left, min(count, len(left))):
            played = await story.ground.play_by_two(one, scene)
            tried.deaths += 1
            tried.lives += 2
            at = f"two after {_told(one, first.lives[0].passed)}"
            _note(tried, f"{SCENES[scene].name!r}, {at}", story.compared(scene, scene + 1, played))
    return tried


async def _go_on(
    story: Undisturbed, scene: int, left: Left, tried: Tried, at: str, counts: int | None = None
) -> None:
    played = await story.ground.play(left, range(scene, scene + 1))
    tried.deaths += len(left.points) if counts is None else counts
    tried.lives += 1
    _note(tried, f"{SCENES[scene].name!r}, {at}", story.compared(scene, scene + 1, played))


def _note(tried: Tried, when: str, wrong: list[str]) -> None:
    tried.wrong += [f"{when}: {one[:WIDTH]}" for one in wrong[:SHOWN]]


def _told(left: Left, passed: list[str]) -> str:
    """Where these deaths were: the first of them by its name."""
    first, last = left.points.start, left.points.stop - 1
    return f"{first} to {last} ({' '.join(passed[first - 1].split())[:WIDTH]})"
