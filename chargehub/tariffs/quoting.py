"""What a driver's need would cost: so many Wh within so much time, part by part. Pure.

The same components price it as price the session later; only the usage is supposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from chargehub.errors import Invalid
from chargehub.tariffs.components import Segment, Usage
from chargehub.tariffs.pricing import Cost, CostLine, Tariff, price
from chargehub.units import Span

PartName = Literal["kwh", "minute", "session", "other"]
ORDER: tuple[PartName, ...] = get_args(PartName)
_PARTS: Mapping[str, PartName] = {
    "free_energy": "kwh",
    "energy": "kwh",
    "time": "minute",
    "idle": "minute",
    "flat": "session",
}
MAX_ENERGY_WH = 1_000_000  # no battery of a car or truck takes more
MAX_POWER_W = 1_000_000
LONGEST = timedelta(days=30)  # no slot is longer, nor can be booked further ahead
_HOUR = timedelta(hours=1) // timedelta.resolution


@dataclass(frozen=True, slots=True)
class Need:
    """What a driver wants: energy in Wh, and when the car comes and goes.

    `power_w` is what the EVSE gives; the car charges with it until it has its energy, and stands
    idle for the rest. None: it charges evenly in all that time.
    Raises ValueError for no time, no energy or no power.
    """

    energy_wh: int
    during: Span
    power_w: int | None = None

    def __post_init__(self) -> None:
        if self.energy_wh <= 0 or not self.during.duration:
            raise ValueError(f"a need is for some energy in some time: {self}")
        if self.power_w is not None and self.power_w <= 0:
            raise ValueError(f"an EVSE has some power: {self}")

    @property
    def most_wh(self) -> int:
        """What fits into the time at full power; without a power, what is needed."""
        if self.power_w is None:
            return self.energy_wh
        return self.power_w * (self.during.duration // timedelta.resolution) // _HOUR


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of price comes to: `amount_minor` is the sum of its lines."""

    name: PartName
    lines: tuple[CostLine, ...]
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a need costs, VAT included: always all four parts, usually kWh, minute, session, other.

    The parts sum to the total of `cost`. `energy_wh` is what fits into the time, `charged_at` when
    it is in the car.
    Source: Regulation (EU) 2023/1804 (AFIR), article 5(4): the order of the components.
    """

    cost: Cost
    parts: tuple[Part, ...]
    energy_wh: int
    charged_at: datetime


def quote_need(
    tariff: Tariff, need: Need, time_zone: str, order: Sequence[PartName] = ORDER
) -> Quote:
    """Price a need by part, in this order. `time_zone` is the station's (IANA)."""
    usage = expected_usage(need, time_zone)
    return quote_of(price(tariff, usage), usage, order)


def quote_of(cost: Cost, usage: Usage, order: Sequence[PartName] = ORDER) -> Quote:
    """As `quote_need`, of what was priced before."""
    return Quote(
        cost=cost,
        parts=tuple(_part(name, cost) for name in order),
        energy_wh=usage.energy_wh,
        charged_at=usage.segments[0].end,
    )


def expected_usage(need: Need, time_zone: str) -> Usage:
    """The session to reckon with: full power from the start, then idle until the end.

    Less energy than asked for where the time is too short; never more.
    """
    start, end = need.during.start, need.during.end
    if need.power_w is None:
        return Usage(time_zone, (Segment(start, end, need.energy_wh, "charging"),))
    needed = timedelta(microseconds=-(-need.energy_wh * _HOUR // need.power_w))
    if needed >= need.during.duration:
        energy_wh = min(need.most_wh, need.energy_wh)
        return Usage(time_zone, (Segment(start, end, energy_wh, "charging"),))
    full_at = start + needed
    charging = Segment(start, full_at, need.energy_wh, "charging")
    return Usage(time_zone, (charging, Segment(full_at, end, 0, "idle")))


def asked(
    energy_wh: int, start: datetime, end: datetime, power_w: int | None, time_zone: str
) -> Need:
    """A need as somebody asks for it. Raises Invalid for what cannot be priced."""
    if not start < end <= start + LONGEST:
        raise Invalid(f"The car must leave after it comes, within {LONGEST.days} days.")
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):  # not there; not a name; a folder such as "Europe"
        raise Invalid("Name a time zone of the tz database, such as Europe/Oslo.") from None
    return Need(energy_wh, Span(start, end), power_w)


def _part(name: PartName, cost: Cost) -> Part:
    lines = tuple(line for line in cost.lines if _PARTS.get(line.kind, "other") == name)
    return Part(name, lines, sum(line.amount_minor for line in lines))
