"""Times as people read them in mails: by the clock of the place, with its zone.

A mail has no reader's clock to go by, and who stands at a station goes by the clock there.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.units import Span


def at_station(reads: Reads, station_id: str, at: datetime) -> str:
    """An instant at a station, like 2026-03-02 10:00 CET (Europe/Oslo); in UTC if it is gone."""
    time_zone = _zone(reads, station_id)
    return f"{_local(at, time_zone)} ({time_zone})"


def during(reads: Reads, station_id: str, span: Span) -> str:
    """A time at a station: from … to …, each with its offset's name, for that may change."""
    return spelt(span, _zone(reads, station_id))


def spelt(span: Span, time_zone: str) -> str:
    """The same, in a zone that is known by its name in the tz database."""
    return f"from {_local(span.start, time_zone)} to {_local(span.end, time_zone)} ({time_zone})"


def _zone(reads: Reads, station_id: str) -> str:
    station = stations.station(reads, station_id)
    location = stations.location(reads, station.location_id) if station else None
    return location.time_zone if location else "UTC"


def _local(at: datetime, time_zone: str) -> str:
    there = at.astimezone(ZoneInfo(time_zone))
    name = there.tzname() or ""
    # Zones without an abbreviation are named by their offset alone: -03.
    return f"{there:%Y-%m-%d %H:%M} {'UTC' if name[:1] in '+-' else ''}{name}"
