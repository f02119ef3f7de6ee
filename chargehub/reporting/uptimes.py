"""How long EVSEs worked, month by month, and their outages: what reputation measured of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from chargehub.reporting.rules import TooLarge
from chargehub.reputation import measuring
from chargehub.reputation.tables import MEASURES, MONTH
from chargehub.reputation.uptime import Measured, Outage, outages
from chargehub.stations import tables as stations
from chargehub.stations import timeline
from chargehub.stations.schema import Evse, Location, Station
from chargehub.store.work import Reads
from chargehub.units import Span

MOST_PORTS = 5_000  # of one file: thirteen rows each, and a read of the timeline for each


@dataclass(frozen=True, slots=True)
class Port:
    """An EVSE as authorities ask for it, and the country that it stands in."""

    station_id: str
    identity: str
    evse_id: str
    number: int
    power_w: int
    country: str


Months = Mapping[tuple[str, int], Mapping[str, Measured]]
"""What was measured: (station, number of the EVSE) -> month such as 2026-03 -> measured."""


def ports(reads: Reads, owner_id: str | None) -> tuple[Port, ...]:
    """The EVSEs of an owner, or of all (None), retired ones too. Raises TooLarge."""
    wanted = (
        select(
            col(Station.id),
            col(Station.identity),
            col(Evse.id),
            col(Evse.number),
            col(Evse.power_w),
            col(Location.country),
        )
        .join(Evse, col(Evse.station_id) == col(Station.id))
        .join(Location, col(Location.id) == col(Station.location_id))
        .order_by(col(Station.id), col(Evse.number))
        .limit(MOST_PORTS + 1)
    )
    if owner_id is not None:
        wanted = wanted.where(col(Station.owner_id) == owner_id)
    rows = reads.all(wanted)
    if len(rows) > MOST_PORTS:
        raise TooLarge(f"There are more than {MOST_PORTS} EVSEs. Ask as their owner instead.")
    return tuple(Port(*row) for row in rows)


def months(reads: Reads, found: Sequence[Port], first: datetime, after: datetime) -> Months:
    """What was measured of these EVSEs from the month of `first` to before that of `after`."""
    known: dict[tuple[str, int], dict[str, Measured]] = {}
    ids = sorted({port.station_id for port in found})
    for start in range(0, len(ids), 500):  # as many as a statement takes on both databases
        for station_id, number, month, *values in reads.all(
            _months(ids[start : start + 500], first, after)
        ):
            known.setdefault((station_id, number), {})[month] = Measured(*map(int, values))
    return known


def _months(ids: Sequence[str], first: datetime, after: datetime) -> Any:
    return select(
        MONTH.c.station_id,
        MONTH.c.evse_number,
        MONTH.c.month,
        *(MONTH.c[name] for name in MEASURES),
    ).where(
        MONTH.c.station_id.in_(ids),
        MONTH.c.month >= f"{first:%Y-%m}",
        MONTH.c.month < f"{after:%Y-%m}",
    )


def outages_of(
    reads: Reads, found: Sequence[Port], during: Span
) -> Iterator[tuple[Port, tuple[Outage, ...]]]:
    """The outages of each EVSE in that time, from the timeline, as far as it is kept."""
    for port in found:
        station = stations.station(reads, port.station_id)
        assert station is not None, port.station_id
        statuses = _changes(reads, port.station_id, port.number, during)
        if statuses:
            line = _changes(reads, port.station_id, timeline.LINE, during)
            parts = measuring.offered(reads, station, during)
            yield port, outages(during, parts, statuses, line)


def _changes(reads: Reads, station_id: str, number: int, during: Span) -> list[timeline.Change]:
    """All changes in that time, read in pieces; before them what was true when it began."""
    found = list(timeline.during(reads, station_id, number, during))
    last, part = None, found
    while len(part) >= timeline.READ_AT_ONCE and found[-1].at != last:
        last = found[-1].at
        part = list(timeline.during(reads, station_id, number, Span(last, during.end)))
        found += part[1:]
    return found
