"""Keeping the cars on a grid connection under its fuse: from what is, to what stations are asked.

What may be drawn is worked out in `balance.py`. Here it becomes commands, and their outcomes
become what is known of a limit. All of it is stored before anything is sent.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import delete, update
from sqlmodel import col

from chargehub import events
from chargehub.energy import balance, rules, tables
from chargehub.energy.balance import Limit, Purpose
from chargehub.energy.schema import GridConnection, LimitRow
from chargehub.energy.tables import LIMIT, STATION, Point
from chargehub.sessions import tables as sessions
from chargehub.stations import commanding
from chargehub.stations import tables as stations
from chargehub.stations.commands import Command
from chargehub.stations.profiles import (
    ClearChargingProfiles,
    Period,
    Schedule,
    of_default,
    of_session,
)
from chargehub.stations.views import CommandView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work

log = structlog.get_logger(__name__)

KINDS = ("set_charging_profile", "clear_charging_profiles")  # commands that change limits
# Calls of operators after which nobody knows what limits a station has.
_UNSETTLING = frozenset({"SetChargingProfile", "ClearChargingProfile"})


def look(work: Work, location_id: str, now: datetime) -> None:
    """Work out the shares on a grid connection, and ask stations for what must change."""
    is_it = col(GridConnection.location_id) == location_id
    work.execute(update(GridConnection).where(is_it).values(due_at=None))  # and nobody else's turn
    site = tables.site(work, location_id, now)
    if site is None:
        return
    points = {point.evse.id: _outlive(work, point) for point in site.points}
    loads = tuple(point.load for point in points.values())
    for member in site.members:
        if member.may_be_asked and not member.is_cleared:
            _clear(work, member.wiring.station_id, now)
    turn = int(now.timestamp() // rules.TURN.total_seconds())
    for ask in balance.asks(site.connection.supply, loads, turn):
        _ask(work, points[ask.evse_id], ask, site.connection.voltage_v, now)
    if any(_is_unsettled(point) for point in points.values()):
        due_at = now + timedelta(seconds=site.connection.every_s)
        work.execute(update(GridConnection).where(is_it).values(due_at=due_at))


def look_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Look at the grid connections on which something is under way; how many they were."""
    due = tables.due(work, now, chunk.limit)
    return chunk.each(work, due, str, partial(_look_at, now=now))


def _look_at(work: Work, location_id: str, now: datetime) -> None:
    look(work, location_id, now)


def look_at_station(
    work: Work, event: events.StationConnected | events.StationDisconnected, now: datetime
) -> None:
    """A station came or went: so did what it may be asked."""
    _look_around(work, event.station_id, now)


def forget_limits(work: Work, event: events.StationBooted, now: datetime) -> None:
    """A station booted. It should have kept its limits, and some do not: they are set anew."""
    if tables.location_of(work, event.station_id) is None:
        return
    _unsettle(work, event.station_id)
    _look_around(work, event.station_id, now)


def look_at_session(
    work: Work, event: events.SessionOpened | events.SessionClosed, now: datetime
) -> None:
    """A car came or went."""
    session = sessions.session(work, event.session_id)
    if session is not None:
        _look_around(work, session.station_id, now)


def follow_command(work: Work, event: events.CommandFinished, now: datetime) -> None:
    """What a station said to a limit: now it counts, or the one before, or the higher of both."""
    if event.kind not in (*KINDS, "call"):
        return
    if tables.location_of(work, event.station_id) is None:
        return
    command = stations.command(work, event.command_id)
    assert command is not None, event
    is_own = _note_limit(work, command) or _note_cleared(work, command)
    if not is_own and _may_have_changed_limits(command):
        of_station = STATION.c.station_id == event.station_id
        work.execute(update(STATION).where(of_station).values(is_cleared=False))
        _unsettle(work, event.station_id)
    _look_around(work, event.station_id, now)


def forget(work: Work, station_id: str) -> None:
    """What the station acknowledged means other amps now: it counts with all it can draw."""
    of_station = LIMIT.c.station_id == station_id
    work.execute(update(LIMIT).where(of_station).values(confirmed_a=None, most_a=None))


def renew(work: Work, point: Point, voltage_v: int, now: datetime) -> None:
    """Tell the station the limit of the running session once more, as it is."""
    point = _outlive(work, point)
    load = point.load
    if load.is_waiting or not load.is_reachable or load.default.confirmed_a is None:
        return  # one is on its way already, or is about to be
    held = load.session if load.session is not None else load.default
    if held.confirmed_a is not None:
        ask = balance.Ask(load.evse_id, "session", held.confirmed_a)
        _ask(work, point, ask, voltage_v, now)


def limit_command(point: Point, purpose: Purpose, limit_a: int, voltage_v: int) -> Command:
    """The limit as the station is told it: from the session's start on, without an end, so that
    no station's clock matters."""
    limit = rules.direct_w(limit_a, point.wiring, voltage_v) if point.is_direct else limit_a
    schedule = Schedule("W" if point.is_direct else "A", (Period(0, limit),))
    if purpose == "session_default":
        return of_default(point.evse.number, schedule)
    session = point.session
    assert session is not None and session.transaction_id is not None, point
    return of_session(point.evse.number, session.transaction_id, schedule)


