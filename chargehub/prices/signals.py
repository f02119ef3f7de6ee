"""What is known that moves a tariff's prices: how busy its stations are, and their sites' sun."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from chargehub.listings import tables as listings
from chargehub.prices import sites
from chargehub.prices.market import Market
from chargehub.sessions.schema import SESSION
from chargehub.stations.schema import Evse, Station
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.tariffs.dynamic import Dynamics, Signals
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.tables import TariffView
from chargehub.units import Span

LOOKED_BACK = timedelta(hours=1)
MOST_STATIONS = 200  # of one tariff that are looked at
SESSIONS_EACH = 24  # the newest of each EVSE: more do not fit beside one that ended in the hour
_FINEST = Decimal("0.0001")
_TAKES = ("active", "ended", "closed")  # what never began took nobody's place
_PLACES_OF = Hot(select(col(Station.location_id)).where(any_of(col(Station.id), "ids")).distinct())
_EVSES_OF = Hot(
    select(col(Evse.station_id), func.count())
    .where(any_of(col(Evse.station_id), "ids"))
    .group_by(col(Evse.station_id))
)
_NEWEST = Hot(
    select(SESSION.c.started_at, SESSION.c.ended_at, SESSION.c.status)
    .where(SESSION.c.station_id == bindparam("station_id"))
    .order_by(SESSION.c.id.desc())
    .limit(bindparam("most"))
)


def signals(
    reads: Reads, tariff: TariffView, dynamics: Dynamics, market: Market, now: datetime
) -> Signals:
    """What is known now of what this rule asks for; the rest is left out."""
    by_stations = dynamics.by == "utilisation" or dynamics.solar_discount_percent
    ids = listings.stations_of_tariff(reads, tariff.id, MOST_STATIONS) if by_stations else ()
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
    for station_id, evses in reads.all(_EVSES_OF, ids=station_ids):
        places += evses
        for row in reads.all(_NEWEST, station_id=station_id, most=SESSIONS_EACH * evses):
            taken += _taken(row, past)
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


def _taken(session: Any, past: Span) -> timedelta:
    """How long a session took its place in a time up to now."""
    began_at, ended_at = session.started_at, session.ended_at or past.end
    if session.status not in _TAKES or began_at is None or ended_at <= past.start:
        return timedelta()
    part = Span(began_at, max(ended_at, began_at)).intersection(past)
    return part.duration if part else timedelta()
