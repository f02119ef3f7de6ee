"""What `python -m tests.crash` tries, step by step; each can be repeated alone by its name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from tests.crash.content import balances, notices
from tests.crash.every import Some, Tried, by_two, pairs, singles
from tests.crash.harness import Undisturbed
from tests.crash.play import SCENES
from tests.stripe_twin.events import Delivery
from tests.stripe_twin.manners import Fault, Faults

SOME_PAIRS, SECOND = 18, 4
KILLS, FAULTY, TOLD = 3, 4, 40  # of a scene, of a scene, whole stories
FIRST = 5  # requests of a scene that may fail
MISHAPS: tuple[Fault | None, ...] = (
    *(None, "drop_before", "drop_after", "too_many", "slow"),
    "broken_after",  # which is answered again under its key, for a day
)
WELL, BADLY = Delivery(), Delivery(twice=40, late=40, lost=15)

Try = Callable[[Undisturbed, int, Random], Awaitable[Tried]]


@dataclass(frozen=True)
class Step:
    """One kind of mishap, of a scene or of a whole story by its number."""

    kind: str
    number: int
    deed: Try

    @property
    def name(self) -> str:
        return f"{self.kind} {self.number}"

    async def tried(self, story: Undisturbed, seed: int) -> Tried:
        """Try it; chance follows from the seed and the name."""
        return await self.deed(story, self.number, Random(f"{seed} {self.name}"))


def steps(is_full: bool) -> list[Step]:
    """Every step in order: the cheap kinds first. Full: every pair of deaths there is."""
    kinds: dict[str, tuple[Try, int]] = {
        "singles": (_singles, len(SCENES)),
        "kills": (_kills, len(SCENES)),
        "faults": (_faults, len(SCENES)),
        "two": (_two, len(SCENES)),
        "told": (_told, TOLD if is_full else 2),
        "pairs": (_every_pair if is_full else _some_pairs, len(SCENES)),
    }
    return [
        Step(kind, number, deed) for kind, (deed, count) in kinds.items() for number in range(count)
    ]


async def _singles(story: Undisturbed, scene: int, _random: Random) -> Tried:
    return await singles(story, scene)


async def _every_pair(story: Undisturbed, scene: int, _random: Random) -> Tried:
    return await pairs(story, scene)


async def _some_pairs(story: Undisturbed, scene: int, random: Random) -> Tried:
    return await pairs(story, scene, Some(SOME_PAIRS, SECOND, random))


async def _two(story: Undisturbed, scene: int, random: Random) -> Tried:
    return await by_two(story, scene, len(story.passed[scene]), random)


async def _kills(story: Undisturbed, scene: int, random: Random) -> Tried:
    """The kernel ends processes at statements of this scene."""
    tried = Tried()
    places = [kill_at for found, kill_at in story.statements() if found == scene]
    for kill_at in random.sample(places, KILLS):
        found = await story.differences_after_a_kill(scene, kill_at)
        tried.add(Tried(1, 1, [f"scene {scene} killed at {kill_at}: {one}" for one in found]))
    return tried


async def _faults(story: Undisturbed, scene: int, random: Random) -> Tried:
    """The rail fails at random, and the hub dies of something else while it does."""
    tried = Tried()
    for _ in range(FAULTY):
        faults = Faults(next=random.choices(MISHAPS, k=FIRST))
        kills = (random.randint(1, len(story.passed[scene])),)
        at = f"scene {scene} with {faults.next}, dead at {kills}"
        found = await story.differences_by_faults(scene, faults, kills)
        tried.add(Tried(1, 1, [f"{at}: {one}" for one in found]))
    return tried


async def _told(story: Undisturbed, _number: int, random: Random) -> Tried:
    """Webhooks come twice, late, in disorder or never, and hubs die now and then."""
    should = (await story.told(0, WELL)).state.path
    seed = random.randrange(1_000_000)
    try:
        played = await story.told(seed, BADLY, deaths=random)
    except AssertionError as broken:
        return Tried(0, 0, [str(broken)])
    came = played.state.path
    wrong = otherwise(story, str(should), str(came))
    return Tried(played.deaths, len(played.lives), [f"seed {seed}: {one}" for one in wrong])


def otherwise(story: Undisturbed, should: str, came: str) -> list[str]:
    """What two files say otherwise of balances, and which kinds of notice one of them lacks."""
    known = story.states[0].ids
    expected, found = balances(should, known), balances(came, known)
    return [
        f"{account}: {expected.get(account)} became {found.get(account)}"
        for account in sorted(expected.keys() | found.keys())
        if expected.get(account) != found.get(account)
    ] + [f"heard of by one alone: {kind}" for kind in notices(should).keys() ^ notices(came).keys()]
