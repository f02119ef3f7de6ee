"""A session moves on: its facts are folded, it is judged, saved, and closed when whole."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from chargehub.events import SessionOpened
from chargehub.sessions import closing, opening, parking, rules, tables
from chargehub.sessions.rules import Fact, Life
from chargehub.sessions.schema import SESSION
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.store.columns import new_id, values_of
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
    values["clock_ahead_s"] = rules.correctable(station.clock_ahead_s)
    return SessionView(**{**values, "status": "new", "cdr_version": 0, "flags": []})


def advance(
    work: Work, session: SessionView, facts: list[Fact], received_at: datetime, is_offline: bool
) -> SessionView:
    """Fold the facts into the session and save it; open it or close it where that is due."""
    life = rules.fold(facts)
    moved = _moved(work, session, life)
    if rules.is_judged_anew(session, moved):
        moved = _judged(work, session, moved, received_at, is_offline)
    if session.status == "closed":
        save(work, session, moved)
        closing.reprice(work, moved, life, received_at)
        return moved
    moved = replace(moved, status="ended" if life.ended_at else "active")
    if session.status != moved.status:  # what comes later does not put it off, nor forget it
        moved = replace(moved, due_at=received_at + rules.MISSING_WITHIN)
    seen = replace(moved, status=session.status)
    is_awaited = not is_offline and parking.is_awaited(work, seen, life, received_at)
    if is_awaited:
        moved = replace(moved, due_at=received_at)
    save(work, session, moved)
    was_open = session.verdict == "accepted" and session.status not in ("new", "starting")
    is_moved = moved.booking_id != session.booking_id  # its EVSE was told, and is booked
    if moved.verdict == "accepted" and (is_moved or not was_open):
        work.record(SessionOpened(moved.id, moved.booking_id))
    if life.is_whole and not is_awaited:
        closing.close(work, moved, life, received_at)
    work.notify(f"session:{moved.id}")
    return moved


def _moved(work: Work, session: SessionView, life: Life) -> SessionView:
    number = session.evse_number or life.evse or _only_evse(work, session.station_id)
    token, flags = rules.token_of(session, life)
    return replace(
        session,
        evse_number=number,
        id_token=token,
        flags=[flag for flag in flags if flag != rules.SUSPECT],  # it was heard of
        charging=life.charging,
        started_at=life.started_at or session.started_at,
        start_wh=life.start_wh if life.start_wh is not None else session.start_wh,
        ended_at=life.ended_at,
        end_wh=life.end_wh,
        stop_reason=life.stop_reason,
    )


def _only_evse(work: Work, station_id: str) -> int | None:
    """The number of a station's EVSE, if it has one alone: then it need not be told."""
    numbers = [evse.number for evse in stations.evses_of_station(work, station_id)]
    return numbers[0] if len(numbers) == 1 else None


def _judged(
    work: Work, before: SessionView, session: SessionView, received_at: datetime, is_offline: bool
) -> SessionView:
    """Decide by the token's standing at device time whose session it is and its price.

    Who was admitted before it was told where or since when stays admitted.
    """
    assert session.id_token is not None, session.id
    number, station_id, token = session.evse_number, session.station_id, session.id_token
    evse = stations.evse_by_number(work, station_id, number) if number else None
    at = session.started_at or received_at
    is_asked = session.requested_at is not None or tables.was_asked(work, station_id, token, at)
    start = opening.Start(station_id, evse, token, at, is_asked)
    flags = session.flags
    if before.verdict == "accepted" and before.driver_id:
        admission = opening.place(work, start, before.driver_id)
        if opening.is_anothers(work, start, before.driver_id):
            flags = sorted({*flags, rules.EVSE_BOOKED})
    else:
        is_late = is_offline or not rules.is_live(start.at, received_at)
        admission = (opening.recognise if is_late else opening.admit)(work, start)
    return replace(
        session,
        flags=flags,
        evse_id=evse.id if evse else None,
        verdict=admission.verdict,
        driver_id=admission.driver_id,
        booking_id=admission.booking_id,
        free_reason=admission.free_reason,
        tariff_snapshot_id=admission.tariff_snapshot_id,
    )


def save(work: Work, before: SessionView, after: SessionView) -> None:
    """Insert a new session, or change the one that is there."""
    values = values_of(after)
    if before.status == "new":
        work.execute(_INSERT, **values)
        return
    row_id = values.pop("id")
    values.pop("station_id")
    work.execute(_UPDATE, row_id=row_id, **{f"new_{key}": value for key, value in values.items()})
