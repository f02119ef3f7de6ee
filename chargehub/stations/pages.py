"""What an owner looks through, page by page. Queries only; they give the values of `views.py`.

Ids are texts that sort by birth: a page continues after the last id of the page before.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from chargehub.stations.schema import (
    CommandRow,
    Evse,
    HouseholdToken,
    Location,
    Station,
    StationSetting,
)
from chargehub.stations.tables import (
    COMMANDS,
    EVSES,
    LOCATIONS,
    STATIONS,
    command_view,
    connectors_of,
)
from chargehub.stations.views import (
    CommandView,
    ConnectorView,
    EquippedEvse,
    EquippedStation,
    EvseView,
    LocationView,
    SettingView,
    StationView,
)
from chargehub.store.work import Reads


def locations_of(
    reads: Reads, owner_id: str, after: str | None, limit: int
) -> tuple[LocationView, ...]:
    """An owner's locations, the oldest first, after the id `after`."""
    wanted = LOCATIONS.where(col(Location.owner_id) == owner_id, col(Location.removed_at).is_(None))
    if after is not None:
        wanted = wanted.where(col(Location.id) > after)
    rows = reads.all(wanted.order_by(col(Location.id)).limit(limit))
    return tuple(LocationView(**row._mapping) for row in rows)


def stations_of(
    reads: Reads, owner_id: str, after: str | None, limit: int
) -> tuple[EquippedStation, ...]:
    """An owner's stations in service, the oldest first, after the id `after`."""
    wanted = STATIONS.where(col(Station.owner_id) == owner_id, col(Station.retired_at).is_(None))
    if after is not None:
        wanted = wanted.where(col(Station.id) > after)
    rows = reads.all(wanted.order_by(col(Station.id)).limit(limit))
    return equipped(reads, [StationView(**row._mapping) for row in rows])


def equipped(reads: Reads, stations: Sequence[StationView]) -> tuple[EquippedStation, ...]:
    """These stations (a page of them at most) with their EVSEs and connectors."""
    wanted = EVSES.where(col(Evse.station_id).in_([station.id for station in stations]))
    rows = reads.all(wanted.order_by(col(Evse.number)))
    connectors: dict[str, list[ConnectorView]] = {}
    for connector in connectors_of(reads, [row.id for row in rows]):
        connectors.setdefault(connector.evse_id, []).append(connector)
    evses: dict[str, list[EquippedEvse]] = {}
    for row in rows:
        evse = EquippedEvse(EvseView(**row._mapping), tuple(connectors.get(row.id, ())))
        evses.setdefault(row.station_id, []).append(evse)
    return tuple(EquippedStation(station, tuple(evses.get(station.id, ()))) for station in stations)


def commands_of(
    reads: Reads, station_id: str, before: str | None, limit: int
) -> tuple[CommandView, ...]:
    """A station's commands, the newest first, older than the id `before`."""
    wanted = COMMANDS.where(col(CommandRow.station_id) == station_id)
    if before is not None:
        wanted = wanted.where(col(CommandRow.id) < before)
    rows = reads.all(wanted.order_by(col(CommandRow.id).desc()).limit(limit))
    return tuple(command_view(row) for row in rows)


def household_tokens(reads: Reads, evse_id: str) -> tuple[str, ...]:
    """The id tokens that charge free at an EVSE; at most MAX_HOUSEHOLD_TOKENS."""
    wanted = select(col(HouseholdToken.id_token)).where(col(HouseholdToken.evse_id) == evse_id)
    return tuple(row[0] for row in reads.all(wanted.order_by(col(HouseholdToken.id_token))))


def settings_of(
    reads: Reads, station_id: str, after: str | None, limit: int
) -> tuple[SettingView, ...]:
    """A station's settings as it last reported them, by name, after the name `after`."""
    wanted = select(
        col(StationSetting.name), col(StationSetting.value), col(StationSetting.reported_at)
    ).where(col(StationSetting.station_id) == station_id)
    if after is not None:
        wanted = wanted.where(col(StationSetting.name) > after)
    rows = reads.all(wanted.order_by(col(StationSetting.name)).limit(limit))
    return tuple(SettingView(**row._mapping) for row in rows)
