"""Every query on sessions, their reports, readings and CDRs; people's lists stand in `pages.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, or_, select, update
from sqlmodel import col

from chargehub.meters import tables as meters
from chargehub.sessions.bound import TOO_FAST
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.schema import CDR, READING, REPORT, SESSION, SessionRow
from chargehub.stations.reports import StartVerdict
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work
from chargehub.units import Span

OPEN = ("starting", "active", "ended")
# Of a CDR: what is beyond the EVSE's power is within the margin of the verdict (a fifth of 125
# percent), so that the energy is known, though a booking's bill leaves it out.
IS_LITTLE_BEYOND = (CDR.c.unbilled_reason == TOO_FAST) & (CDR.c.unbilled_wh * 5 <= CDR.c.energy_wh)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as it stands. Registers and energy in Wh."""

    id: str
    station_id: str
    owner_id: str
    evse_id: str | None
    evse_number: int | None
    transaction_id: str | None
    start_key: str | None
    remote_start_id: int | None
    status: str
    verdict: StartVerdict | None
    id_token: str | None
    driver_id: str | None
    booking_id: str | None
    free_reason: str | None
    tariff_snapshot_id: str | None
    charging: str | None
    requested_at: datetime | None
    started_at: datetime | None
    start_wh: int | None
    ended_at: datetime | None
    end_wh: int | None
    stop_reason: str | None
    stop_requested_at: datetime | None
    due_at: datetime | None
    cdr_id: str | None
    cdr_version: int
    flags: list[str]
    clock_ahead_s: int | None

    @property
    def is_free(self) -> bool:
        """True where the energy is the owner's own use."""
        return self.free_reason is not None

    @property
    def is_billable(self) -> bool:
        """True where a known driver owes the cost."""
        return self.verdict == "accepted" and self.driver_id is not None and not self.is_free


_BY_ID = Hot(select(SESSION).where(SESSION.c.id == bindparam("id")))
_BY_TRANSACTION = Hot(
    select(SESSION).where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.transaction_id == bindparam("transaction_id"),
    )
)
_BY_START_KEY = Hot(
    select(SESSION).where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.start_key == bindparam("start_key"),
    )
)
_BY_REMOTE_START = Hot(
    select(SESSION).where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.remote_start_id == bindparam("remote_start_id"),
    )
)
_OPEN_AT_STATION = Hot(
    select(SESSION)
    .where(
        SESSION.c.station_id == bindparam("station_id"),
        or_(*(SESSION.c.status == status for status in OPEN)),
    )
    .order_by(SESSION.c.id.desc())
    .limit(50)
)
_BY_END = Hot(
    select(SESSION)
    .where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.ended_at == bindparam("at", type_=Instant()),
        SESSION.c.end_wh == bindparam("register_wh"),
    )
    .limit(1)
)
_ID_BY_TRANSACTION = Hot(
    select(SESSION.c.id, SESSION.c.status, SESSION.c.clock_ahead_s).where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.transaction_id == bindparam("transaction_id"),
    )
)


def _session(row: Any) -> SessionView | None:
    return None if row is None else SessionView(*row)


def session(reads: Reads, session_id: str) -> SessionView | None:
    """The session with this id, or None."""
    return _session(reads.one(_BY_ID, id=session_id))


def by_transaction(reads: Reads, station_id: str, transaction_id: str) -> SessionView | None:
    """A station's session by the id the station knows it by."""
    found = reads.one(_BY_TRANSACTION, station_id=station_id, transaction_id=transaction_id)
    return _session(found)


def id_by_transaction(reads: Reads, station_id: str, transaction_id: str) -> Any:
    """Of a station's session, or None, only what readings need, which come always."""
    return reads.one(_ID_BY_TRANSACTION, station_id=station_id, transaction_id=transaction_id)


def by_start_key(reads: Reads, station_id: str, start_key: str) -> SessionView | None:
    """A 1.6 session by the content of its start."""
    return _session(reads.one(_BY_START_KEY, station_id=station_id, start_key=start_key))


def by_end(reads: Reads, station_id: str, at: datetime, register_wh: int) -> SessionView | None:
    """A station's session that ended at this instant with this register, or None."""
    return _session(reads.one(_BY_END, station_id=station_id, at=at, register_wh=register_wh))


