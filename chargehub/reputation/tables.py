"""Queries on what was measured, and on what bookings and sessions tell of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from chargehub.bookings.reliability import EVENT
from chargehub.bookings.tables import BOOKING
from chargehub.reputation.schema import BookingConduct, EvseDay, EvseMonth, StationStanding
from chargehub.reputation.scores import DriverFacts, Rate, median
from chargehub.reputation.uptime import Measured
from chargehub.sessions.schema import CDR, SESSION
from chargehub.stations.schema import CommandRow
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

STANDING = table_of(StationStanding)
DAY = table_of(EvseDay)
MONTH = table_of(EvseMonth)
CONDUCT = table_of(BookingConduct)
COMMAND = table_of(CommandRow)

MOST_ANSWERS = 1_000  # requests of one station that its median is taken of, the newest
MEASURES = tuple(Measured.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class StandingView:
    """How a station stands, as it was last worked out."""

    station_id: str
    owner_id: str
    measured_until: datetime
    look_at: datetime | None
    uptime_ppm: int | None
    start_ppm: int | None
    starts: int
    cancel_ppm: int | None
    bookings: int
    answer_s: int | None
    answers: int
    sessions: int
    rating_thousandths: int
    reviews: int
    tier: str
    is_reliable: bool
    keeps_bookings: bool


@dataclass(frozen=True, slots=True)
class OfEvse:
    """What was measured of an EVSE in a month, or since a day."""

    evse_number: int
    measured: Measured
    month: str = ""


_STANDING = Hot(select(STANDING).where(STANDING.c.station_id == bindparam("station_id")))
_UNMEASURED = (
    select(STANDING)
    .where(STANDING.c.measured_until <= bindparam("before", type_=Instant()))
    .order_by(STANDING.c.measured_until)
)
_CHANGED = (
    select(STANDING)
    .where(STANDING.c.look_at <= bindparam("now", type_=Instant()))
    .order_by(STANDING.c.look_at)
)
_IS_TRIED = and_(
    SESSION.c.status == "closed",
    SESSION.c.verdict == "accepted",
    SESSION.c.driver_id.is_not(None),
    SESSION.c.free_reason.is_(None),
)
# A car that says it takes nothing is no fault of the station's.
_IS_NO_FAULT = and_(CDR.c.energy_wh == 0, func.coalesce(SESSION.c.charging, "") == "suspended_ev")
_SESSIONS = (
    select(
        func.count(case((CDR.c.energy_wh > 0, 1))).label("worked"),
        func.count(case((~_IS_NO_FAULT, 1))).label("tried"),
    )
    .select_from(SESSION)
    .join(CDR, CDR.c.id == SESSION.c.cdr_id)
    .where(_IS_TRIED)
)
_IS_NOT_STARTED = and_(
    COMMAND.c.kind == "start_session", COMMAND.c.state.in_(("refused", "failed", "expired"))
)
_NOT_STARTED = (
    select(func.count())
    .select_from(COMMAND)
    .join(SESSION, SESSION.c.id == COMMAND.c.session_id)
    .where(
        _IS_NOT_STARTED,
        SESSION.c.status == "failed",
        SESSION.c.free_reason.is_(None),
    )
)
_IS_TRIED_OTHERWISE = (  # what stands among the sessions above already
    select(SESSION.c.id)
    .outerjoin(COMMAND, and_(COMMAND.c.session_id == SESSION.c.id, _IS_NOT_STARTED))
    .where(
        SESSION.c.booking_id == EVENT.c.booking_id,
        or_(
            SESSION.c.status == "closed",
            and_(SESSION.c.status == "failed", COMMAND.c.id.is_not(None)),
        ),
    )
    .correlate(EVENT)
    .exists()
)
_LET_DOWN = (
    select(func.count())
    .select_from(EVENT)
    .join(BOOKING, BOOKING.c.id == EVENT.c.booking_id)
    .where(BOOKING.c.driver_id != BOOKING.c.owner_id, ~_IS_TRIED_OTHERWISE)
)
_BOOKINGS = select(
    func.count(case((BOOKING.c.cancelled_by == "owner", 1))).label("cancelled"),
    func.count().label("ended"),
).where(
    or_(
        BOOKING.c.status.in_(("completed", "no_show", "cancelled")),
        (BOOKING.c.status == "failed") & (BOOKING.c.cancelled_by == "owner"),
    ),
    BOOKING.c.driver_id != BOOKING.c.owner_id,
)
EXCUSE = (
    update(CONDUCT).where(CONDUCT.c.booking_id == bindparam("of_booking")).values(is_excused=True)
)
_COMINGS = (
    select(
        func.count(case((BOOKING.c.status == "no_show", 1))).label("missed"),
        func.count().label("ended"),
    )
    .select_from(BOOKING)
    .outerjoin(CONDUCT, CONDUCT.c.booking_id == BOOKING.c.id)
    .where(
        or_(BOOKING.c.status == "completed", BOOKING.c.status == "no_show"),
        func.coalesce(CONDUCT.c.is_excused, False).is_(False),
    )
)


def standing(reads: Reads, station_id: str) -> StandingView | None:
    """How a station stands; None: it never had a line."""
    row = reads.one(_STANDING, station_id=station_id)
    return None if row is None else StandingView(*row)


def unmeasured(reads: Reads, before: datetime, limit: int) -> Sequence[StandingView]:
    """Stations that were measured until then at most, the longest waiting first."""
    rows = reads.all(_UNMEASURED.limit(limit), before=before)
    return [StandingView(**row._mapping) for row in rows]


def changed(reads: Reads, now: datetime, limit: int) -> Sequence[StandingView]:
    """Stations whose standing is to be worked out anew."""
    rows = reads.all(_CHANGED.limit(limit), now=now)
    return [StandingView(**row._mapping) for row in rows]


def uptime_since(reads: Reads, station_id: str, day: str) -> tuple[OfEvse, ...]:
    """What was measured of each EVSE of a station from that day on, by number."""
    sums = [func.sum(DAY.c[name]) for name in MEASURES]
    found = reads.all(
        select(DAY.c.evse_number, *sums)
        .where(DAY.c.station_id == station_id, DAY.c.day >= day)
        .group_by(DAY.c.evse_number)
        .order_by(DAY.c.evse_number)
    )
    return tuple(OfEvse(number, Measured(*map(int, values))) for number, *values in found)


def is_measured_since(reads: Reads, station_id: str, day: str) -> bool:
    """Whether something was measured of a station on that day or before."""
    those = select(DAY.c.day).where(DAY.c.station_id == station_id, DAY.c.day <= day)
    return reads.one(those.limit(1)) is not None


def months(reads: Reads, station_id: str, since: str, limit: int) -> tuple[OfEvse, ...]:
    """What was measured of each EVSE in the months from `since` on, the newest first."""
    found = reads.all(
        select(MONTH.c.evse_number, MONTH.c.month, *(MONTH.c[name] for name in MEASURES))
        .where(MONTH.c.station_id == station_id, MONTH.c.month >= since)
        .order_by(MONTH.c.month.desc(), MONTH.c.evse_number)
        .limit(limit)
    )
    return tuple(OfEvse(number, Measured(*values), month) for number, month, *values in found)


def starts(reads: Reads, station_id: str, since: datetime) -> Rate:
    """Starts by others than the owner: those that gave energy, of all that were tried.

    A booked driver whom the station let down tried too, if nothing of a session tells of it.
    """
    done = reads.one(
        _SESSIONS.where(SESSION.c.station_id == station_id, SESSION.c.started_at >= since)
    )
    refused = reads.value(
        _NOT_STARTED.where(COMMAND.c.station_id == station_id, COMMAND.c.created_at >= since)
    )
    let_down = reads.value(_LET_DOWN.where(EVENT.c.station_id == station_id, EVENT.c.at >= since))
    return Rate(done.worked, done.tried + refused + let_down)


def sessions(reads: Reads, station_id: str) -> int:
    """How many sessions of others than the owner gave energy."""
    found: int = reads.one(_SESSIONS.where(SESSION.c.station_id == station_id)).worked
    return found


def cancelled(reads: Reads, since: datetime, **whose: str) -> Rate:
    """Bookings that the owner cancelled, of those that came to an end, of a station or an owner."""
    return _rate(reads, _BOOKINGS, since, whose, "cancelled")


def driver_facts(reads: Reads, driver_id: str, since: datetime) -> DriverFacts:
    """How a driver came to what was booked, and how many sessions gave energy."""
    done = reads.one(_SESSIONS.where(SESSION.c.driver_id == driver_id)).worked
    return DriverFacts(_rate(reads, _COMINGS, since, {"driver_id": driver_id}, "missed"), done)


def _rate(reads: Reads, query: Any, since: datetime, whose: dict[str, str], name: str) -> Rate:
    those = [BOOKING.c[column] == value for column, value in whose.items()]
    row = reads.one(query.where(*those, BOOKING.c.starts_at >= since))
    return Rate(row._mapping[name], row.ended)


def answers(reads: Reads, station_id: str, since: datetime) -> tuple[int | None, int]:
    """The median of the seconds that the owner took to answer requests, and of how many."""
    rows = reads.all(
        select(CONDUCT.c.answer_s)
        .where(
            CONDUCT.c.station_id == station_id,
            CONDUCT.c.at >= since,
            CONDUCT.c.answer_s.is_not(None),
        )
        .order_by(CONDUCT.c.at.desc())
        .limit(MOST_ANSWERS)
    )
    return median([row.answer_s for row in rows]), len(rows)


def is_noted(reads: Reads, booking_id: str) -> bool:
    """Whether something was noted of this booking."""
    return reads.one(select(CONDUCT.c.at).where(CONDUCT.c.booking_id == booking_id)) is not None
