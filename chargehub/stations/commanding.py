"""The life of a command: what people and the hub ask of stations, and what came of it.

A command is queued, sent, answered; or refused, failed, expired. For a station without a line it
waits until the line is back or its time is over. It is marked as sent before it is sent, so one
that was sent twice after a crash says so (`tries`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlmodel import col

from chargehub import events
from chargehub.errors import NotFound
from chargehub.people.rules import master_group
from chargehub.stations import lists, rules, tables
from chargehub.stations.commands import (
    Call,
    ChangeAvailability,
    Command,
    Outcome,
    SetMasterPass,
    TriggerReport,
    Unlock,
    WriteSettings,
)
from chargehub.stations.local_list import SyncLocalList
from chargehub.stations.profiles import (
    MOST_PERIODS,
    ClearChargingProfiles,
    ReadCompositeSchedule,
    SetChargingProfile,
    check_balanced,
    check_periods,
)
from chargehub.stations.registration import owned_station
from chargehub.stations.reports import Noted
from chargehub.stations.schema import CommandRow, Station
from chargehub.stations.settings import store_settings
from chargehub.stations.upkeep import NUMBERED, SetDisplayMessage
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.hot import Hot
from chargehub.store.work import Work

OWN_GROUP = "own"  # until it is known whose station it is
RESUMED = 100  # commands a returning station gets at once; the rest follow when it returns again
# A sent command has its answer or its time-out within a minute; one that is still open so long
# after its end belonged to a hub that died.
UNANSWERED = timedelta(minutes=10)

_STATES = {"accepted": "answered", "refused": "refused", "error": "failed", "timed_out": "failed"}
_WITH_SECRETS = ("call", "get_log", "update_firmware")
_TOLD_OF = {"firmware": "update_firmware", "log": "get_log"}  # topics of notes -> kinds
_UNDER_WAY = ("sent", "answered", "failed")  # of a failed one the answer alone may be lost
_AT_AN_EVSE = (
    ChangeAvailability,
    ClearChargingProfiles,
    ReadCompositeSchedule,
    SetChargingProfile,
    SetDisplayMessage,
    TriggerReport,
    Unlock,
)
_NEXT_REQUEST = Hot(
    update(Station)
    .where(col(Station.id) == bindparam("of_station"))
    .values(last_request=col(Station.last_request) + 1)
    .returning(col(Station.last_request))
)


def command(
    work: Work,
    station_id: str,
    command: Command,
    now: datetime,
    expires_in: timedelta,
    session_id: str | None = None,
    booking_id: str | None = None,
    is_owners: bool = False,
) -> str:
    """Queue a command, to be sent as soon as the station has a line; its id."""
    assert expires_in > timedelta()
    request_id: int | None = None
    if isinstance(command, NUMBERED):
        request_id = work.value(_NEXT_REQUEST, of_station=station_id)
        assert request_id is not None, station_id
        command = replace(command, request_id=request_id)
    row = CommandRow(
        id=new_id(),
        station_id=station_id,
        kind=command.kind,
        body=rules.command_body(command),
        request_id=request_id,
        session_id=session_id,
        booking_id=booking_id,
        is_owners=is_owners,
        created_at=now,
        expires_at=now + expires_in,
    )
    work.add(row)
    work.record(events.StationCommanded(row.id, station_id))
    return row.id


def command_own(
    work: Work,
    owner_id: str,
    station_id: str,
    wanted: Command,
    now: datetime,
    expires_in: timedelta,
) -> str:
    """Queue what an owner wants of the own station; the command's id.

    Raises NotFound (station, EVSE or connector), PasswordSetting, NoLocalList, TooManyPeriods,
    LimitsBalanced, TooMuchWaiting.
    """
    station = owned_station(work, owner_id, station_id)
    _check_target(work, station_id, wanted)
    if isinstance(wanted, SetMasterPass) and wanted.group:
        wanted = SetMasterPass(master_group(owner_id))
    if isinstance(wanted, WriteSettings):
        rules.check_settings_written(wanted.settings)
    if isinstance(wanted, SetChargingProfile):
        check_periods(wanted, tables.settings_named(work, station_id, MOST_PERIODS).values())
    if isinstance(wanted, SyncLocalList):
        lists.check_kept(work, station)
    if isinstance(wanted, ClearChargingProfiles | SetChargingProfile):
        is_balanced = select(col(Station.is_balanced)).where(col(Station.id) == station_id)
        if work.value(is_balanced):
            check_balanced(wanted)
    check_room(work, station_id, now)
    return command(work, station_id, wanted, now, expires_in, is_owners=True)


def call(work: Work, station_id: str, wanted: Call, now: datetime, expires_in: timedelta) -> str:
    """Queue a call in OCPP's own words, for an operator; the command's id.

    Raises NotFound, PasswordSetting, TooMuchWaiting.
    """
    if tables.station(work, station_id) is None:
        raise NotFound("There is no station with this id.")
    rules.check_call(wanted)
    check_room(work, station_id, now)
    return command(work, station_id, wanted, now, expires_in)


def check_room(work: Work, station_id: str, now: datetime) -> None:
    """Raises NotFound for a retired station, and TooMuchWaiting."""
    station = tables.station(work, station_id)
    if station is not None and station.retired_at is not None:
        raise NotFound("This station is retired; nothing is sent to it.")
    waiting = tables.open_command_ids(work, station_id, now, rules.MAX_WAITING_COMMANDS)
    if len(waiting) >= rules.MAX_WAITING_COMMANDS:
        raise rules.TooMuchWaiting(
            f"{len(waiting)} commands wait for this station. Try again when it has answered them."
        )


def _check_target(work: Work, station_id: str, wanted: Command) -> None:
    if not isinstance(wanted, _AT_AN_EVSE) or not wanted.evse:
        return
    connectors = tables.told(work, station_id, wanted.evse)
    if not connectors:
        raise NotFound(f"The station has no EVSE {wanted.evse}.")
    numbers = [connector.number for connector in connectors]
    if isinstance(wanted, Unlock) and wanted.connector not in numbers:
        raise NotFound(f"EVSE {wanted.evse} has no connector {wanted.connector}.")


def mark_sent(work: Work, command_id: str, now: datetime) -> Command | None:
    """Mark a command as being sent, in a commit before it is; what to send.

    None: there is nothing to send, it is finished or its time is over. It may have been marked
    before: then a crash or a lost line left it open, and `tries` counts up.
    """
    row = tables.command(work, command_id)
    if row is None or row.state not in tables.OPEN_STATES or row.expires_at <= now:
        return None
    changed = update(CommandRow).where(col(CommandRow.id) == command_id)
    work.execute(changed.values(state="sent", sent_at=now, tries=row.tries + 1))
    return row.command


def record_outcome(
    work: Work, event: events.StationCommanded, outcome: Outcome, now: datetime
) -> None:
    """What came of sending. A finished command stays as it is; `offline` leaves it waiting."""
    row = tables.command(work, event.command_id)
    if row is None or row.state not in tables.OPEN_STATES:
        return
    changed = update(CommandRow).where(col(CommandRow.id) == row.id)
    if outcome.fate == "offline":
        work.execute(changed.values(state="queued"))
        return
    state = _STATES[outcome.fate]
    values = {"state": state, "outcome": _stored(outcome), "finished_at": now}
    work.execute(changed.values(**values, **_without_secrets(row.kind, row.body)))
    settings = outcome.details.get("settings")
    if row.kind == "read_settings" and isinstance(settings, Mapping):
        told = {name: value for name, value in settings.items() if isinstance(value, str)}
        store_settings(work, row.station_id, told, now)
    work.record(events.CommandFinished(row.id, row.station_id, row.kind))
    work.notify(f"command:{row.id}")


def _without_secrets(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """What replaces the body of a finished command that may hold passwords; nobody sends it again.

    Those of other kinds hold none, and are read by what follows them.
    """
    return {"body": rules.masked(body)} if kind in _WITH_SECRETS else {}


def _stored(outcome: Outcome) -> dict[str, Any]:
    details = dict(outcome.details)
    if isinstance(settings := details.get("settings"), Mapping):
        details["settings"] = {
            name: value
            for name, value in settings.items()
            if not rules.is_password_setting(str(name))
        }
    return {"fate": outcome.fate, "status": outcome.status, "details": details}


def note_progress(work: Work, station_id: str, report: Noted, now: datetime) -> None:
    """How far a station is with what was asked of it, kept beside the command.

    Who names no number (1.6) means the newest. A station that is idle tells of no command.
    """
    kind = _TOLD_OF.get(report.topic)
    if kind is None or report.status in (None, "idle"):
        return
    meant = select(col(CommandRow.id)).where(
        col(CommandRow.station_id) == station_id,
        col(CommandRow.kind) == kind,
        col(CommandRow.state).in_(_UNDER_WAY),
    )
    if report.request_id is not None:
        meant = meant.where(col(CommandRow.request_id) == report.request_id)
    command_id = work.value(meant.order_by(col(CommandRow.id).desc()).limit(1))
    if command_id is None:
        return
    progress = {"status": report.status, "at": now.isoformat()}
    work.execute(
        update(CommandRow).where(col(CommandRow.id) == command_id).values(progress=progress)
    )
    work.notify(f"command:{command_id}")


def resume_commands(work: Work, event: events.StationConnected, now: datetime) -> None:
    """A station is back: what waits for it is to be sent now.

    Commands that were sent are asked for too. If one is still being sent, this follows after its
    outcome (one aggregate, in order) and finds it finished; if the line broke, it is sent now.
    """
    for command_id in tables.open_command_ids(work, event.station_id, now, RESUMED):
        work.record(events.StationCommanded(command_id, event.station_id))


def expire_commands(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """End at most 50 commands whose time is over; how many."""
    state, expires_at = col(CommandRow.state), col(CommandRow.expires_at)
    due = work.all(
        select(
            col(CommandRow.id),
            col(CommandRow.station_id),
            col(CommandRow.kind),
            col(CommandRow.body),
        )
        .where(
            or_(
                and_(state == "queued", expires_at <= now),
                and_(state == "sent", expires_at <= now - UNANSWERED),
            )
        )
        .limit(chunk.limit)
    )
    return chunk.each(work, due, attrgetter("id"), partial(_expire, now=now))


def withdraw(work: Work, station_id: str, kinds: Sequence[str], now: datetime) -> None:
    """End the commands of these kinds that a station was not sent yet: they are not meant now."""
    waiting = work.all(
        select(
            col(CommandRow.id),
            col(CommandRow.station_id),
            col(CommandRow.kind),
            col(CommandRow.body),
        ).where(
            col(CommandRow.station_id) == station_id,
            col(CommandRow.state) == "queued",
            col(CommandRow.kind).in_(kinds),
        )
    )
    for command in waiting:
        _expire(work, command, now)


def _expire(work: Work, command: Any, now: datetime) -> None:
    changed = update(CommandRow).where(col(CommandRow.id) == command.id)
    kept = _without_secrets(command.kind, command.body)
    work.execute(changed.values(state="expired", finished_at=now, **kept))
    work.record(events.CommandFinished(command.id, command.station_id, command.kind))
    work.notify(f"command:{command.id}")