def by_remote_start(reads: Reads, station_id: str, remote_start_id: int) -> SessionView | None:
    """The session that was asked for with this number."""
    found = reads.one(_BY_REMOTE_START, station_id=station_id, remote_start_id=remote_start_id)
    return _session(found)


def open_at_station(reads: Reads, station_id: str) -> tuple[SessionView, ...]:
    """Sessions of a station that are not over, newest first."""
    return tuple(SessionView(*row) for row in reads.all(_OPEN_AT_STATION, station_id=station_id))


_ASKED_WITHIN = timedelta(hours=1)  # what a station may take to begin, or its clock be wrong
_WAS_ASKED = Hot(
    select(SESSION.c.id)
    .where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.status == "failed",
        SESSION.c.id_token == bindparam("id_token"),
        SESSION.c.requested_at >= bindparam("since", type_=Instant()),
        SESSION.c.requested_at <= bindparam("until", type_=Instant()),
    )
    .limit(1)
)


def was_asked(reads: Reads, station_id: str, id_token: str, at: datetime) -> bool:
    """True if a driver asked a station for a session about then, and it was given up since."""
    window = {"since": at - _ASKED_WITHIN, "until": at + _ASKED_WITHIN}
    return reads.one(_WAS_ASKED, station_id=station_id, id_token=id_token, **window) is not None


_OPEN_AT_EVSE = Hot(
    select(SESSION.c.id, SESSION.c.status, SESSION.c.clock_ahead_s)
    .where(
        SESSION.c.station_id == bindparam("station_id"),
        SESSION.c.evse_number == bindparam("evse"),
        SESSION.c.status == "active",
    )
    .order_by(SESSION.c.id.desc())
    .limit(1)
)


def open_at_evse(reads: Reads, station_id: str, evse: int) -> Any:
    """The same of the session that runs at an EVSE, the newest if a stop was lost; or None."""
    return reads.one(_OPEN_AT_EVSE, station_id=station_id, evse=evse)


_REPORTS_OVER = (
    update(REPORT)
    .where(REPORT.c.session_id == bindparam("from_id"))
    .values(session_id=bindparam("to_id"))
)
_READINGS_OVER = (
    update(READING)
    .where(READING.c.session_id == bindparam("from_id"))
    .values(session_id=bindparam("to_id"))
)
_REMOVE = delete(SESSION).where(SESSION.c.id == bindparam("from_id"))


def hand_over(work: Work, from_id: str, to_id: str) -> None:
    """All that was told of a session nobody was known for is of another; it is gone itself."""
    work.flush()
    for moved in (_REPORTS_OVER, _READINGS_OVER):
        work.execute(moved, from_id=from_id, to_id=to_id)
    meters.hand_over(work, from_id, to_id)
    work.execute(_REMOVE, from_id=from_id)


_READINGS = Hot(
    select(READING.c.at, READING.c.register_wh, READING.c.power_w, READING.c.soc_percent)
    .where(READING.c.session_id == bindparam("session_id"))
    .order_by(READING.c.at, READING.c.id)
    .limit(100_000)  # a week of readings every ten seconds, with room
)
_LATEST = Hot(
    select(READING.c.at, READING.c.register_wh, READING.c.power_w, READING.c.soc_percent)
    .where(READING.c.session_id == bindparam("session_id"), READING.c.register_wh.is_not(None))
    .order_by(READING.c.at.desc(), READING.c.id.desc())
    .limit(1)
)
_FIRST = Hot(
    select(READING.c.at, READING.c.register_wh, READING.c.power_w, READING.c.soc_percent)
    .where(READING.c.session_id == bindparam("session_id"), READING.c.register_wh.is_not(None))
    .order_by(READING.c.at, READING.c.id)
    .limit(1)
)
_NEWEST = Hot(
    select(READING.c.at, READING.c.register_wh, READING.c.power_w, READING.c.soc_percent)
    .where(READING.c.session_id == bindparam("session_id"))
    .order_by(READING.c.at.desc(), READING.c.id.desc())
    .limit(bindparam("most", type_=Integer()))
)


