"""What owners state of their site's sun, and what its meter tells of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from chargehub.errors import Invalid, NotFound
from chargehub.people.rules import Actor
from chargehub.prices import sites, surplus
from chargehub.prices.schema import SiteExport, SiteSolar
from chargehub.prices.sites import EXPORT, SOLAR
from chargehub.sessions import actions as sessions
from chargehub.sessions import rules
from chargehub.stations import tables as stations
from chargehub.stations.gridmeter import GridReading
from chargehub.stations.reports import Acknowledged, Metered, Received
from chargehub.store.work import Reads, Work
from chargehub.tariffs import sunny

NO_METER: dict[str, Any] = {
    "export_w": None,
    "measured_at": None,
    "register_wh": None,
    "register_at": None,
}


class NotThere(Invalid):
    """A meter that is not at the place whose grid connection it shall be."""

    code = "station_elsewhere"

    def __init__(self) -> None:
        super().__init__("You have no station with this id at this location. Name one that is.")


def state(
    work: Work,
    actor: Actor,
    location_id: str,
    installed_w: int,
    station_id: str | None,
    now: datetime,
) -> None:
    """State a location's solar power in W, and whose main meter is at its grid connection.

    What the meter of before told is forgotten where it is another now. Raises NotFound, NotThere.
    """
    own_location(work, actor, location_id)
    if station_id is not None:
        station = stations.station(work, station_id)
        if station is None or station.location_id != location_id or station.retired_at:
            raise NotThere
    values: dict[str, Any] = {
        "installed_w": installed_w,
        "station_id": station_id,
        "stated_at": now,
    }
    before = sites.solar(work, location_id)
    if before is None:
        work.add(SiteSolar(location_id=location_id, **values))
        return
    if before.station_id != station_id:
        values |= NO_METER
    work.execute(update(SOLAR).where(SOLAR.c.location_id == location_id).values(**values))


def withdraw(work: Work, actor: Actor, location_id: str) -> None:
    """There is no solar power any more. Twice is once. Raises NotFound."""
    own_location(work, actor, location_id)
    work.execute(delete(SOLAR).where(SOLAR.c.location_id == location_id))


def report_export(work: Work, actor: Actor, location_id: str, export_w: int, now: datetime) -> None:
    """Note what a site feeds into the grid now, in W. Raises NotFound, ImplausibleExport."""
    own_location(work, actor, location_id)
    stated = sites.solar(work, location_id)
    if stated is not None and export_w > stated.installed_w:
        raise surplus.ImplausibleExport(stated.installed_w)
    values: dict[str, Any] = {"export_w": export_w, "reported_at": now}
    is_it = EXPORT.c.location_id == location_id
    if not work.execute(update(EXPORT).where(is_it).values(**values)):
        work.add(SiteExport(location_id=location_id, **values))
    _keep_time(work, location_id, now)


def take_readings(
    work: Work, station_id: str, report: Metered, received: Received, now: datetime
) -> Acknowledged:
    """MeterValues, and what they tell of the grid connection of their site."""
    answer = sessions.take_readings(work, station_id, report, received, now)
    if report.grid:
        _note(work, station_id, report.grid, received.received_at)
    return answer


def own_location(reads: Reads, actor: Actor, location_id: str) -> None:
    """Raises NotFound unless the location is the actor's own."""
    location = stations.location(reads, location_id)
    if location is None or location.owner_id != actor.account_id:
        raise NotFound("You have no location with this id.")


def _note(
    work: Work, station_id: str, told: tuple[GridReading, ...], received_at: datetime
) -> None:
    row = sites.solar_of_meter(work, station_id)
    if row is None:
        return
    station = stations.station(work, station_id)
    assert station is not None, station_id
    true = [
        GridReading(
            rules.told(each.at, received_at, station.clock_ahead_s).at,
            each.export_w,
            each.exported_wh,
        )
        for each in told
    ]
    before = sites.measured(row)
    found = surplus.measured(before, true, received_at)
    if found != before:
        is_it = SOLAR.c.location_id == row.location_id
        work.execute(
            update(SOLAR)
            .where(is_it)
            .values(
                export_w=found.export_w,
                measured_at=found.measured_at,
                register_wh=found.register_wh,
                register_at=found.register_at,
            )
        )
        _keep_time(work, row.location_id, received_at)


def _keep_time(work: Work, location_id: str, now: datetime) -> None:
    """What is charged while a site feeds in comes from its roof: remember when it did."""
    site = sites.site(work, location_id, now)
    if site.at is not None:
        sunny.note(work, location_id, site.export_w, site.at)
