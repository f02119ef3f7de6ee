"""Stations of 1.6 send no public key along: the hub reads it from their settings by itself."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from chargehub.meters.rules import OLD_SETTING
from chargehub.stations import commanding, rules
from chargehub.stations import tables as stations
from chargehub.stations.commands import ReadSettings
from chargehub.stations.schema import CommandRow
from chargehub.store.work import Work

ASKED_EVERY = timedelta(minutes=5)  # a station may boot in a loop, and sign without having a key
WAITS = timedelta(minutes=10)  # a later boot asks again


def ask_keys(work: Work, station_id: str, now: datetime) -> None:
    """Have a station of 1.6 tell the keys of its meters, at most once in five minutes."""
    station = stations.station(work, station_id)
    if station is None or station.ocpp_version != "1.6":
        return
    numbers = [evse.number for evse in stations.evses_of_station(work, station_id)]
    wanted = ReadSettings(tuple(OLD_SETTING.format(number) for number in numbers))
    recent = select(col(CommandRow.body)).where(
        col(CommandRow.station_id) == station_id,
        col(CommandRow.kind) == "read_settings",
        col(CommandRow.created_at) > now - ASKED_EVERY,
    )
    body = rules.command_body(wanted)
    if not any(row[0] == body for row in work.all(recent.limit(50))):
        commanding.command(work, station_id, wanted, now, WAITS)
