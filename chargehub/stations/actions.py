"""What stations tell of themselves, and the life of a command; what owners set up is beside it.

A command is queued, sent, answered; or refused, failed, expired. For a station without a line it
waits until the line is back or its time is over. It is marked as sent before it is sent, so one
that was sent twice after a crash says so (`tries`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any

import structlog
from sqlalchemy import and_, bindparam, or_, select, update
from sqlmodel import col

from chargehub import events
from chargehub.errors import NotFound
from chargehub.stations import rules, tables
from chargehub.stations.commands import (
    Call,
    ChangeAvailability,
    Command,
    Outcome,
    TriggerReport,
    Unlock,
    WriteSettings,
)
from chargehub.stations.registration import Registered as Registered
from chargehub.stations.registration import RegisteredLocation as RegisteredLocation
from chargehub.stations.registration import owned_station
from chargehub.stations.registration import register_location as register_location
from chargehub.stations.registration import register_station as register_station
from chargehub.stations.registration import remove_household as remove_household
from chargehub.stations.registration import rotate_password as rotate_password
from chargehub.stations.registration import set_household as set_household
from chargehub.stations.reports import Acknowledged, BootAnswer, Booted, StatusChanged
from chargehub.stations.schema import CommandRow, Connector, Evse, Station, StationSetting
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant, new_id
from chargehub.store.hot import Hot
from chargehub.store.work import Work

log = structlog.get_logger(__name__)

RESUMED = 100  # commands a returning station gets at once; the rest follow when it returns again
# A sent command has its answer or its time-out within a minute; one that is still open so long
# after its end belonged to a hub that died.
UNANSWERED = timedelta(minutes=10)

_STATES = {"accepted": "answered", "refused": "refused", "error": "failed", "timed_out": "failed"}

_IS_STATION = col(Station.id) == bindparam("of_station")
_SEE = Hot(update(Station).where(_IS_STATION).values(last_seen_at=bindparam("now", type_=Instant)))
_NEXT_TRANSACTION = Hot(
    update(Station)
    .where(_IS_STATION)
    .values(last_transaction=col(Station.last_transaction) + 1)
    .returning(col(Station.last_transaction))
)
_TOLD_STATION = Hot(
    select(
        col(Station.connection),
        col(Station.status),
        col(Station.status_at),
        col(Station.status_connection),
    ).where(_IS_STATION)
)


# --- what a station tells ------------------------------------------------------------------


def receive_boot(
    work: Work, station_id: str, report: Booted, now: datetime, interval_s: int = 300
) -> BootAnswer:
    """Note who the station says it is, and accept it; a retired one is rejected.

    `interval_s`: how often it shall say that it is alive.
    """
    station = tables.station(work, station_id)
    assert station is not None, station_id
    if station.retired_at is not None:
        return BootAnswer("rejected", now, interval_s)
    changed = update(Station).where(col(Station.id) == station_id)
    work.execute(
        changed.values(
            vendor=rules.legible(report.vendor, 50),
            model=rules.legible(report.model, 50),
            serial_number=rules.legible(report.serial_number, 50),
            firmware_version=rules.legible(report.firmware_version, 50),
            accepted_at=station.accepted_at or now,
            last_seen_at=now,
        )
    )
    work.record(events.StationBooted(station_id))
    return BootAnswer("accepted", now, interval_s)


def receive_status(
    work: Work, station_id: str, report: StatusChanged, now: datetime
) -> Acknowledged:
    """Keep a status, unless a newer one came by the same line. What is unknown is only logged.

    A device time ahead of ours counts as now: a clock that is set right later must not make
    every following status look old.
    """
    line = work.one(_TOLD_STATION, of_station=station_id)
    assert line is not None, station_id
    told = rules.Told(
        report.status,
        report.charging,
        min(report.at or now, now),
        rules.legible(report.error_code, 50),
        line.connection,
    )
    if report.evse == 0:
        known = rules.Told(line.status, None, line.status_at, None, line.status_connection)
        _keep_station_status(work, station_id, known, told)
    else:
        _keep_connector_status(work, station_id, report, told)
    return Acknowledged()


def _keep_connector_status(
    work: Work, station_id: str, report: StatusChanged, told: rules.Told
) -> None:
    known = {each.number: each for each in tables.told(work, station_id, report.evse)}
    meant = rules.connector_meant(report.connector, tuple(known))
    if meant is None:
        log.info(
            "status of something unregistered",
            station=station_id,
            evse=report.evse,
            connector=report.connector,
        )
        return
    connector = known.pop(meant)
    assert told.at is not None
    if not rules.is_news(connector.told, told.at, told.connection):
        return
    changed = update(Connector).where(col(Connector.id) == connector.id)
    work.execute(changed.values(**_columns(told), status_connection=told.connection))
    folded = rules.fold([told, *(each.told for each in known.values())])
    work.execute(update(Evse).where(col(Evse.id) == connector.evse_id).values(**_columns(folded)))


def _keep_station_status(work: Work, station_id: str, known: rules.Told, told: rules.Told) -> None:
    """Out of order as a whole: so is every EVSE. In order again: each is as it last told."""
    assert told.at is not None
    if not rules.is_news(known, told.at, told.connection):
        return
    work.execute(
        update(Station)
        .where(col(Station.id) == station_id)
        .values(status=told.status, status_at=told.at, status_connection=told.connection)
    )
    if told.status in rules.OUT_OF_ORDER:
        changed = update(Evse).where(col(Evse.station_id) == station_id)
        work.execute(changed.values(**_columns(told)))
    elif known.status in rules.OUT_OF_ORDER:
        connectors = tables.told(work, station_id, None)
        for evse_id in {connector.evse_id for connector in connectors}:
            folded = rules.fold([each.told for each in connectors if each.evse_id == evse_id])
            work.execute(update(Evse).where(col(Evse.id) == evse_id).values(**_columns(folded)))


def _columns(told: rules.Told) -> dict[str, Any]:
    return {
        "status": told.status or "unavailable",
        "charging": told.charging,
        "status_at": told.at,
        "error_code": told.error_code,
    }


def store_settings(work: Work, station_id: str, settings: Mapping[str, str], now: datetime) -> None:
    """Keep what a station reported of its settings: name -> value as text, the last one counts.

    Passwords are not kept, nor more than MAX_SETTINGS names of one station.
    """
    of_station = col(StationSetting.station_id) == station_id
    known = {row[0] for row in work.all(select(col(StationSetting.name)).where(of_station))}
    for told_name, told_value in settings.items():
        name, value = rules.legible(told_name, 160), told_value.replace("\x00", "")[:2_500]
        if name is None or rules.is_password_setting(name):
            continue
        if name in known:
            is_it = of_station & (col(StationSetting.name) == name)
            changed = update(StationSetting).where(is_it)
            work.execute(changed.values(value=value, reported_at=now))
        elif len(known) < rules.MAX_SETTINGS:
            known.add(name)
            work.add(StationSetting(station_id=station_id, name=name, value=value, reported_at=now))


# --- its line ------------------------------------------------------------------------------


def note_connected(
    work: Work, station_id: str, connection: int, ocpp_version: str, now: datetime
) -> None:
    """The station opened a line with this epoch (not 0); it replaces any older one."""
    assert connection != 0
    work.execute(
        update(Station)
        .where(col(Station.id) == station_id)
        .values(
            connection=connection, ocpp_version=ocpp_version, connected_at=now, last_seen_at=now
        )
    )
    work.record(events.StationConnected(station_id))


def note_disconnected(work: Work, station_id: str, connection: int, now: datetime) -> None:
    """The line with this epoch closed. If a newer one has taken its place, nothing happens."""
    is_it = (col(Station.id) == station_id) & (col(Station.connection) == connection)
    closed = update(Station).where(is_it).values(connection=0, disconnected_at=now)
    if work.execute(closed):
        work.record(events.StationDisconnected(station_id))


def forget_connections(work: Work, now: datetime) -> int:
    """At the start of a hub that runs alone: no station has a line yet, whatever was stored.

    How many were believed to have one: the hub before this one did not close them.
    """
    believed = update(Station).where(col(Station.connection) != 0)
    return work.execute(believed.values(connection=0, disconnected_at=now))


def note_seen(work: Work, station_id: str, now: datetime) -> None:
    """The station is alive."""
    work.execute(_SEE, of_station=station_id, now=now)


def next_transaction_id(work: Work, station_id: str) -> int:
    """A number that this station has not had: 1, 2, 3 … (for 1.6, where the hub gives it)."""
    number: int = work.value(_NEXT_TRANSACTION, of_station=station_id)
    return number


# --- commands ------------------------------------------------------------------------------


def command(
    work: Work,
    station_id: str,
    command: Command,
    now: datetime,
    expires_in: timedelta,
    session_id: str | None = None,
    booking_id: str | None = None,
) -> str:
    """Queue a command, to be sent as soon as the station has a line; its id."""
    assert expires_in > timedelta()
    row = CommandRow(
        id=new_id(),
        station_id=station_id,
        kind=command.kind,
        body=rules.command_body(command),
        session_id=session_id,
        booking_id=booking_id,
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

    Raises NotFound (station, EVSE or connector), PasswordSetting, TooMuchWaiting.
    """
    owned_station(work, owner_id, station_id)
    _check_target(work, station_id, wanted)
    if isinstance(wanted, WriteSettings):
        rules.check_settings_written(wanted.settings)
    _check_room(work, station_id, now)
    return command(work, station_id, wanted, now, expires_in)


