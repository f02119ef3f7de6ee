"""A month of stations at one location: what each session earned, cost and left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlmodel import col

from chargehub.margins import months
from chargehub.margins.months import Charged
from chargehub.margins.rules import SessionMargin
from chargehub.people.rules import Actor
from chargehub.sessions.cdr import NO_CURRENCY
from chargehub.settlement.past import usage_of
from chargehub.stations.registration import owned_location, owned_station
from chargehub.stations.schema import Station
from chargehub.store.work import Reads
from chargehub.tariffs import cost_models
from chargehub.tariffs.cost_models import KnownCosts
from chargehub.tariffs.windows import month as month_of

MOST_SESSIONS = 2_000  # of one month; a busy private station has some 90
MOST_STATIONS = 200


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month as people write it: 2026, 10."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Margin:
    """The sessions that began in a month by the location's calendar, the oldest first.

    `is_whole` False: there were more, and only the newest were looked at. `stations`: names by id.
    """

    month: Month
    time_zone: str
    sessions: tuple[SessionMargin, ...]
    is_whole: bool
    stations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Site:
    location_id: str
    time_zone: str
    stations: Mapping[str, str]


def of_station(reads: Reads, actor: Actor, station_id: str, month: Month) -> Margin:
    """A month of the actor's station. Raises NotFound."""
    station = owned_station(reads, actor.account_id, station_id)
    site = _Site(station.location_id, station.time_zone, {station.id: station.identity})
    return _reckon(reads, site, month)


def of_location(reads: Reads, actor: Actor, location_id: str, month: Month) -> Margin:
    """A month of all stations that are or were at the actor's location. Raises NotFound."""
    location = owned_location(reads, actor.account_id, location_id)
    wanted = (
        select(col(Station.id), col(Station.identity))
        .where(col(Station.location_id) == location_id)
        .order_by(col(Station.id))
        .limit(MOST_STATIONS)
    )
    stations = {row[0]: row[1] for row in reads.all(wanted)}
    return _reckon(reads, _Site(location_id, location.time_zone, stations), month)


def _reckon(reads: Reads, site: _Site, month: Month) -> Margin:
    during = month_of(datetime(month.year, month.number, 15, tzinfo=UTC), site.time_zone)
    found = months.charged(reads, list(site.stations), during, MOST_SESSIONS + 1)
    known = cost_models.known(reads, site.location_id, during)
    kept = [_margin(reads, one, known, site.time_zone) for one in found[:MOST_SESSIONS]]
    sessions = tuple(one for one in reversed(kept) if one.currency != NO_CURRENCY)
    return Margin(month, site.time_zone, sessions, len(found) <= MOST_SESSIONS, site.stations)


def _margin(reads: Reads, one: Charged, known: KnownCosts, time_zone: str) -> SessionMargin:
    cdr = one.past.cdr
    usage, currency = usage_of(reads, one.past, time_zone), cdr.currency
    model = known.model_at(cdr.started_at)
    if currency == NO_CURRENCY and model is not None:
        currency = model.currency  # nobody paid, and the energy cost all the same
    return SessionMargin(
        session_id=cdr.session_id,
        station_id=cdr.station_id,
        started_at=cdr.started_at,
        energy_wh=cdr.energy_wh,
        currency=currency,
        divided=one.divided,
        cost_minor=known.cost_minor(usage, currency),
        is_spread_evenly=len(usage.segments) == 1,
    )
