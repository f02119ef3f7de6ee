"""Lists of sessions and CDRs, as their people see them."""

from sqlalchemy import Integer, bindparam, func, select

from chargehub.sessions.cdr import CdrView
from chargehub.sessions.schema import CDR, SESSION
from chargehub.sessions.tables import SessionView
from chargehub.store.hot import Hot
from chargehub.store.work import Reads

_CDRS_OF_SESSION = Hot(
    select(CDR)
    .where(CDR.c.session_id == bindparam("session_id"), CDR.c.id > bindparam("after"))
    .order_by(CDR.c.id)
    .limit(bindparam("most", type_=Integer()))
)


def page_of_sessions(
    reads: Reads, account_id: str, role: str, after: str | None, limit: int
) -> tuple[SessionView, ...]:
    """An account's sessions as driver or owner, newest first, those before `after`."""
    column = SESSION.c.owner_id if role == "owner" else SESSION.c.driver_id
    statement = select(SESSION).where(column == account_id).order_by(SESSION.c.id.desc())
    if after is not None:
        statement = statement.where(SESSION.c.id < after)
    return tuple(SessionView(*row) for row in reads.all(statement.limit(limit)))


def sessions_at_station(
    reads: Reads, station_id: str, after: str | None, limit: int
) -> tuple[SessionView, ...]:
    """A station's sessions, newest first, those before `after`."""
    statement = select(SESSION).where(SESSION.c.station_id == station_id)
    if after is not None:
        statement = statement.where(SESSION.c.id < after)
    rows = reads.all(statement.order_by(SESSION.c.id.desc()).limit(limit))
    return tuple(SessionView(*row) for row in rows)


def page_of_cdrs(
    reads: Reads, account_id: str, role: str, after: str | None, limit: int
) -> tuple[CdrView, ...]:
    """An account's CDRs and credit notes as driver or owner, newest first."""
    column = CDR.c.owner_id if role == "owner" else CDR.c.driver_id
    statement = select(CDR).where(column == account_id).order_by(CDR.c.id.desc())
    if after is not None:
        statement = statement.where(CDR.c.id < after)
    return tuple(CdrView(*row) for row in reads.all(statement.limit(limit)))


def cdrs_of_session(
    reads: Reads, session_id: str, after: str | None, limit: int
) -> tuple[CdrView, ...]:
    """A session's CDRs and credit notes, oldest first, those after `after`."""
    rows = reads.all(_CDRS_OF_SESSION, session_id=session_id, after=after or "", most=limit)
    return tuple(CdrView(*row) for row in rows)


def count_starting(reads: Reads, driver_id: str) -> int:
    """How many sessions of a driver wait for their station and car."""
    of_driver = SESSION.c.driver_id == driver_id, SESSION.c.status == "starting"
    return int(reads.value(select(func.count()).select_from(SESSION).where(*of_driver)))
