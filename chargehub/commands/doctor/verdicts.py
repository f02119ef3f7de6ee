"""What comes of a check: a colour and one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Colour = Literal["green", "yellow", "red", "skipped"]
BY_GRAVITY: Final[tuple[Colour, ...]] = ("red", "yellow", "green", "skipped")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`green`: as it should be, `yellow`: look at it, `red`: something does not or soon will not
    work, or is not safe; `skipped`: could not be looked at. `seen`: one sentence."""

    colour: Colour
    seen: str


def green(seen: str) -> Verdict:
    return Verdict("green", seen)


def yellow(seen: str) -> Verdict:
    return Verdict("yellow", seen)


def red(seen: str) -> Verdict:
    return Verdict("red", seen)


def skipped(seen: str) -> Verdict:
    return Verdict("skipped", seen)


def worst(colours: Iterable[Colour]) -> Colour:
    """The gravest of them; skipped if there is none."""
    return min(colours, key=BY_GRAVITY.index, default="skipped")
