"""What a tariff is made of: one small value with its quantity of a usage each. Pure.

A quantity is what the driver reads on the bill, and exactly what is multiplied by the price:
energy in whole Wh (shown in kWh), time in started minutes. Only the product is rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from chargehub.tariffs.fields import PriceText, Seconds, check_decimal, is_none
from chargehub.tariffs.windows import PowerStep, Windows, covered, merged
from chargehub.units import Span, kwh

MAX_WINDOWS = 50  # a week of seven days with seven price steps each, and one more
MAX_GRACE = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def _documented(schema: dict[str, Any]) -> None:
    """OpenAPI: a component says its kind; a default is written as it would be sent."""
    schema["required"] = [*schema["required"], "kind"]
    if "grace_s" in schema["properties"]:
        schema["properties"]["grace_s"]["default"] = 0


# Not `strict`, which would take no JSON object for a dataclass: every field is strict by itself.
_FROM_JSON = ConfigDict(extra="forbid", strict=False, json_schema_extra=_documented)

Power = Annotated[PowerStep | None, Field(exclude_if=is_none)]


@dataclass(frozen=True, slots=True)
class Segment:
    """Energy between two instants, in whole Wh; the start belongs to it, the end does not.

    In `charging` energy flowed. In `idle` the car stood at the EVSE without. A segment of no
    length has its energy at its instant.
    """

    start: datetime
    end: datetime
    energy_wh: int
    state: Literal["charging", "idle"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end < self.start or self.energy_wh < 0:
            raise ValueError(f"a segment goes forwards: {self}")

    def register(self, moment: datetime) -> int:
        """Wh from the start until `moment`, as a meter that runs evenly and shows whole Wh.

        Energy between two instants is the difference of two registers: whatever the cuts, the
        pieces sum to the segment's energy.
        """
        if moment >= self.end:
            return self.energy_wh
        elapsed = (moment - self.start) // timedelta.resolution
        return self.energy_wh * elapsed // ((self.end - self.start) // timedelta.resolution)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session took, in segments that follow one another; gaps between them are allowed.

    `time_zone` is the station's (IANA). `free_wh`: so much of its energy, the first to flow, is
    free of the price per kWh. Raises ValueError without segments or if they overlap.
    """

    time_zone: str
    segments: tuple[Segment, ...]
    free_wh: int = 0

    def __post_init__(self) -> None:
        if not self.segments:
            raise ValueError("a usage has at least one segment")
        if not 0 <= self.free_wh <= self.energy_wh:
            raise ValueError(f"what is free is a part of what was taken: {self.free_wh}")
        for before, after in pairwise(self.segments):
            if after.start < before.end:
                raise ValueError(f"segments overlap: {before}, {after}")

    @property
    def started_at(self) -> datetime:
        return self.segments[0].start

    @property
    def ended_at(self) -> datetime:
        return self.segments[-1].end

    @property
    def energy_wh(self) -> int:
        return sum(segment.energy_wh for segment in self.segments)


@dataclass(frozen=True, slots=True)
class EnergyPrice:
    """A price per kWh, or per kWh of what is charged at some power.

    The power is the mean between two readings of the meter.
    """

    __pydantic_config__ = _FROM_JSON
    unit: ClassVar[str] = "kWh"
    highest: ClassVar[int] = 10  # in coins of about a euro; the dearest public price is about 1

    per_kwh: PriceText
    windows: Windows = ()
    power: Power = None
    kind: Literal["energy"] = "energy"

    def __post_init__(self) -> None:
        _check(self.per_kwh, self.windows)

    @property
    def price(self) -> Decimal:
        return self.per_kwh

    def quantity(self, usage: Usage) -> Decimal:
        """kWh within the windows that are not free; a segment's energy is spread evenly."""
        segments = _at_power(_past_free(usage), self.power)
        if not self.windows:
            return kwh(sum(segment.energy_wh for segment in segments))
        span = Span(usage.started_at, usage.ended_at + timedelta.resolution)
        return kwh(_energy_within(segments, covered(self.windows, span, usage.time_zone)))

    def expected(self, energy_kwh: Fraction, duration: timedelta) -> Fraction:
        """The quantity to reckon with beforehand."""
        return energy_kwh


@dataclass(frozen=True, slots=True)
class TimePrice:
    """A price per started minute of charging, or of charging at some power."""

    __pydantic_config__ = _FROM_JSON
    unit: ClassVar[str] = "min"
    highest: ClassVar[int] = 10

    per_minute: PriceText
    windows: Windows = ()
    power: Power = None
    kind: Literal["time"] = "time"

    def __post_init__(self) -> None:
        _check(self.per_minute, self.windows)

    @property
    def price(self) -> Decimal:
        return self.per_minute

    def quantity(self, usage: Usage) -> Decimal:
        """Minutes of charging within the windows, the last one whole."""
        segments = _at_power(usage.segments, self.power)
        charging = [part for part in segments if part.state == "charging"]
        spans = [Span(part.start, part.end) for part in charging]
        return _minutes_within(spans, self.windows, usage)

    def expected(self, energy_kwh: Fraction, duration: timedelta) -> Fraction:
        """The quantity to reckon with beforehand."""
        return Fraction(started_minutes(duration))


