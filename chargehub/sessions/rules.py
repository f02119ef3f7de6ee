"""The life of a session, as a fold over what was reported of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from chargehub.errors import Conflict, NotFound
from chargehub.stations.reports import Reading, SessionEnded, SessionProgressed, SessionStarted

OLDEST_CLOCK = datetime(2010, 1, 1, tzinfo=UTC)  # no OCPP station is older: its clock is not set
AHEAD = timedelta(minutes=5)  # what a station's clock may run ahead of ours
SKEW_FROM = timedelta(seconds=60)  # a smaller error of a clock does not change a bill
SKEW_BELOW = timedelta(days=1)
LIVE_WITHIN = timedelta(minutes=5)  # an older start was made offline: it is kept, not gated
PLUG_IN_WITHIN = timedelta(minutes=5)  # a session asked for from afar waits so long for a car
STARTING_AT_ONCE = 3  # of one driver: each keeps its EVSE from everybody else, at no cost
LATE_WITHIN = timedelta(
    hours=1
)  # readings of a closed session that come so long are one correction
EVSE_BOOKED = "evse_booked"  # whoever charges was admitted before it was known where
EVSE_KEPT = "evse_kept"  # it ran into its owner's time for the own car
HOLD_REFUSED = "hold_refused"
BUDGET_REACHED = "budget_reached"
OTHER_TOKEN = "other_token"  # an event before the one that was judged named another token
CLOCK_CORRECTED = "clock_corrected"
CLOCK_REPAIRED = "clock_repaired"
STOPPED_BY_OWNER = "stopped_by_owner"
SUSPECT = "suspect"  # it may have ended without a word
CORRECTED = "corrected"  # by an operator
FEW_MISSING = 100  # a station may claim that two thousand million events are on their way
MISSING_WITHIN = timedelta(hours=24)  # after that a session with missing reports is closed
SILENT_WITHIN = timedelta(days=7)  # a car may stand so long and a line be down; then it is over


class NoSuchSession(NotFound):
    """There is no such session, or it is somebody else's."""


class NoSuchEvse(NotFound):
    """There is no such EVSE."""


class NothingToStop(Conflict):
    """The session is not running."""

    code = "session_not_running"


class StationInUse(Conflict):
    """A session at the station is not over."""

    code = "station_in_use"


class StationOffline(Conflict):
    """The station has no line to the hub."""

    code = "station_offline"


class MayNotStart(Conflict):
    """This driver may not charge at this EVSE now."""

    code = "may_not_start"


