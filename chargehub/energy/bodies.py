"""What REST takes and gives for grid connections, and for the profile of a session."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from chargehub.energy.balance import MINIMUM_A, fallback
from chargehub.energy.rules import MOST_STATIONS, USUAL_V, Connection, Wiring
from chargehub.energy.tables import Point, Site
from chargehub.rest.bodies import Body, Instant
from chargehub.stations.bodies import Wish
from chargehub.stations.profile_bodies import (
    LONGEST_S,
    MAX_PERIODS,
    PeriodBody,
    check_periods,
)
from chargehub.stations.profiles import RateUnit, Schedule

MOST_A = 4_000  # of a fuse; the largest low-voltage boards end about there
Phases = Annotated[int, Field(ge=1, le=3)]
State = Literal["charging", "waiting", "idle", "offline", "refusing", "unknown"]

_REASONS: dict[State, str] = {
    "charging": "A car charges with its share.",
    "waiting": f"There is less than {MINIMUM_A} A for each car, so this one waits for its turn.",
    "idle": "No car charges; what one may draw at once is kept for it.",
    "offline": "The station has no line. What it may draw until it is back is kept for it.",
    "refusing": "The station took no limit, so all that it can draw is kept for it.",
    "unknown": "The station has acknowledged no limit yet, so all that it can draw is kept for it.",
}


class WiringBody(Body):
    """A station on a grid connection, and the phases of its supply."""

    station_id: Annotated[str, Field(max_length=36)]
    phases: Phases = 3


class GridConnectionRequest(Body):
    """The fuse of a place in A, its phases, and the stations behind it.

    `house_a` is kept for all else. `fallback_a` is what a car may draw at a station that has no
    line when it comes: kept for every EVSE, so more of it leaves less to share; 0 keeps nothing.
    """

    fuse_a: Annotated[int, Field(ge=MINIMUM_A, le=MOST_A)]
    phases: Phases = 3
    voltage_v: Annotated[int, Field(ge=100, le=300)] = USUAL_V
    house_a: Annotated[int, Field(ge=0, le=MOST_A)] = 0
    fallback_a: Annotated[int, Field(ge=0, le=MOST_A)] = MINIMUM_A
    every_s: Annotated[int, Field(ge=1, le=3_600)] = 10
    stations: Annotated[list[WiringBody], Field(max_length=MOST_STATIONS)]

    def connection(self) -> Connection:
        wirings = tuple(Wiring(each.station_id, each.phases) for each in self.stations)
        return Connection(
            self.fuse_a,
            self.phases,
            self.voltage_v,
            self.house_a,
            self.fallback_a,
            self.every_s,
            wirings,
        )


class ShareBody(BaseModel):
    """What an EVSE may draw. `limit_a`: what it was last allowed, None: not known.

    `reserved_a`: the most that it may draw whatever happens; the fuse carries the sum of these.
    """

    station_id: str
    evse_id: str
    evse: int
    session_id: str | None
    limit_a: int | None
    reserved_a: int
    state: State
    reason: str
    refused: str | None

    @classmethod
    def of(cls, point: Point) -> Self:
        load = point.load
        held = load.session if load.session is not None and point.session else load.default
        state = _state(point)
        return cls(
            station_id=point.evse.station_id,
            evse_id=point.evse.id,
            evse=point.evse.number,
            session_id=point.session.id if point.session else None,
            limit_a=held.confirmed_a,
            reserved_a=load.reserved_a,
            state=state,
            reason=_REASONS[state],
            refused=point.refused,
        )


def _state(point: Point) -> State:
    load = point.load
    if load.default.most_a is None:
        return "refusing" if point.refused else "unknown"
    if not point.evse.is_connected:
        return "offline"
    if load.demand == "none":
        return "idle"
    held = load.session if load.session is not None else load.default
    return "waiting" if held.confirmed_a == 0 else "charging"


class GridConnectionBody(BaseModel):
    """A grid connection and what its EVSEs may draw now.

    `reserved_a` is the sum; `is_kept`: it is within what there is (`fuse_a` less `house_a`).
    `fallback_now_a`: what a car may draw at once; less than wished where that does not fit.
    """

    fuse_a: int
    phases: int
    voltage_v: int
    house_a: int
    fallback_a: int
    every_s: int
    stations: list[WiringBody]
    fallback_now_a: int
    reserved_a: int
    is_kept: bool
    shares: list[ShareBody]

    @classmethod
    def of(cls, site: Site) -> Self:
        connection, loads = site.connection, site.loads
        reserved_a = sum(load.reserved_a for load in loads)
        return cls(
            fuse_a=connection.fuse_a,
            phases=connection.phases,
            voltage_v=connection.voltage_v,
            house_a=connection.house_a,
            fallback_a=connection.fallback_a,
            every_s=connection.every_s,
            stations=[
                WiringBody(station_id=each.station_id, phases=each.phases)
                for each in connection.stations
            ],
            fallback_now_a=fallback(connection.supply, loads),
            reserved_a=reserved_a,
            is_kept=reserved_a <= connection.supply.available_a,
            shares=[ShareBody.of(point) for point in site.points],
        )


class SessionProfileRequest(Wish):
    """Limit a running session; a later limit replaces it.

    The first period begins at `starts_at`; without it, when the session did.
    """

    unit: RateUnit
    periods: Annotated[list[PeriodBody], Field(min_length=1, max_length=MAX_PERIODS)]
    starts_at: Instant | None = None
    duration_s: Annotated[int, Field(ge=1, le=LONGEST_S)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        check_periods(self.periods)
        return self

    def schedule(self) -> Schedule:
        periods = tuple(period.period() for period in self.periods)
        return Schedule(self.unit, periods, self.starts_at, self.duration_s)
