"""How long cars stood at their EVSEs after their sessions; a row for each that stayed."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import Field, SQLModel

from chargehub.sessions.presence import Presence
from chargehub.sessions.schema import SESSION
from chargehub.sessions.tables import SessionView
from chargehub.store.columns import Instant, Json
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of
from chargehub.units import Span


class SessionStay(SQLModel, table=True):
    """The car of a session stood there until `left_at`, but for times that nobody knows of.

    `unknown`: pairs of instants as ISO text.
    """

    __tablename__ = "session_stay"

    session_id: str = Field(primary_key=True, max_length=36)
    left_at: datetime = Field(sa_type=Instant)
    unknown: Any = Field(default_factory=list, sa_type=Json)


STAY = table_of(SessionStay)
_OF_SESSION = Hot(
    select(STAY.c.left_at, STAY.c.unknown).where(STAY.c.session_id == bindparam("session_id"))
)
_FOLLOWED = select(func.min(SESSION.c.started_at, type_=SESSION.c.started_at.type)).where(
    SESSION.c.station_id == bindparam("station_id"),
    SESSION.c.evse_number == bindparam("evse_number"),
    SESSION.c.started_at >= bindparam("after", type_=Instant()),
    SESSION.c.id > bindparam("session_id"),  # told of later
)


def note(work: Work, session_id: str, left_at: datetime, unknown: tuple[Span, ...]) -> None:
    """Remember until when a car stood there; once for a session."""
    if stay(work, session_id) is None:
        told = [[span.start.isoformat(), span.end.isoformat()] for span in unknown]
        work.insert(SessionStay, session_id=session_id, left_at=left_at, unknown=told)


def stay(reads: Reads, session_id: str) -> Presence | None:
    """Until when the car of a session stood there, and what of it is unknown; None: no longer
    than its session went on."""
    row = reads.one(_OF_SESSION, session_id=session_id)
    if row is None:
        return None
    spans = [Span(*map(datetime.fromisoformat, pair)) for pair in row.unknown]
    return Presence(row.left_at, tuple(spans))


def followed_at(reads: Reads, session: SessionView, after: datetime) -> datetime | None:
    """When the next session began at the same EVSE; None: none has."""
    found: datetime | None = reads.value(
        _FOLLOWED,
        station_id=session.station_id,
        evse_number=session.evse_number,
        after=after,
        session_id=session.id,
    )
    return found
