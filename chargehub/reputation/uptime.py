"""How much of the time that was offered an EVSE worked, by the rules of two countries. Pure.

Times are whole seconds. Nothing counts before it was first told what the EVSE is.
Source: 23 CFR 680.116(b) (United States, NEVI); SI 2023/1168, regulation 6 and schedule (United
Kingdom), by the statuses of OCPI 2.2.1, section 8.4.20.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal, Protocol

from chargehub.units import Span

PPM = 1_000_000
SECOND = timedelta(seconds=1)

OcpiStatus = Literal[
    "AVAILABLE",
    "BLOCKED",
    "CHARGING",
    "INOPERATIVE",
    "OUTOFORDER",
    "PLANNED",
    "REMOVED",
    "RESERVED",
    "UNKNOWN",
]
Standing = Literal["working", "down", "unmeasured"]

UNITED_KINGDOM: Mapping[OcpiStatus, Standing] = {
    "AVAILABLE": "working",
    "CHARGING": "working",
    "RESERVED": "working",
    "INOPERATIVE": "down",
    "OUTOFORDER": "down",
    "BLOCKED": "unmeasured",
    "UNKNOWN": "unmeasured",
    "PLANNED": "unmeasured",
    "REMOVED": "unmeasured",
}

_OCPI: Mapping[str, OcpiStatus] = {
    "available": "AVAILABLE",
    "occupied": "CHARGING",
    "reserved": "RESERVED",
    "unavailable": "INOPERATIVE",
    "faulted": "OUTOFORDER",
}
_OUT = ("unavailable", "faulted")


class Changed(Protocol):
    """From `at` on it was this, until the next change."""

    @property
    def at(self) -> datetime: ...
    @property
    def word(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an EVSE, in seconds.

    `offered_s`: on the market, open, and known. `outage_s`: without a line or out of order, at any
    time; `excluded_s` of that: while it was not offered. `working_s` and `down_s`: of the time
    offered, as the United Kingdom counts; the rest of it is not measured there.
    """

    offered_s: int = 0
    outage_s: int = 0
    excluded_s: int = 0
    working_s: int = 0
    down_s: int = 0

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(
            self.offered_s + other.offered_s,
            self.outage_s + other.outage_s,
            self.excluded_s + other.excluded_s,
            self.working_s + other.working_s,
            self.down_s + other.down_s,
        )

    @property
    def uptime_ppm(self) -> int | None:
        """By the formula of NEVI, rounded down; None: nothing was offered."""
        if not self.offered_s:
            return None
        return in_ppm(nevi_uptime(self.offered_s, self.outage_s, self.excluded_s))

    @property
    def working_ppm(self) -> int | None:
        """As the United Kingdom counts, rounded down; None: nothing was measured."""
        measured_s = self.working_s + self.down_s
        return in_ppm(Fraction(self.working_s, measured_s)) if measured_s else None


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without a line or out of order, in whole seconds.

    `cause`: what it began with, no_line or the status. `excluded_s`: of it while not offered.
    """

    began_at: datetime
    ended_at: datetime
    cause: str
    excluded_s: int

    @property
    def lasted_s(self) -> int:
        return (self.ended_at - self.began_at) // SECOND


def ocpi_status(status: str, is_connected: bool) -> OcpiStatus:
    """What OCPI calls an EVSE of this status; without a line nobody knows."""
    return _OCPI[status] if is_connected else "UNKNOWN"


def is_outage(status: str, is_connected: bool) -> bool:
    """Whether NEVI counts the port as down: up is what is online and available, or in use."""
    return not is_connected or status in _OUT


def nevi_uptime(period: int, outage: int, excluded: int) -> Fraction:
    """(period - (outage - excluded)) / period, all in one unit; between 0 and 1.

    With a period of 525,600 minutes it is the formula of the rule, for a year.
    """
    assert 0 <= excluded <= outage, (excluded, outage)
    assert outage - excluded <= period, (period, outage, excluded)
    return Fraction(period - (outage - excluded), period)


def in_ppm(share: Fraction) -> int:
    """Parts per million, rounded down: 97 % is not reached by rounding."""
    return share.numerator * PPM // share.denominator


def measure(
    during: Span, offered: Sequence[Span], statuses: Sequence[Changed], line: Sequence[Changed]
) -> Measured:
    """Measure one EVSE in a time of whole seconds.

    `offered`: when it was on the market and open, no two overlap. `statuses` and `line`: their
    changes in order; the first may be from before. Fractions of seconds are cut off.
    `working_s + down_s <= offered_s` and `outage_s - excluded_s <= offered_s`, always.
    """
    found = Measured()
    for start, end in pairwise(_cuts(during, offered, statuses, line)):
        status = _at(statuses, start)
        if status is None:
            continue
        is_connected = _at(line, start) == "connected"
        is_offered = any(_floor(part.start) <= start < _floor(part.end) for part in offered)
        found += _counted((end - start) // SECOND, status, is_connected, is_offered)
    return found


def outages(
    during: Span, offered: Sequence[Span], statuses: Sequence[Changed], line: Sequence[Changed]
) -> tuple[Outage, ...]:
    """The outages of one EVSE in a time of whole seconds, in order, cut to it, apart.

    Arguments as for `measure`; all of them together last as long as its `outage_s`.
    """
    found: list[Outage] = []
    for start, end in pairwise(_cuts(during, offered, statuses, line)):
        status = _at(statuses, start)
        is_connected = _at(line, start) == "connected"
        if status is None or not is_outage(status, is_connected):
            continue
        is_offered = any(_floor(part.start) <= start < _floor(part.end) for part in offered)
        excluded_s = 0 if is_offered else (end - start) // SECOND
        if found and found[-1].ended_at == start:
            last = found.pop()
            joined_s = last.excluded_s + excluded_s
            found.append(Outage(last.began_at, end, last.cause, joined_s))
        else:
            found.append(Outage(start, end, status if is_connected else "no_line", excluded_s))
    return tuple(found)


def total(parts: Iterable[Measured]) -> Measured:
    """All of them together, in any order."""
    return sum(parts, Measured())


def _counted(seconds: int, status: str, is_connected: bool, is_offered: bool) -> Measured:
    standing = UNITED_KINGDOM[ocpi_status(status, is_connected)]
    outage_s = seconds if is_outage(status, is_connected) else 0
    if not is_offered:
        return Measured(outage_s=outage_s, excluded_s=outage_s)
    return Measured(
        offered_s=seconds,
        outage_s=outage_s,
        working_s=seconds if standing == "working" else 0,
        down_s=seconds if standing == "down" else 0,
    )


def _cuts(
    during: Span, offered: Sequence[Span], statuses: Sequence[Changed], line: Sequence[Changed]
) -> list[datetime]:
    """Every instant at which something may change, the start and the end among them."""
    edges = [edge for part in offered for edge in (part.start, part.end)]
    moments = {_floor(moment) for moment in [*edges, *(each.at for each in (*statuses, *line))]}
    inside = {moment for moment in moments if during.start < moment < during.end}
    return sorted({during.start, during.end} | inside)


def _at(changes: Sequence[Changed], moment: datetime) -> str | None:
    """What it was at this moment; None: nothing was known yet."""
    place = bisect_right(changes, moment, key=lambda change: _floor(change.at))
    return changes[place - 1].word if place else None


def _floor(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
