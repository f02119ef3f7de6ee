"""What a model of station does oddly, how it is treated for that, and what is proven. Pure.

A quirk profile is a file of `docs/chargers/`: for whom it is (vendor, model, firmware), the
treatment, and a record of each quirk: done, to do, or exempt.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from chargehub.errors import Invalid

State = Literal["done", "todo", "exempt"]
OcppVersion = Literal["1.6", "2.0.1", "2.1"]
TokenCase = Literal["as_given", "upper", "lower"]
AUTO, OFF = "auto", "off"  # what an operator may choose for a station, beside a profile's name
EVERY = "*"  # the key of what holds for all actions
LONGEST_NAME = 60

_RANGE = re.compile(r"\s*(<=|>=|<|>|=)\s*(\d+(?:\.\d+)*)\s*")
_DOTTED = re.compile(r"\d+(?:\.\d+)+")
_NUMBER = re.compile(r"\d+")

Seconds = Annotated[float, Field(ge=0, le=30)]
Interval = Annotated[int, Field(ge=10, le=86_400)]
Sentence = Annotated[str, Field(min_length=10, max_length=600)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=LONGEST_NAME)]


class UnknownQuirkProfile(Invalid):
    """No quirk profile has this name."""

    code = "unknown_quirk_profile"


@dataclass(frozen=True, slots=True)
class Hardware:
    """Who a station says it is; None: not told."""

    vendor: str | None
    model: str | None
    firmware: str | None


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _firmware(text: str) -> str:
    for part in text.split(",") if _is_range(text) else ():
        if not _RANGE.fullmatch(part):
            raise ValueError("give a pattern like 2.9.*, or a range like >=1.0,<2.3")
    return text


class Match(_Part):
    """For whom a profile is. What is left out may be anything.

    `vendor` and `model` are patterns with * and ?; case and spaces do not count. `firmware` is a
    pattern too, or a range of version numbers: `<=1.8.21`, `>=1.0,<2.3`.
    """

    vendor: str | None = None
    model: str | None = None
    firmware: Annotated[str, AfterValidator(_firmware)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Match":
        if self.vendor in (None, EVERY) and self.model in (None, EVERY):
            raise ValueError("name a vendor or a model; this would be for every station")
        return self

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
        return _pattern(self.vendor), _pattern(self.model)

    def fits(self, hardware: Hardware) -> bool:
        """Is this the station?"""
        vendor, model = self._patterns
        if vendor is not None and not vendor.fullmatch(folded(hardware.vendor)):
            return False
        if model is not None and not model.fullmatch(folded(hardware.model)):
            return False
        return self.firmware is None or _firmware_fits(self.firmware, hardware.firmware)

    @property
    def weight(self) -> tuple[int, int, bool]:
        """The more signs it names, of the model first, the more it is for this very station."""
        return _signs(self.model), _signs(self.vendor), self.firmware is not None


class Never(_Part):
    """A call that this model is never sent: an action, and fields of it that say which.

    `having` are paths with dots and their value. `because` is told to whoever asked for it.
    """

    action: Annotated[str, Field(min_length=1)]
    having: Mapping[str, str | int | bool] = {}
    because: Sentence

    def forbids(self, action: str, payload: Mapping[str, Any]) -> bool:
        """Is this the call?"""
        if action != self.action:
            return False
        return all(_at(payload, path) == value for path, value in self.having.items())


class Treatment(_Part):
    """What the hub does otherwise than with other stations.

    `reply_delay_s`: action (or *) -> how long its answer is held back. `ping_interval_s` 0: no
    pings; `answers_pings` False: the hub only keeps the line busy and expects nothing.
    `versions`: the OCPP versions to speak, where the station offers one of them.
    `boot_wait_s`: how long calls wait on a new line for a boot; `quiet_after_boot_s`: and after
    its answer; `pause_s`: between two of them. `measurands`, the intervals and `settings` (by
    version) are written after a boot, in this order; other measurands are never asked for.
    """

    reply_delay_s: Mapping[str, Seconds] = {}
    ping_interval_s: Seconds | None = None
    answers_pings: bool = True
    heartbeat_interval_s: Interval | None = None
    versions: tuple[OcppVersion, ...] = ()
    boot_wait_s: Seconds = 0
    quiet_after_boot_s: Seconds = 0
    pause_s: Seconds = 0
    id_tokens: TokenCase = "as_given"
    measurands: tuple[str, ...] = ()
    sampling_interval_s: Interval | None = None
    clock_aligned_interval_s: Interval | None = None
    station_ping_interval_s: Interval | None = None
    settings: Mapping[OcppVersion, Mapping[str, str]] = {}
    never: tuple[Never, ...] = ()


class Quirk(_Part):
    """Something that this model does oddly, and what became of it.

    `done`: the hub copes, `how` says by what, and a transcript of the form of
    `docs/chargers/README.md` proves it. `todo`: it does not yet. `exempt`: nothing is to be done.
    """

    name: Name
    what: Sentence
    state: State
    how: Sentence
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    transcript: str | None = None


class QuirkProfile(_Part):
    """One file: a maker's model, or a family of them. `name` is the file's, `title` for people."""

    name: Name
    title: Annotated[str, Field(min_length=1, max_length=100)]
    stations: Annotated[tuple[Match, ...], Field(min_length=1)]
    treatment: Treatment = Treatment()
    quirks: Annotated[tuple[Quirk, ...], Field(min_length=1)]


UNTREATED = Treatment()


class QuirkBook:
    """All quirk profiles. Of several that fit a station, the one that says most of it counts."""

    def __init__(self, profiles: Iterable[QuirkProfile] = ()) -> None:
        self._profiles = {profile.name: profile for profile in profiles}

    def __iter__(self) -> Iterator[QuirkProfile]:
        return iter(sorted(self._profiles.values(), key=lambda profile: profile.name))

    def of(self, hardware: Hardware, choice: str = AUTO) -> QuirkProfile | None:
        """The profile of a station, None for none. `choice`: AUTO, OFF or a profile's name."""
        if choice != AUTO:
            return self._profiles.get(choice)
        fitting = [
            (match.weight, profile.name)
            for profile in self._profiles.values()
            for match in profile.stations
            if match.fits(hardware)
        ]
        return self._profiles[max(fitting)[1]] if fitting else None

    def check_choice(self, choice: str) -> None:
        """Raises UnknownQuirkProfile."""
        if choice not in (AUTO, OFF) and choice not in self._profiles:
            raise UnknownQuirkProfile(
                f"There is no quirk profile of this name. Choose {AUTO}, {OFF}, or one of"
                " GET /quirk-profiles."
            )


