"""What an audit says of a law: whether it holds, the figure that shows it, what breaks it. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["holds", "broken", "open"]
Sums = Counter[Any]
"""Amounts in minor units by whose they are and their currency, or by their currency."""
SHOWN = 5  # of what breaks a law, as many are named


@dataclass(slots=True)
class Faults:
    """What breaks a law: how many, and the first of them by name."""

    count: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, what: str) -> None:
        """One more."""
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(what)

    def join(self, other: "Faults") -> None:
        """Those too."""
        self.count += other.count
        self.shown = (self.shown + other.shown)[:SHOWN]


@dataclass(frozen=True, slots=True)
class Finding:
    """A law of money and what was found. `open`: a database alone, or yet, cannot tell.

    `told`: one sentence with the figure; `figures`: the same for machines, amounts in minor units
    by currency; `broken_by`: the first few that break it.
    """

    law: str
    title: str
    state: State
    told: str
    figures: Mapping[str, int | str]
    broken_by: tuple[str, ...] = ()


def finding(
    law: str, title: str, told: str, figures: Mapping[str, int | str], faults: Faults
) -> Finding:
    """The law holds if there are no faults."""
    if not faults.count:
        return Finding(law, title, "holds", told, figures)
    told = f"{told} {faults.count} {'breaks' if faults.count == 1 else 'break'} the law."
    figures = {**figures, "broken": faults.count}
    return Finding(law, title, "broken", told, figures, tuple(faults.shown))


def compared(left: Mapping[Any, int], right: Mapping[Any, int], names: tuple[str, str]) -> Faults:
    """Every key under which two sums differ. What is not there is 0."""
    faults = Faults()
    for key in sorted({*left, *right}, key=str):
        one, other = left.get(key, 0), right.get(key, 0)
        if one != other:
            of = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
            faults.add(f"{of}: {names[0]} {one}, {names[1]} {other}")
    return faults


def by_currency(sums: Sums) -> Sums:
    """Amounts by whose they are and their currency, summed by currency."""
    found: Sums = Counter()
    for (_, currency), amount in sums.items():
        found[currency] += amount
    return found


def money(sums: Sums) -> str:
    """Amounts by currency in words, in minor units, as the tables have them."""
    parts = [f"{currency} {amount}" for currency, amount in sorted(sums.items()) if amount]
    return " and ".join(parts) or "nothing"
