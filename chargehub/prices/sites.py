"""What sites feed into the grid: by the meter that their owner named, or by the owner's report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import bindparam, select

from chargehub.energy.sunlight import may_shine
from chargehub.prices.schema import SiteExport, SiteSolar
from chargehub.prices.surplus import LASTS, Doubt, Measured, doubt
from chargehub.stations import tables as stations
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

SOLAR, EXPORT = table_of(SiteSolar), table_of(SiteExport)
_OF_LOCATION = Hot(select(SOLAR).where(SOLAR.c.location_id == bindparam("location_id")))
_OF_STATION = Hot(select(SOLAR).where(SOLAR.c.station_id == bindparam("station_id")).limit(1))
_REPORTED = Hot(select(EXPORT).where(EXPORT.c.location_id == bindparam("location_id")))


@dataclass(frozen=True, slots=True)
class Site:
    """What a location feeds into the grid, as far as it counts; 0: nothing.

    `source` None: nobody knows. `doubt`: why the meter that its owner named does not count.
    """

    export_w: int
    source: Literal["meter", "report"] | None = None
    at: datetime | None = None
    doubt: Doubt | None = None


def solar(reads: Reads, location_id: str) -> Any:
    """The row of a location's solar power; None: none is stated."""
    return reads.one(_OF_LOCATION, location_id=location_id)


def solar_of_meter(reads: Reads, station_id: str) -> Any:
    """The row of the location whose grid connection this station meters; None: of none."""
    return reads.one(_OF_STATION, station_id=station_id)


def measured(row: Any) -> Measured:
    """What a location's meter told last."""
    return Measured(row.export_w, row.measured_at, row.register_wh, row.register_at)


def site(reads: Reads, location_id: str, now: datetime) -> Site:
    """What a location feeds in: its meter goes before its owner's report."""
    row, why = solar(reads, location_id), None
    if row is not None and row.station_id is not None:
        why = _doubt(reads, row, now)
        if why is None:
            return Site(max(row.export_w, 0), "meter", row.measured_at)
        if why != "old":  # it speaks, and cannot be believed: nor can who says the same
            return Site(0, "meter", row.measured_at, why)
    report = reads.one(_REPORTED, location_id=location_id)
    if report is None or report.reported_at <= now - LASTS:
        return Site(0, doubt=why)
    export_w = report.export_w if row is None else min(report.export_w, row.installed_w)
    return Site(export_w, "report", report.reported_at, why)


def _doubt(reads: Reads, row: Any, now: datetime) -> Doubt | None:
    location = stations.location(reads, row.location_id)
    assert location is not None, row.location_id
    is_day = may_shine(location.latitude_e6, location.longitude_e6, now)
    return doubt(measured(row), row.installed_w, is_day, now)