def _look_around(work: Work, station_id: str, now: datetime) -> None:
    location_id = tables.location_of(work, station_id)
    if location_id is not None:
        look(work, location_id, now)


def _outlive(work: Work, point: Point) -> Point:
    if not point.is_outlived:
        return point
    work.execute(delete(LIMIT).where(*_is_limit(point.evse.id, "session")))
    return point.without_session_limit()


def _is_unsettled(point: Point) -> bool:
    load = point.load
    is_known = load.default.confirmed_a is not None
    return point.evse.is_connected and (
        load.demand != "none" or load.is_waiting or not is_known or not load.is_reachable
    )


def _clear(work: Work, station_id: str, now: datetime) -> None:
    """Limits that others set before would stand beside ours, and some above them."""
    asked = commanding.command(work, station_id, ClearChargingProfiles(), now, rules.UNSENT)
    changed = update(STATION).where(STATION.c.station_id == station_id)
    work.execute(changed.values(command_id=asked, asked_at=now))


def _ask(work: Work, point: Point, ask: balance.Ask, voltage_v: int, now: datetime) -> None:
    wanted = limit_command(point, ask.purpose, ask.limit_a, voltage_v)
    command_id = commanding.command(work, point.evse.station_id, wanted, now, rules.UNSENT)
    values: dict[str, Any] = {"asked_a": ask.limit_a, "command_id": command_id, "asked_at": now}
    if not work.execute(update(LIMIT).where(*_is_limit(ask.evse_id, ask.purpose)).values(**values)):
        is_own = ask.purpose == "session"
        work.add(
            LimitRow(
                evse_id=ask.evse_id,
                purpose=ask.purpose,
                station_id=point.evse.station_id,
                transaction_id=point.session.transaction_id if is_own and point.session else None,
                most_a=balance.NO_SESSION_LIMIT.most_a if is_own else None,
                **values,
            )
        )


def _may_have_changed_limits(command: CommandView) -> bool:
    """Others asked for it: an operator, or somebody before the hub set the limits."""
    if command.was_not_taken or command.body.get("purpose") == "station_max":
        return False
    if command.kind in KINDS:
        return True
    is_start_with_one = "chargingProfile" in command.body["payload"]
    return is_start_with_one or command.body["action"] in _UNSETTLING


def _note_limit(work: Work, command: CommandView) -> bool:
    """False: it is none of ours."""
    row = tables.limit_by_command(work, command.id)
    if row is None or row.asked_a is None:
        return False
    limit = Limit(row.confirmed_a, row.most_a, row.asked_a)
    is_default = row.purpose == "session_default"
    fate, word = _fate(command)
    if fate == "taken":
        limit = limit.taken()
    elif fate == "lost":
        limit = limit.lost()
    elif fate == "refused" and is_default:
        limit = balance.UNKNOWN  # who takes no default obeys nothing for sure
    elif fate == "refused" and command.state == "failed":
        limit = limit.lost()  # an error may come after the deed
    else:
        limit = limit.kept()
    if fate == "refused":
        log.warning(
            "charging limit refused", station=row.station_id, purpose=row.purpose, answer=word
        )
    _store(work, row, limit, word if fate == "refused" else None)
    return True


def _note_cleared(work: Work, command: CommandView) -> bool:
    """False: it is none of ours."""
    row = tables.station_by_command(work, command.station_id, command.id)
    if row is None:
        return False
    fate, word = _fate(command)
    is_gone = fate == "taken" or command.state == "refused"  # there was nothing to take back
    values = {"command_id": None, "refused": None if is_gone or fate != "refused" else word}
    is_it = STATION.c.station_id == row.station_id
    work.execute(update(STATION).where(is_it).values(is_cleared=is_gone, **values))
    return True


def _fate(command: CommandView) -> tuple[str, str]:
    """taken, refused, lost or kept; and the station's word."""
    outcome = command.outcome
    if outcome is None:
        return ("kept" if command.was_not_taken else "lost"), ""
    if outcome.fate == "accepted":
        return "taken", ""
    return ("lost" if outcome.fate == "timed_out" else "refused"), outcome.status[:50]


def _store(work: Work, row: Any, limit: Limit, refused: str | None) -> None:
    work.execute(
        update(LIMIT)
        .where(*_is_limit(row.evse_id, row.purpose))
        .values(
            confirmed_a=limit.confirmed_a,
            most_a=limit.most_a,
            asked_a=limit.asked_a,
            command_id=None,
            refused=refused,
        )
    )


def _unsettle(work: Work, station_id: str) -> None:
    """Nobody knows what the station's default is; a session's limit may be gone with it."""
    of_station = LIMIT.c.station_id == station_id
    work.execute(update(LIMIT).where(of_station).values(confirmed_a=None, refused=None))
    is_default = LIMIT.c.purpose == "session_default"
    work.execute(update(LIMIT).where(of_station, is_default).values(most_a=None))


def _is_limit(evse_id: str, purpose: str) -> tuple[Any, Any]:
    return LIMIT.c.evse_id == evse_id, LIMIT.c.purpose == purpose
