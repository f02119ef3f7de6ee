"""What a grid connection is, and what an EVSE on it draws at most. Pure. Whole amps per phase."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from chargehub.energy.balance import MINIMUM_A, Supply
from chargehub.errors import Conflict, Invalid
from chargehub.stations.profiles import RateUnit

REFUSED_WAIT = timedelta(minutes=15)  # a station that said no is not asked again sooner
UNREADY_WAIT = timedelta(minutes=1)  # nor for a session that it may only be about to learn of
TURN = timedelta(minutes=15)  # cars that take turns keep theirs so long
UNSENT = timedelta(minutes=1)  # a limit that waited longer for a line is worked out anew
TAKEN_BACK = timedelta(days=7)  # limits that the hub no longer keeps wait so long for a line
MOST_STATIONS = 50
USUAL_V = 230
EFFICIENCY_PERCENT = 90  # a DC station's limit is what the car gets; the fuse carries the losses

# Source: OCPI 2.2.1, section 8.4.5 (ConnectorType): plugs that carry direct current.
_DIRECT = ("CHADEMO", "CHAOJI", "GBT_DC", "MCS", "PANTOGRAPH", "TESLA_R")


class BadConnection(Invalid):
    """A grid connection that cannot be meant."""

    code = "bad_grid_connection"


class ElsewhereConnected(Conflict):
    """A station hangs on one grid connection alone."""

    code = "elsewhere_connected"


class NotRunning(Conflict):
    """A session that does not run has no charging profile."""

    code = "session_not_running"


@dataclass(frozen=True, slots=True)
class Wiring:
    """A station on a grid connection and the phases of its supply, 1 or 3."""

    station_id: str
    phases: int


@dataclass(frozen=True, slots=True)
class Connection:
    """A location's grid connection: its fuse in A, phases, and V between phase and neutral.

    `house_a` is kept for what else hangs on it. `fallback_a` is what an EVSE may draw without a
    word of the hub: MINIMUM_A or more, or 0. `every_s`: a limit is changed no more often.
    """

    fuse_a: int
    phases: int
    voltage_v: int
    house_a: int
    fallback_a: int
    every_s: int
    stations: tuple[Wiring, ...]

    @property
    def supply(self) -> Supply:
        return Supply(self.fuse_a - self.house_a, self.fallback_a)


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a car may charge, or means to. `phases` None: not told, three at most."""

    unit: RateUnit
    limit: float
    phases: int | None = None

    def watts(self, voltage_v: int) -> float:
        """As power; of A on phases nobody told, with the fewest."""
        return self.limit if self.unit == "W" else self.limit * voltage_v * (self.phases or 1)


def is_within(told: Rate, allowed: Rate, voltage_v: int = USUAL_V) -> bool:
    """Does a car mean to charge no faster than it may? In doubt it does: its limit binds it."""
    if told.unit == allowed.unit:
        return told.limit <= allowed.limit
    most = replace(allowed, phases=allowed.phases or 3)
    return told.watts(voltage_v) <= most.watts(voltage_v)


def check(wanted: Connection) -> None:
    """Raises BadConnection."""
    if wanted.house_a > wanted.fuse_a:
        raise BadConnection(f"The house cannot have more than the fuse's {wanted.fuse_a} A.")
    if 0 < wanted.fallback_a < MINIMUM_A:
        raise BadConnection(f"No car charges with less than {MINIMUM_A} A: give more, or 0.")
    if len({wiring.station_id for wiring in wanted.stations}) < len(wanted.stations):
        raise BadConnection("A station is named twice. Name each once.")
    if any(wiring.phases > wanted.phases for wiring in wanted.stations):
        raise BadConnection("A station has more phases than the connection.")


def maximum_a(power_w: int, wiring: Wiring, voltage_v: int, is_direct: bool) -> int:
    """What an EVSE of this power draws on each phase at most, rounded up."""
    drawn_w = -(-power_w * 100 // EFFICIENCY_PERCENT) if is_direct else power_w
    return max(MINIMUM_A, -(-drawn_w // (voltage_v * wiring.phases)))


def direct_w(limit_a: int, wiring: Wiring, voltage_v: int) -> int:
    """The power a DC station may give a car, so that it draws no more than `limit_a`."""
    return limit_a * wiring.phases * voltage_v * EFFICIENCY_PERCENT // 100


def is_direct(connector_types: Sequence[str]) -> bool:
    """Does the EVSE charge with direct current? Its limits are in W: its A are not the grid's."""
    return any(each.startswith(_DIRECT) or each.endswith("COMBO") for each in connector_types)
