"""What a check-up looks at, what each step weighs, and the grade that comes of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

from chargehub.errors import Conflict

StepName = Literal[
    "connection",
    "boot",
    "settings",
    "quirks",
    "heartbeat",
    "status",
    "meter_values",
    "clock",
    "reservation",
    "local_list",
    "security",
    "signed_readings",
    "test_charge",
    "intervals",
]
Result = Literal["passed", "weak", "failed", "skipped"]
"""`weak`: it works in part and counts half. `skipped`: not asked for, and counts nothing."""
StepState = Literal["waiting", "running", "passed", "weak", "failed", "skipped"]
Grade = Literal["A", "B", "C", "D", "E", "F"]

STEPS: Final[tuple[StepName, ...]] = get_args(StepName)
PATIENCE: Final = timedelta(hours=1)  # in which a station that is away has to come


class CheckupRunning(Conflict):
    """A station is checked once at a time."""

    code = "checkup_running"


@dataclass(frozen=True, slots=True)
class Renewal:
    """How long grades count. `least`: to be listed for everybody, empty: none is asked for.

    `lasts`: from the check-up until a new one is asked for; zero: for ever, but for other
    firmware. `grace`: from then on until the grade lapses.
    """

    least: str = ""
    lasts: timedelta = timedelta(days=365)
    grace: timedelta = timedelta(days=30)


RENEWAL: Final = Renewal()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a step weighs, and what its owner does when it was not passed.

    `is_needed`: without it nobody can be billed or helped, and the grade is F.
    """

    weight: int
    advice: str
    is_needed: bool = False


RULES: Final[Mapping[StepName, Rule]] = {
    "connection": Rule(
        10,
        "Enter the hub's OCPP address, the identity and the password at the station, see that it"
        " reaches the internet, and begin a new check-up.",
        is_needed=True,
    ),
    "boot": Rule(
        10,
        "Restart the station. If it still sends no BootNotification when asked, update its"
        " firmware.",
        is_needed=True,
    ),
    "settings": Rule(
        10, "Update the firmware: the hub cannot read how the station is set up, and cannot help."
    ),
    "quirks": Rule(
        5,
        "The station did not take all settings that its model needs: see GET /stations/{id}"
        " for them, and set them at the station by hand.",
    ),
    "heartbeat": Rule(
        10,
        "Set the heartbeat interval at the station by hand: the hub cannot tell otherwise whether"
        " it is alive.",
    ),
    "status": Rule(
        15,
        "Register as many EVSEs as the station has, numbered as it does, and clear its faults:"
        " drivers would find EVSEs that nobody knows anything of.",
        is_needed=True,
    ),
    "meter_values": Rule(
        20,
        "Switch the measurand Energy.Active.Import.Register on, in Wh or kWh: without it nothing"
        " can be billed. If it sends readings only while it charges, begin a new check-up with a"
        " test charge.",
        is_needed=True,
    ),
    "clock": Rule(
        10, "Set the station to take its time from the hub, or from a time server, in UTC."
    ),
    "reservation": Rule(
        5,
        "Nothing has to be done: the hub keeps booked slots by refusing other id tokens. A station"
        " that takes reservations shows them to people as well.",
    ),
    "local_list": Rule(
        5, "Switch the local list on at the station: then booked drivers can start without a line."
    ),
    "security": Rule(
        10,
        "Raise the security profile (PUT /stations/{id}/security-profile) to 2 or 3, so that the"
        " line is encrypted.",
    ),
    "signed_readings": Rule(
        5,
        "If the station has a calibrated meter, switch signed readings on and confirm its key"
        " (PUT /evses/{id}/meter-key); some countries ask for it.",
    ),
    "test_charge": Rule(
        20,
        "Plug a car in that is not full, check the cable, and begin a new check-up with a test"
        " charge.",
    ),
    "intervals": Rule(
        5, "Set the intervals that the step names at the station by hand: it took none by OCPP."
    ),
}
"""The table of grading: step, weight, what to do."""

GRADES: Final[tuple[tuple[int, Grade], ...]] = (
    (90, "A"),
    (80, "B"),
    (65, "C"),
    (50, "D"),
    (35, "E"),
    (0, "F"),
)
"""From so many points of a hundred on."""
_SHARE: Final[Mapping[Result, int]] = {"passed": 2, "weak": 1, "failed": 0, "skipped": 0}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a step, and a sentence on what was seen."""

    result: Result
    detail: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the grade is not better: the step, what was seen, what to do, points it cost."""

    step: StepName
    detail: str
    advice: str
    points: int


@dataclass(frozen=True, slots=True)
class Grading:
    """A grade with its points of a hundred; `reasons`: the dearest first."""

    grade: Grade
    score: int
    reasons: tuple[Reason, ...]


def grade(verdicts: Mapping[StepName, Verdict]) -> Grading:
    """The grade of what was found. A step that is not named was skipped.

    Points are those of a hundred, rounded down; a needed step that failed makes it F. A better
    verdict never makes a grade worse.
    """
    counted = {name: verdict for name, verdict in verdicts.items() if verdict.result != "skipped"}
    most = sum(RULES[name].weight for name in counted)
    reached = sum(RULES[name].weight * _SHARE[each.result] for name, each in counted.items())
    score = 100 * reached // (2 * most) if most else 0
    reasons = [_reason(name, verdict) for name, verdict in counted.items()]
    missed = sorted(
        (reason for reason in reasons if reason.points), key=lambda one: (-one.points, one.step)
    )
    is_lost = any(
        each.result == "failed" and RULES[name].is_needed for name, each in counted.items()
    )
    letter: Grade = "F" if is_lost else next(each for least, each in GRADES if score >= least)
    return Grading(letter, score, tuple(missed))


def _reason(name: StepName, verdict: Verdict) -> Reason:
    rule = RULES[name]
    lost = rule.weight * (2 - _SHARE[verdict.result])
    return Reason(name, verdict.detail, rule.advice, -(-lost // 2))


def rest(done: Sequence[StepName]) -> tuple[StepName, ...]:
    """The steps that are still to come, in order."""
    return tuple(name for name in STEPS if name not in done)
