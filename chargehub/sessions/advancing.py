"""A session moves on: its facts are folded, it is judged once, saved, and closed when whole."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from chargehub.events import SessionOpened
from chargehub.sessions import closing, opening, rules
from chargehub.sessions.rules import Fact, Life
from chargehub.sessions.tables import SESSION, SessionView
from chargehub.stations import tables as stations
from chargehub.store.columns import new_id
from chargehub.store.hot import Hot, insert_of
from chargehub.store.work import Work

_SAVED = [column for column in SESSION.columns if column.key not in ("id", "station_id")]
_UPDATE = Hot(
    update(SESSION)
    .where(SESSION.c.id == bindparam("row_id"))
    .values({column: bindparam(f"new_{column.key}", type_=column.type) for column in _SAVED})
)
_INSERT = insert_of(SESSION)


def blank(work: Work, station_id: str) -> SessionView:
    """A session of which nothing is known but its station; not stored yet."""
    station = stations.station(work, station_id)
    assert station is not None, station_id
    values: dict[str, Any] = dict.fromkeys(column.key for column in SESSION.columns)
    values |= {"id": new_id(), "station_id": station_id, "owner_id": station.owner_id}
    return SessionView(**{**values, "status": "new", "cdr_version": 0, "flags": []})


def advance(
    work: Work, session: SessionView, facts: list[Fact], received_at: datetime, is_offline: bool
) -> SessionView:
    """Fold the facts into the session and save it; open it or close it where that is due."""
    life = rules.fold(facts)
    moved = _moved(session, life)
    if moved.verdict is None and moved.id_token is not None:
        moved = _judged(work, moved, life, received_at, is_offline)
    if session.status == "closed":
        save(work, session, moved)
        closing.reprice(work, moved, life, received_at)
        return moved
    moved = replace(moved, status="ended" if life.ended_at else "active")
    if session.status != moved.status:  # what comes later does not put it off, nor forget it
        moved = replace(moved, due_at=received_at + rules.MISSING_WITHIN)
    save(work, session, moved)
    was_open = session.verdict is not None and session.status not in ("new", "starting")
    if moved.verdict == "accepted" and not was_open:
        work.record(SessionOpened(moved.id, moved.booking_id))
    if life.is_whole:
        closing.close(work, moved, life, received_at)
    work.notify(f"session:{moved.id}")
    return moved


def _moved(session: SessionView, life: Life) -> SessionView:
    return replace(
        session,
        evse_number=life.evse if session.evse_number is None else session.evse_number,
        id_token=life.id_token or session.id_token,
        charging=life.charging,
        started_at=life.started_at or session.started_at,
        start_wh=life.start_wh if life.start_wh is not None else session.start_wh,
        ended_at=life.ended_at,
        end_wh=life.end_wh,
        stop_reason=life.stop_reason,
    )


def _judged(
    work: Work, session: SessionView, life: Life, received_at: datetime, is_offline: bool
) -> SessionView:
    """Decide once, by the token's standing at device time, whose session it is and its price."""
    assert session.id_token is not None, session.id
    at = life.started_at or received_at
    number = session.evse_number
    evse = stations.evse_by_number(work, session.station_id, number) if number else None
    is_late = is_offline or not rules.is_live(at, received_at)
    judge = opening.recognise if is_late else opening.admit
    admission = judge(work, session.station_id, evse, session.id_token, at)
    return replace(
        session,
        evse_id=evse.id if evse else None,
        verdict=admission.verdict,
        driver_id=admission.driver_id,
        booking_id=admission.booking_id,
        free_reason=admission.free_reason,
        tariff_snapshot_id=admission.tariff_snapshot_id,
    )


def save(work: Work, before: SessionView, after: SessionView) -> None:
    """Insert a new session, or change the one that is there."""
    values: dict[str, Any] = asdict(after)
    if before.status == "new":
        work.execute(_INSERT, **values)
        return
    row_id = values.pop("id")
    values.pop("station_id")
    work.execute(_UPDATE, row_id=row_id, **{f"new_{key}": value for key, value in values.items()})