@dataclass(frozen=True, slots=True)
class Fact:
    """One report of a session in the hub's words. `seq_no` counts from 0 within the session.

    1.6 has two facts: the start is 0, the stop 1. `register_wh` is the first register of a
    start, the last of anything else; None where none was sent.
    """

    seq_no: int
    trigger: str
    at: datetime
    evse: int | None = None
    id_token: str | None = None
    register_wh: int | None = None
    charging: str | None = None
    reason: str | None = None

    def stored(self) -> dict[str, Any]:
        """The fact as JSON; `read_fact` is the way back."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"at": self.at.isoformat()}


def read_fact(stored: dict[str, Any]) -> Fact:
    """A stored fact as a value."""
    return Fact(**{**stored, "at": datetime.fromisoformat(stored["at"])})


@dataclass(frozen=True, slots=True)
class Life:
    """What the facts say so far. `missing`: the first sequence numbers known to be lacking."""

    evse: int | None
    id_token: str | None
    started_at: datetime | None
    start_wh: int | None
    ended_at: datetime | None
    end_wh: int | None
    stop_reason: str | None
    charging: str | None
    missing: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        """True if the session ended and nothing of it is missing."""
        return self.ended_at is not None and self.started_at is not None and not self.missing


def fold(facts: Iterable[Fact]) -> Life:
    """A session's life from its facts, in any order; a repeated number counts once.

    Source: OCPP 2.0.1 part 2, E (seqNo) and E04 (offline transactions).
    """
    by_number: dict[int, Fact] = {}
    for fact in facts:
        by_number.setdefault(fact.seq_no, fact)
    ordered = [by_number[number] for number in sorted(by_number)]
    start = next((fact for fact in ordered if fact.trigger == "started"), None)
    end = next((fact for fact in reversed(ordered) if fact.trigger == "ended"), None)
    first = start.seq_no if start else 0
    last = end.seq_no if end else (ordered[-1].seq_no if ordered else 0)
    return Life(
        evse=_first(fact.evse for fact in ordered),
        id_token=_first(fact.id_token for fact in ordered),
        started_at=start.at if start else None,
        start_wh=start.register_wh if start else None,
        ended_at=end.at if end else None,
        end_wh=end.register_wh if end else None,
        stop_reason=end.reason if end else None,
        charging=_first(fact.charging for fact in reversed(ordered)),
        missing=tuple(islice((n for n in range(first, last) if n not in by_number), FEW_MISSING)),
    )


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def repair_instant(at: datetime, received_at: datetime) -> tuple[datetime, bool]:
    """The device's time, or ours where the device's cannot be true. True: it was repaired.

    Age alone is no evidence: a station may have been offline for a year.
    """
    if at < OLDEST_CLOCK or at > received_at + AHEAD:
        return received_at, True
    return at, False


def correctable(ahead_s: int | None) -> int | None:
    """A clock's measured error, if times are to be corrected by it. None: they are not.

    Below a minute it does no harm; a clock that is wrong by a day is no clock.
    """
    if ahead_s is None or not SKEW_FROM < timedelta(seconds=abs(ahead_s)) < SKEW_BELOW:
        return None
    return ahead_s


@dataclass(frozen=True, slots=True)
class Told:
    """An instant that a station told, as it counts, and what was made of it for that."""

    at: datetime
    flags: tuple[str, ...] = ()

    @property
    def is_corrected(self) -> bool:
        return CLOCK_CORRECTED in self.flags


def told(at: datetime, received_at: datetime, ahead_s: int | None) -> Told:
    """The device's time less its clock's error. What it says of now is true: its clock was set."""
    flags: list[str] = []
    is_of_now = abs(received_at - at) <= SKEW_FROM
    if ahead_s is not None and not is_of_now and at >= OLDEST_CLOCK:
        corrected = at - timedelta(seconds=ahead_s)
        if corrected <= received_at + AHEAD:
            at, flags = corrected, [CLOCK_CORRECTED]
    at, is_repaired = repair_instant(at, received_at)
    return Told(at, (*flags, *([CLOCK_REPAIRED] if is_repaired else [])))


def is_live(at: datetime, received_at: datetime) -> bool:
    """True if it happens now; False if it was kept offline and is told later."""
    return received_at - at <= LIVE_WITHIN


class Occupant(Protocol):
    """What of a session says whether it holds its EVSE."""

    @property
    def status(self) -> str: ...
    @property
    def verdict(self) -> str | None: ...


def is_in_the_way(session: Occupant, evse_status: str) -> bool:
    """True if another session may not start at the EVSE because of this one.

    Not so one that was refused, of which many stations never speak again, nor one at an EVSE
    that says it is free: then its stop was lost, or is still to come.
    """
    if session.status == "starting":
        return True
    is_charging = session.status == "active" and session.verdict == "accepted"
    return is_charging and evse_status != "available"


def is_given_up(
    heard_at: datetime | None, verdict: str | None, is_followed: bool, now: datetime
) -> bool:
    """True if a session's stop seems lost, so that it is billed by what is known of it.

    Where another session followed at its EVSE, or it was refused, a day of silence is enough.
    Should its end be told later, that corrects the bill.
    """
    is_over = is_followed or verdict not in (None, "accepted")
    return heard_at is None or now - heard_at >= (MISSING_WITHIN if is_over else SILENT_WITHIN)


def start_key(report: SessionStarted) -> str:
    """What makes two 1.6 starts the same start, whatever their message ids."""
    moment = int(report.at.timestamp() * 1000)
    return f"{report.evse}:{report.id_token}:{moment}:{report.meter_wh}"[:120]


class Known(Protocol):
    """What of a session its judgement hangs on."""

    @property
    def status(self) -> str: ...
    @property
    def verdict(self) -> str | None: ...
    @property
    def id_token(self) -> str | None: ...
    @property
    def evse_number(self) -> int | None: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def flags(self) -> Sequence[str]: ...


def is_judged_anew(before: Known, after: Known) -> bool:
    """True if a session is to be judged: for the first time, or because it was told late where
    it is, since when, or on whose token.

    Not once an operator has corrected it: reports do not overrule a person.
    """
    if after.id_token is None or before.verdict is None:
        return after.id_token is not None
    is_placed = before.evse_number is None and after.evse_number is not None
    is_begun = before.started_at is None and after.started_at is not None
    is_dated = is_begun and before.status not in ("new", "starting")
    is_told_more = is_placed or is_dated or before.id_token != after.id_token
    return is_told_more and CORRECTED not in before.flags


def token_of(session: Known, life: Life) -> tuple[str | None, list[str]]:
    """The id token that counts, and the session's flags.

    What is told first by number counts, until somebody was admitted: from then on that driver's
    money is held or taken. An earlier event with another token is a matter for a person.
    """
    told, flags = life.id_token, list(session.flags)
    if session.verdict != "accepted" or told in (None, session.id_token):
        return told or session.id_token, flags
    return session.id_token, sorted({*flags, OTHER_TOKEN})


class Begun(Protocol):
    """What of a session says whether it has ended."""

    @property
    def status(self) -> str: ...
    @property
    def ended_at(self) -> datetime | None: ...


def is_another_start(session: Begun, at: datetime, received_at: datetime) -> bool:
    """True if a 1.6 start is told like that of this session and is yet another one.

    A station without a clock tells all its starts alike. It repeats one whose answer it lost
    before it tells the end, so what comes after the end is new.
    """
    is_over = session.ended_at is not None or session.status == "closed"
    return is_over and repair_instant(at, received_at)[1]


def started_fact(report: SessionStarted, at: datetime) -> Fact:
    """A 1.6 start as fact 0."""
    return Fact(0, "started", at, report.evse, report.id_token, register_wh=report.meter_wh)


def ended_fact(report: SessionEnded, at: datetime) -> Fact:
    """A 1.6 stop as fact 1. Who stopped does not change whose session it is."""
    return Fact(1, "ended", at, register_wh=report.meter_wh, reason=report.reason)


def progressed_fact(report: SessionProgressed, at: datetime) -> Fact:
    """A 2.x event as the fact of its sequence number."""
    registers = [reading.register_wh for reading in report.readings]
    known = [register for register in registers if register is not None]
    edge = None
    if known:
        edge = known[0] if report.trigger == "started" else known[-1]
    return Fact(
        report.seq_no,
        report.trigger,
        at,
        report.evse,
        report.id_token,
        edge,
        report.charging,
        report.stop_reason if report.trigger == "ended" else None,
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open session that a stop without a usable id may belong to."""

    session_id: str
    started_at: datetime
    start_wh: int
    last_wh: int


def match_stop(candidates: Sequence[Candidate], at: datetime, meter_wh: int) -> str | None:
    """The open session a stop with id 0, -1 or a stale one belongs to, or None.

    It must have begun before the stop and its register must not lie beyond the stop's; of those
    the one whose register is nearest.
    """
    possible = [
        candidate
        for candidate in candidates
        if candidate.started_at <= at and max(candidate.start_wh, candidate.last_wh) <= meter_wh
    ]
    nearest = min(possible, key=lambda candidate: meter_wh - candidate.last_wh, default=None)
    return nearest.session_id if nearest else None


def moved(readings: Iterable[Reading], received_at: datetime, ahead_s: int | None) -> list[Reading]:
    """Readings at their true instants; where those are impossible, at the time they came in."""
    return [
        replace(reading, at=at)
        if (at := told(reading.at, received_at, ahead_s).at) != reading.at
        else reading
        for reading in readings
    ]