@dataclass(frozen=True, slots=True)
class IdlePrice:
    """A price per started minute for a car that stays without charging, past a grace time."""

    __pydantic_config__ = _FROM_JSON
    unit: ClassVar[str] = "min"
    highest: ClassVar[int] = 10
    power: ClassVar[None] = None

    per_minute: PriceText
    grace: Annotated[Seconds, Field(alias="grace_s")] = timedelta()
    windows: Windows = ()
    kind: Literal["idle"] = "idle"

    def __post_init__(self) -> None:
        _check(self.per_minute, self.windows)
        if not timedelta() <= self.grace <= MAX_GRACE or self.grace.microseconds:
            raise ValueError("grace is whole seconds, up to a day")

    @property
    def price(self) -> Decimal:
        return self.per_minute

    def quantity(self, usage: Usage) -> Decimal:
        """Idle minutes within the windows, the last one whole.

        The grace is the first idle time of the session, inside or outside the windows.
        """
        spans, grace = [], self.grace
        for segment in usage.segments:
            if segment.state == "idle":
                free = min(grace, segment.end - segment.start)
                spans.append(Span(segment.start + free, segment.end))
                grace -= free
        return _minutes_within(spans, self.windows, usage)

    def expected(self, energy_kwh: Fraction, duration: timedelta) -> Fraction:
        """Nothing: nobody plans to stay longer."""
        return Fraction(0)


@dataclass(frozen=True, slots=True)
class FlatPrice:
    """A price per session, if it starts within the windows."""

    __pydantic_config__ = _FROM_JSON
    unit: ClassVar[str] = "session"
    highest: ClassVar[int] = 100
    power: ClassVar[None] = None

    amount: PriceText
    windows: Windows = ()
    kind: Literal["flat"] = "flat"

    def __post_init__(self) -> None:
        _check(self.amount, self.windows)

    @property
    def price(self) -> Decimal:
        return self.amount

    def quantity(self, usage: Usage) -> Decimal:
        """1 or 0."""
        start = Span(usage.started_at, usage.started_at)
        return Decimal(len(covered(self.windows, start, usage.time_zone)))

    def expected(self, energy_kwh: Fraction, duration: timedelta) -> Fraction:
        """The quantity to reckon with beforehand."""
        return Fraction(1)


# A new one joins these two lines, and nothing else. The order is that of a bill.
COMPONENTS = (EnergyPrice, TimePrice, IdlePrice, FlatPrice)
Component = Annotated[EnergyPrice | TimePrice | IdlePrice | FlatPrice, Field(discriminator="kind")]


def _check(price: Decimal, windows: Windows) -> None:
    check_decimal(price)
    if len(windows) > MAX_WINDOWS:
        raise ValueError(f"at most {MAX_WINDOWS} windows")


def _past_free(usage: Usage) -> Sequence[Segment]:
    """The segments from where the free energy ends."""
    left, found = usage.free_wh, []
    for segment in usage.segments if left else ():
        cut = min(left, segment.energy_wh)
        left -= cut
        if cut == segment.energy_wh:
            continue
        # The first instant at which the meter shows that what was free has flowed.
        product = cut * ((segment.end - segment.start) // timedelta.resolution)
        start = segment.start + timedelta(microseconds=-(-product // segment.energy_wh))
        rest = segment.energy_wh - cut
        found.append(Segment(start, segment.end, rest, segment.state))
    return found if usage.free_wh else usage.segments


def _at_power(segments: Sequence[Segment], power: PowerStep | None) -> Sequence[Segment]:
    if power is None:
        return segments
    return [part for part in segments if power.covers(part.energy_wh, part.end - part.start)]


def _energy_within(segments: Sequence[Segment], spans: Sequence[Span]) -> int:
    """Wh of the segments that lie in the spans; both in order."""
    total, first = 0, 0
    for segment in segments:
        while first < len(spans) and spans[first].end <= segment.start:
            first += 1
        index = first
        while index < len(spans) and spans[index].start < segment.end:
            start = max(spans[index].start, segment.start)
            total += segment.register(spans[index].end) - segment.register(start)
            index += 1
        if segment.start == segment.end and first < len(spans):
            total += segment.energy_wh * spans[first].contains(segment.start)
    return total


def _minutes_within(spans: Iterable[Span], windows: Windows, usage: Usage) -> Decimal:
    parts = (part for span in merged(spans) for part in covered(windows, span, usage.time_zone))
    return Decimal(started_minutes(sum((part.duration for part in parts), timedelta())))


def started_minutes(duration: timedelta) -> int:
    """Whole minutes, the last one counted as whole."""
    return -(-duration // _MINUTE)
