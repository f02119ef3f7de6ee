"""What is known that moves a tariff's prices: how busy its stations are, and their sites' sun."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from chargehub.listings import tables as listings
from chargehub.prices import sites
from chargehub.prices.market import Market
from chargehub.sessions.schema import SESSION
from chargehub.stations import tables as stations
from chargehub.stations.schema import Station
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.tariffs.dynamic import Dynamics, Signals
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.tables import TariffView
from chargehub.units import Span

LOOKED_BACK = timedelta(hours=1)
MOST_STATIONS = 200  # of one tariff that are looked at
MOST_SESSIONS = 100  # of one station in an hour
_FINEST = Decimal("0.0001")
_PLACES_OF = Hot(select(col(Station.location_id)).where(any_of(col(Station.id), "ids")).distinct())
_TAKES = ("active", "ended", "closed")  # what never began took nobody's place


def signals(
    reads: Reads, tariff: TariffView, dynamics: Dynamics, market: Market, now: datetime
) -> Signals:
    """What is known now of what this rule asks for; the rest is left out."""
    ids = listings.stations_of_tariff(reads, tariff.id, MOST_STATIONS)
    area = dynamics.area
    known = market.price_at(reads, area, tariff.currency, now) if area else None
    return Signals(
        wholesale=known.per_kwh if known else None,
        is_wholesale_old=known is not None and known.is_old,
        utilisation=utilisation(reads, ids, now) if dynamics.by == "utilisation" else None,
        export_w=exported(reads, ids, now) if dynamics.solar_discount_percent else 0,
    )


def utilisation(reads: Reads, station_ids: Sequence[str], now: datetime) -> Decimal | None:
    """The share of the last hour in which their EVSEs were taken by cars; None: there are none."""
    past = Span(now - LOOKED_BACK, now)
    places, taken = 0, timedelta()
    for station_id in station_ids:
        places += len(stations.evses_of_station(reads, station_id))
        for row in _sessions(reads, station_id):
            during = Span(row.started_at, max(row.ended_at or now, row.started_at))
            part = during.intersection(past)
            taken += part.duration if part else timedelta()
    if not places:
        return None
    share = Decimal(taken // timedelta.resolution) / (LOOKED_BACK // timedelta.resolution * places)
    return min(share, Decimal(1)).quantize(_FINEST, ROUND_HALF_UP)


def exported(reads: Reads, station_ids: Sequence[str], now: datetime) -> int:
    """W that the sites of these stations feed into the grid, if every one does; else 0."""
    places = [row[0] for row in reads.all(_PLACES_OF, ids=station_ids)]
    found = [sites.site(reads, location_id, now).export_w for location_id in places]
    return sum(found) if found and all(each > 0 for each in found) else 0


def told(known: Signals) -> dict[str, Any]:
    """As JSON, decimals as text: why a price is what it is."""
    return {
        "utilisation": _text(known.utilisation),
        "wholesale_per_kwh": _text(known.wholesale),
        "is_wholesale_old": known.is_wholesale_old,
        "export_w": known.export_w,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def _sessions(reads: Reads, station_id: str) -> Sequence[Any]:
    """The newest of a station's sessions that began."""
    wanted = select(SESSION.c.started_at, SESSION.c.ended_at, SESSION.c.status)
    of_station = wanted.where(SESSION.c.station_id == station_id)
    rows = reads.all(of_station.order_by(SESSION.c.id.desc()).limit(MOST_SESSIONS))
    return [row for row in rows if row.started_at is not None and row.status in _TAKES]