@dataclass(frozen=True, slots=True)
class ReadingView:
    """A stored reading: register in Wh, power in W."""

    at: datetime
    register_wh: int | None
    power_w: int | None
    soc_percent: int | None


def readings(reads: Reads, session_id: str) -> tuple[ReadingView, ...]:
    """A session's readings in order of device time."""
    return tuple(ReadingView(*row) for row in reads.all(_READINGS, session_id=session_id))


def newest_readings(reads: Reads, session_id: str, most: int) -> tuple[ReadingView, ...]:
    """A session's newest readings in order of device time; before them its first, if left out."""
    rows = reads.all(_NEWEST, session_id=session_id, most=most)
    first = reads.one(_FIRST, session_id=session_id) if len(rows) == most else None
    newest = tuple(ReadingView(*row) for row in reversed(rows))
    return newest if first is None else (ReadingView(*first), *newest)


def latest_reading(reads: Reads, session_id: str) -> ReadingView | None:
    """The newest reading of a session that has a register."""
    row = reads.one(_LATEST, session_id=session_id)
    return None if row is None else ReadingView(*row)


_FACTS = Hot(
    select(REPORT.c.seq_no, REPORT.c.received_at, REPORT.c.fact)
    .where(REPORT.c.session_id == bindparam("session_id"), REPORT.c.seq_no.is_not(None))
    .order_by(REPORT.c.seq_no)
    .limit(100_000)
)


def facts(reads: Reads, session_id: str) -> Sequence[Any]:
    """Rows of (seq_no, received_at, fact) of a session's reports, by sequence number."""
    return reads.all(_FACTS, session_id=session_id)


_FREE_WH = Hot(
    select(func.coalesce(func.sum(CDR.c.free_wh), 0)).where(
        CDR.c.driver_id == bindparam("driver_id"),
        CDR.c.owner_id == bindparam("owner_id"),
        CDR.c.started_at >= bindparam("start", type_=Instant()),
        CDR.c.started_at < bindparam("end", type_=Instant()),
        CDR.c.session_id != bindparam("session_id"),
        CDR.c.tariff_snapshot_id.is_not(None),  # a household's own use is free without any
    )
)


def free_wh(reads: Reads, owner_id: str, driver_id: str, during: Span, but: str) -> int:
    """Free energy of a driver's sessions with an owner that began in a range, but for one's.

    Credit notes count against the CDRs they take back.
    """
    return int(
        reads.value(
            _FREE_WH,
            owner_id=owner_id,
            driver_id=driver_id,
            start=during.start,
            end=during.end,
            session_id=but,
        )
    )


_CDR_BY_ID = Hot(select(CDR).where(CDR.c.id == bindparam("id")))


def cdr(reads: Reads, cdr_id: str) -> CdrView | None:
    """The CDR with this id, or None."""
    row = reads.one(_CDR_BY_ID, id=cdr_id)
    return None if row is None else CdrView(*row)


def overdue(reads: Reads, now: datetime, limit: int) -> tuple[SessionView, ...]:
    """Sessions whose time is up: open ones, and closed ones of which readings came late."""
    statement = (
        select(SESSION)
        .where(col(SessionRow.status).in_((*OPEN, "closed")), col(SessionRow.due_at) <= now)
        .order_by(SESSION.c.due_at)
        .limit(limit)
    )
    return tuple(SessionView(*row) for row in reads.all(statement))


def last_heard(reads: Reads, session_id: str) -> datetime | None:
    """When the newest fact of a session came in, or the newest reading was taken."""
    told = [row.received_at for row in facts(reads, session_id)]
    newest = select(func.max(READING.c.at, type_=READING.c.at.type))
    read_at = reads.value(newest.where(READING.c.session_id == session_id))
    return max([*told, *([read_at] if read_at else [])], default=None)


def is_followed(reads: Reads, session: SessionView) -> bool:
    """True if a later session has begun at the same EVSE."""
    if session.started_at is None:
        return False
    statement = select(SESSION.c.id).where(
        SESSION.c.station_id == session.station_id,
        SESSION.c.evse_number == session.evse_number,
        SESSION.c.started_at > session.started_at,
    )
    return reads.one(statement.limit(1)) is not None