def folded(text: str | None) -> str:
    """Without case and spaces."""
    return "".join((text or "").casefold().split())


def version_numbers(text: str) -> tuple[int, ...]:
    """The version in a firmware's name: 1.8.21 of `TAC3Z91::V1.8.21`; empty: there is none."""
    found = _DOTTED.search(text) or _NUMBER.search(text)
    numbers = [int(number) for number in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers) or ((0,) if found else ())


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return None if text is None else re.compile(translate(folded(text)))


def _signs(pattern: str | None) -> int:
    return len(re.sub(r"[*?\s]", "", pattern or ""))


def _is_range(text: str) -> bool:
    return text.lstrip().startswith(("<", ">", "="))


def _firmware_fits(wanted: str, told: str | None) -> bool:
    if not _is_range(wanted):
        pattern = _pattern(wanted)
        return pattern is not None and pattern.fullmatch(folded(told)) is not None
    known = version_numbers(told or "")
    return bool(known) and all(_holds(part, known) for part in wanted.split(","))


def _holds(part: str, known: tuple[int, ...]) -> bool:
    found = _RANGE.fullmatch(part)
    assert found is not None, part
    limit = version_numbers(found[2])
    return {
        "<": known < limit,
        "<=": known <= limit,
        ">": known > limit,
        ">=": known >= limit,
        "=": known == limit,
    }[found[1]]


def _at(payload: Any, path: str) -> Any:
    for step in path.split("."):
        payload = payload.get(step) if isinstance(payload, Mapping) else None
    return payload
