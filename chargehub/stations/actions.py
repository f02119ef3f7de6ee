"""What stations tell of themselves; what owners set up and ask of them is beside it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update
from sqlmodel import col

from chargehub import events
from chargehub.stations import rules, tables, timeline, tuning
from chargehub.stations.commanding import RESUMED as RESUMED
from chargehub.stations.commanding import UNANSWERED as UNANSWERED
from chargehub.stations.commanding import call as call
from chargehub.stations.commanding import command as command
from chargehub.stations.commanding import command_own as command_own
from chargehub.stations.commanding import expire_commands as expire_commands
from chargehub.stations.commanding import mark_sent as mark_sent
from chargehub.stations.commanding import record_outcome as record_outcome
from chargehub.stations.commanding import resume_commands as resume_commands
from chargehub.stations.registration import Registered as Registered
from chargehub.stations.registration import RegisteredLocation as RegisteredLocation
from chargehub.stations.registration import register_location as register_location
from chargehub.stations.registration import register_station as register_station
from chargehub.stations.registration import remove_household as remove_household
from chargehub.stations.registration import rotate_password as rotate_password
from chargehub.stations.registration import set_household as set_household
from chargehub.stations.reports import Acknowledged, BootAnswer, Booted, StatusChanged
from chargehub.stations.schema import Connector, Evse, Station
from chargehub.stations.settings import store_settings as store_settings
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Work

log = structlog.get_logger(__name__)

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
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
    work: Work,
    station_id: str,
    report: Booted,
    now: datetime,
    interval_s: int = 300,
    settings: Mapping[str, str] = NO_SETTINGS,
) -> BootAnswer:
    """Note who the station is and accept it, or reject a retired one; `interval_s`: of beats.

    `settings`: what its model needs to have written after a boot.
    """
    station = tables.station(work, station_id)
    assert station is not None, station_id
    if station.retired_at is not None:
        return BootAnswer("rejected", now, interval_s)
    work.execute(
        update(Station)
        .where(col(Station.id) == station_id)
        .values(
            vendor=rules.legible(report.vendor, 50),
            model=rules.legible(report.model, 50),
            serial_number=rules.legible(report.serial_number, 50),
            firmware_version=rules.legible(report.firmware_version, 50),
            accepted_at=station.accepted_at or now,
            clock_ahead_s=None,  # it may set its clock by our answer
            last_seen_at=now,
        )
    )
    work.record(events.StationBooted(station_id))
    tuning.write(work, station_id, settings, now)
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
        _keep_station_status(work, station_id, known, told, now)
    else:
        _keep_connector_status(work, station_id, report, told, now)
    return Acknowledged()


def _keep_connector_status(
    work: Work, station_id: str, report: StatusChanged, told: rules.Told, now: datetime
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
    timeline.note(work, station_id, report.evse, folded.status or "unavailable", now)


def _keep_station_status(
    work: Work, station_id: str, known: rules.Told, told: rules.Told, now: datetime
) -> None:
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
    timeline.note_statuses(work, station_id, now)


def _columns(told: rules.Told) -> dict[str, Any]:
    return {
        "status": told.status or "unavailable",
        "charging": told.charging,
        "status_at": told.at,
        "error_code": told.error_code,
    }


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
    timeline.note(work, station_id, timeline.LINE, "connected", now)
    work.record(events.StationConnected(station_id))


def note_disconnected(work: Work, station_id: str, connection: int, now: datetime) -> None:
    """The line with this epoch closed. If a newer one has taken its place, nothing happens."""
    is_it = (col(Station.id) == station_id) & (col(Station.connection) == connection)
    closed = update(Station).where(is_it).values(connection=0, disconnected_at=now)
    if work.execute(closed):
        timeline.note(work, station_id, timeline.LINE, "disconnected", now)
        work.record(events.StationDisconnected(station_id))


def forget_connections(work: Work, now: datetime) -> int:
    """At the start of a hub that runs alone: no station has a line yet, whatever was stored.

    How many were believed to have one: the hub before this one did not close them.
    """
    timeline.note_all_disconnected(work, now)
    believed = update(Station).where(col(Station.connection) != 0)
    return work.execute(believed.values(connection=0, disconnected_at=now))


def note_seen(work: Work, station_id: str, now: datetime) -> None:
    """The station is alive."""
    work.execute(_SEE, of_station=station_id, now=now)


def next_transaction_id(work: Work, station_id: str) -> int:
    """A number that this station has not had: 1, 2, 3 … (for 1.6, where the hub gives it)."""
    number: int = work.value(_NEXT_TRANSACTION, of_station=station_id)
    return number