def call(work: Work, station_id: str, wanted: Call, now: datetime, expires_in: timedelta) -> str:
    """Queue a call in OCPP's own words, for an operator; the command's id.

    Raises NotFound, PasswordSetting, TooMuchWaiting.
    """
    if tables.station(work, station_id) is None:
        raise NotFound("There is no station with this id.")
    rules.check_call(wanted)
    _check_room(work, station_id, now)
    return command(work, station_id, wanted, now, expires_in)


def _check_room(work: Work, station_id: str, now: datetime) -> None:
    waiting = tables.open_command_ids(work, station_id, now, rules.MAX_WAITING_COMMANDS)
    if len(waiting) >= rules.MAX_WAITING_COMMANDS:
        raise rules.TooMuchWaiting(
            f"{len(waiting)} commands wait for this station. Try again when it has answered them."
        )


def _check_target(work: Work, station_id: str, wanted: Command) -> None:
    if not isinstance(wanted, ChangeAvailability | Unlock | TriggerReport) or not wanted.evse:
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
    work.execute(changed.values(state=state, outcome=_stored(outcome), finished_at=now))
    settings = outcome.details.get("settings")
    if row.kind == "read_settings" and isinstance(settings, Mapping):
        told = {name: value for name, value in settings.items() if isinstance(value, str)}
        store_settings(work, row.station_id, told, now)
    work.record(events.CommandFinished(row.id, row.station_id, row.kind))
    work.notify(f"command:{row.id}")


def _stored(outcome: Outcome) -> dict[str, Any]:
    details = dict(outcome.details)
    if isinstance(settings := details.get("settings"), Mapping):
        details["settings"] = {
            name: value
            for name, value in settings.items()
            if not rules.is_password_setting(str(name))
        }
    return {"fate": outcome.fate, "status": outcome.status, "details": details}


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
        select(col(CommandRow.id), col(CommandRow.station_id), col(CommandRow.kind))
        .where(
            or_(
                and_(state == "queued", expires_at <= now),
                and_(state == "sent", expires_at <= now - UNANSWERED),
            )
        )
        .limit(chunk.limit)
    )
    return chunk.each(work, due, attrgetter("id"), partial(_expire, now=now))


def _expire(work: Work, command: Any, now: datetime) -> None:
    changed = update(CommandRow).where(col(CommandRow.id) == command.id)
    work.execute(changed.values(state="expired", finished_at=now))
    work.record(events.CommandFinished(command.id, command.station_id, command.kind))
    work.notify(f"command:{command.id}")
