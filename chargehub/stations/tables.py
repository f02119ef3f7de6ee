"""Every query on stations that others ask; an owner's pages stand in `pages.py`.

Queries give the values of `views.py`, never rows. Statements that are asked often are built once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlmodel import col

from chargehub.stations.commands import Outcome
from chargehub.stations.rules import Told
from chargehub.stations.schema import (
    CommandRow,
    Connector,
    Evse,
    HouseholdToken,
    Location,
    Pairing,
    Station,
    StationSetting,
)
from chargehub.stations.views import (
    CommandView,
    ConnectorTold,
    ConnectorView,
    EvseView,
    LocationView,
    StationView,
    Window,
)
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads

Chosen = Select[*tuple[Any, ...]]
OPEN_STATES = ("queued", "sent")
_IDS_AT_ONCE = 500  # in one IN list

LOCATIONS = select(
    col(Location.id),
    col(Location.owner_id),
    col(Location.external_ref),
    col(Location.name),
    col(Location.address),
    col(Location.latitude_e6),
    col(Location.longitude_e6),
    col(Location.time_zone),
    col(Location.created_at),
    col(Location.access_notes),
    col(Location.removed_at),
    col(Location.country),
)

STATIONS = select(
    col(Station.id),
    col(Station.owner_id),
    col(Station.location_id),
    col(Location.time_zone),
    col(Station.external_ref),
    col(Station.identity),
    col(Station.name),
    col(Station.password_digest),
    col(Station.next_password_digest),
    col(Station.security_profile),
    col(Station.next_security_profile),
    col(Station.ocpp_version),
    col(Station.vendor),
    col(Station.model),
    col(Station.serial_number),
    col(Station.firmware_version),
    col(Station.accepted_at),
    col(Station.connection),
    col(Station.connected_at),
    col(Station.disconnected_at),
    col(Station.last_seen_at),
    col(Station.retired_at),
    col(Station.clock_ahead_s),
    col(Station.quirk_profile),
).join(Location, col(Location.id) == col(Station.location_id))
_STATION_BY_ID = Hot(STATIONS.where(col(Station.id) == bindparam("station_id")))
_COUNTRY = Hot(
    select(col(Location.country))
    .join(Station, col(Station.location_id) == col(Location.id))
    .where(col(Station.id) == bindparam("station_id"))
)
_STATION_BY_IDENTITY = Hot(
    STATIONS.where(
        col(Station.identity) == bindparam("identity"), col(Station.retired_at).is_(None)
    )
)
_WINDOW = Hot(
    select(col(Pairing.id), col(Pairing.security_profile), col(Pairing.expires_at)).where(
        col(Pairing.identity) == bindparam("identity"),
        col(Pairing.ended_at).is_(None),
        col(Pairing.expires_at) > bindparam("now", type_=Instant),
    )
)

EVSES = (
    select(
        col(Evse.id),
        col(Evse.station_id),
        col(Evse.number),
        col(Station.owner_id),
        col(Station.location_id),
        col(Location.time_zone),
        col(Station.ocpp_version),
        col(Evse.power_w),
        col(Evse.status),
        col(Evse.charging),
        col(Evse.status_at),
        col(Evse.error_code),
        (col(Station.connection) != 0).label("is_connected"),
    )
    .join(Station, col(Station.id) == col(Evse.station_id))
    .join(Location, col(Location.id) == col(Station.location_id))
)
_EVSE_BY_ID = Hot(EVSES.where(col(Evse.id) == bindparam("evse_id")))
_EVSE_BY_NUMBER = Hot(
    EVSES.where(
        col(Evse.station_id) == bindparam("station_id"), col(Evse.number) == bindparam("number")
    )
)
_EVSES_OF_STATION = Hot(
    EVSES.where(col(Evse.station_id) == bindparam("station_id")).order_by(col(Evse.number))
)

_CONNECTORS = Hot(
    select(col(Connector.evse_id), col(Connector.number), col(Connector.type))
    .where(any_of(col(Connector.evse_id), "evse_ids"))
    .order_by(col(Connector.evse_id), col(Connector.number))
)

_TOLD: Chosen = (
    select(
        col(Connector.id),
        col(Connector.evse_id),
        col(Evse.number),
        col(Connector.number),
        col(Connector.status),
        col(Connector.charging),
        col(Connector.status_at),
        col(Connector.error_code),
        col(Connector.status_connection),
    )
    .join(Evse, col(Evse.id) == col(Connector.evse_id))
    .where(col(Evse.station_id) == bindparam("station_id"))
    .order_by(col(Evse.number), col(Connector.number))
)
_TOLD_OF_STATION = Hot(_TOLD)
_TOLD_OF_EVSE = Hot(_TOLD.where(col(Evse.number) == bindparam("number")))

COMMANDS: Chosen = select(
    col(CommandRow.id),
    col(CommandRow.station_id),
    col(Station.owner_id),
    col(CommandRow.kind),
    col(CommandRow.body),
    col(CommandRow.state),
    col(CommandRow.session_id),
    col(CommandRow.booking_id),
    col(CommandRow.created_at),
    col(CommandRow.expires_at),
    col(CommandRow.sent_at),
    col(CommandRow.finished_at),
    col(CommandRow.outcome),
    col(CommandRow.tries),
    col(CommandRow.request_id),
    col(CommandRow.progress),
).join(Station, col(Station.id) == col(CommandRow.station_id))
_COMMAND_BY_ID = COMMANDS.where(col(CommandRow.id) == bindparam("command_id"))

_IS_HOUSEHOLD = Hot(
    select(func.count()).where(
        col(HouseholdToken.evse_id) == bindparam("evse_id"),
        col(HouseholdToken.id_token) == bindparam("id_token"),
    )
)


def station(reads: Reads, station_id: str) -> StationView | None:
    """A station by its id, retired ones too."""
    row = reads.one(_STATION_BY_ID, station_id=station_id)
    return None if row is None else StationView(*row)


def country(reads: Reads, station_id: str) -> str | None:
    """In which country a station stands, ISO 3166; None: there is no such station."""
    found: str | None = reads.value(_COUNTRY, station_id=station_id)
    return found


def station_by_identity(reads: Reads, identity: str) -> StationView | None:
    """A station in service by the name it connects with; its case counts."""
    row = reads.one(_STATION_BY_IDENTITY, identity=identity)
    return None if row is None else StationView(*row)


def window(reads: Reads, identity: str, now: datetime) -> Window | None:
    """The pairing window that is open for this identity."""
    row = reads.one(_WINDOW, identity=identity, now=now)
    return None if row is None else Window(*row)


def who_knocks(reads: Reads, identity: str, now: datetime) -> StationView | Window | None:
    """The station in service of this name; where there is none, the window that waits for it."""
    return (
        station_by_identity(reads, identity)
        or window(reads, identity, now)
        # Between two statements PostgreSQL may see the commit of an adoption, which ends the one
        # and makes the other.
        or station_by_identity(reads, identity)
    )


def evse(reads: Reads, evse_id: str) -> EvseView | None:
    """An EVSE by its id."""
    row = reads.one(_EVSE_BY_ID, evse_id=evse_id)
    return None if row is None else EvseView(*row)


def evse_by_number(reads: Reads, station_id: str, number: int) -> EvseView | None:
    """An EVSE by its number at its station; numbers start at 1."""
    row = reads.one(_EVSE_BY_NUMBER, station_id=station_id, number=number)
    return None if row is None else EvseView(*row)


def evses_of_station(reads: Reads, station_id: str) -> tuple[EvseView, ...]:
    """The EVSEs of a station, by number."""
    rows = reads.all(_EVSES_OF_STATION, station_id=station_id)
    return tuple(EvseView(*row) for row in rows)


def is_household(reads: Reads, evse_id: str, id_token: str) -> bool:
    """Does this id token (folded) charge free here, as its owner's own use?"""
    return bool(reads.value(_IS_HOUSEHOLD, evse_id=evse_id, id_token=id_token))


