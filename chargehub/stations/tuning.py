"""What follows a station's quirk profile: the settings written after a boot, and who chooses it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from chargehub.people.rules import Actor
from chargehub.stations import commanding, rules
from chargehub.stations.commands import WriteSettings
from chargehub.stations.registration import seen_station
from chargehub.stations.schema import CommandRow, Station
from chargehub.store.work import Work

# Some stations boot again to take settings up: once a day is enough, more would be a loop.
WRITTEN_EVERY = timedelta(days=1)
WAITS = timedelta(minutes=10)  # a later boot writes them again


def write(work: Work, station_id: str, settings: Mapping[str, str], now: datetime) -> None:
    """Queue what the station's model needs to have written, unless that was done today."""
    if not settings:
        return
    wanted = rules.command_body(WriteSettings(dict(settings)))
    recent = select(col(CommandRow.body)).where(
        col(CommandRow.station_id) == station_id,
        col(CommandRow.kind) == wanted["kind"],
        col(CommandRow.created_at) > now - WRITTEN_EVERY,
    )
    if any(row[0] == wanted for row in work.all(recent)):
        return
    commanding.command(work, station_id, WriteSettings(dict(settings)), now, WAITS)


def choose(work: Work, actor: Actor, station_id: str, choice: str) -> None:
    """An operator names a station's quirk profile, or leaves it to the hub. Raises NotFound.

    `choice` was held against the book of profiles before.
    """
    seen_station(work, actor, station_id)
    changed = update(Station).where(col(Station.id) == station_id)
    work.execute(changed.values(quirk_profile=choice))