def household_of_station(reads: Reads, station_id: str) -> tuple[str, ...]:
    """The id tokens (folded) that charge free at any EVSE of a station, each once."""
    wanted = (
        select(col(HouseholdToken.id_token))
        .distinct()
        .join(Evse, col(Evse.id) == col(HouseholdToken.evse_id))
        .where(col(Evse.station_id) == station_id)
        .order_by(col(HouseholdToken.id_token))
    )
    return tuple(row[0] for row in reads.all(wanted))


def setting(reads: Reads, station_id: str, name: str) -> str | None:
    """A setting as the station last reported it, or None."""
    value: str | None = reads.value(
        select(col(StationSetting.value)).where(
            col(StationSetting.station_id) == station_id, col(StationSetting.name) == name
        )
    )
    return value


def settings_named(reads: Reads, station_id: str, names: Sequence[str]) -> dict[str, str]:
    """Those of these settings that the station has reported: name -> value."""
    wanted = select(col(StationSetting.name), col(StationSetting.value)).where(
        col(StationSetting.station_id) == station_id, col(StationSetting.name).in_(names)
    )
    return {row.name: row.value for row in reads.all(wanted)} if names else {}


def command(reads: Reads, command_id: str) -> CommandView | None:
    """A command by its id."""
    row = reads.one(_COMMAND_BY_ID, command_id=command_id)
    return None if row is None else command_view(row)


def open_command_ids(reads: Reads, station_id: str, now: datetime, limit: int) -> tuple[str, ...]:
    """Commands of a station that wait or were sent and not answered, the oldest first."""
    wanted = select(col(CommandRow.id)).where(
        col(CommandRow.station_id) == station_id,
        col(CommandRow.state).in_(OPEN_STATES),
        col(CommandRow.expires_at) > now,
    )
    return tuple(row[0] for row in reads.all(wanted.order_by(col(CommandRow.id)).limit(limit)))


def location(reads: Reads, location_id: str) -> LocationView | None:
    """A location by its id."""
    row = reads.one(LOCATIONS.where(col(Location.id) == location_id))
    return None if row is None else LocationView(*row)


def command_view(row: Row[Any]) -> CommandView:
    """The value of a row of COMMANDS."""
    values = dict(row._mapping)
    outcome = values.pop("outcome")
    return CommandView(**values, outcome=None if outcome is None else Outcome(**outcome))


def connectors_of(reads: Reads, evse_ids: Sequence[str]) -> tuple[ConnectorView, ...]:
    """The connectors of some EVSEs, by EVSE and number."""
    found: list[ConnectorView] = []
    for start in range(0, len(evse_ids), _IDS_AT_ONCE):
        rows = reads.all(_CONNECTORS, evse_ids=evse_ids[start : start + _IDS_AT_ONCE])
        found.extend(ConnectorView(*row) for row in rows)
    return tuple(found)


def told(reads: Reads, station_id: str, evse_number: int | None) -> tuple[ConnectorTold, ...]:
    """The connectors of an EVSE, or of the whole station, with the last that was told of them."""
    found = _TOLD_OF_STATION if evse_number is None else _TOLD_OF_EVSE
    rows = reads.all(found, station_id=station_id, number=evse_number)
    return tuple(_connector_told(row) for row in rows)


def _connector_told(row: Row[Any]) -> ConnectorTold:
    connector_id, evse_id, evse_number, number, *rest = tuple(row)
    return ConnectorTold(connector_id, evse_id, evse_number, number, Told(*rest))
