"""What somebody who looks for a place to charge finds. Queries only.

First the narrow rows of all that lie there (`candidates`); then, many at a time, which of them
can be had (`judging`); and only of what is shown, everything there is to show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from sqlalchemy import select
from sqlmodel import col

from chargehub.listings.rules import Access
from chargehub.listings.traits import amenities_in
from chargehub.reputation.standings import Standing, standings
from chargehub.search import candidates
from chargehub.search.candidates import Spot
from chargehub.search.judging import Judge, Offer
from chargehub.search.ranking import Rank, Repute, Weights, rank
from chargehub.search.rules import Filters, Place, Wanted
from chargehub.stations import tables as stations
from chargehub.stations.rules import Availability
from chargehub.stations.schema import Location
from chargehub.stations.views import ConnectorView, EvseView
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.tariffs.quoting import Quote
from chargehub.tariffs.tables import TariffView

RANKED = 300  # EVSEs that are priced to find the best: the nearest ones
FIRST_PART, PARTS_GROW, LARGEST_PART = 100, 2, 400  # spots that are judged at a time

_NAMES = Hot(
    select(col(Location.id), col(Location.name)).where(any_of(col(Location.id), "location_ids"))
)


@dataclass(frozen=True, slots=True)
class Found:
    """An EVSE as it is shown, with the amenities of its location.

    `distance_m` None: it was not looked for around a place; `quote` None: no need was told;
    `standing` None: its station never had a line.
    `rank` None: the best were not asked for.
    """

    evse: EvseView
    connectors: tuple[ConnectorView, ...]
    location_name: str
    time_zone: str
    place: Place
    distance_m: int | None
    availability: Availability
    tariff: TariffView
    quote: Quote | None
    standing: Standing | None
    amenities: tuple[str, ...]
    access: Access
    rank: Rank | None = None


def near(
    reads: Reads, wanted: Wanted, now: datetime, after: tuple[int, str] | None, limit: int
) -> tuple[Found, ...]:
    """Published EVSEs within the radius, the nearest first, at most `limit`.

    `after` is the distance in metres and the id of the last one of the page before. With
    `during`, only those that can be booked then; if that has begun, only those free now.
    Raises TooManyFound.
    """
    judge = Judge(reads, wanted.filters, now)
    found: list[Offer] = []
    for spots in candidates.outwards(reads, wanted, after):
        for part in _parts(spots):
            found += judge.suitable(part)
            if len(found) >= limit:
                return shown(reads, judge, found[:limit])
    return shown(reads, judge, found)


def cheapest(
    reads: Reads, wanted: Wanted, now: datetime, after: tuple[int, int, str] | None, limit: int
) -> tuple[Found, ...]:
    """Of the nearest EVSEs within the radius those that can be had, the cheapest first.

    `after` is the total in minor units, the distance in metres and the id of the last one of the
    page before. Raises TooManyFound.
    """
    assert wanted.filters.need is not None
    judge = Judge(reads, wanted.filters, now)
    offers = judge.suitable(candidates.nearest(reads, wanted, RANKED))
    ranked = [((_total(each), *each.spot[:2]), each) for each in offers]
    rest = sorted((one for one in ranked if after is None or one[0] > after), key=itemgetter(0))
    return shown(reads, judge, [each for _, each in rest[:limit]])


def best(
    reads: Reads,
    wanted: Wanted,
    now: datetime,
    weights: Weights,
    page: tuple[tuple[int, int, str] | None, int],
) -> tuple[Found, ...]:
    """Of the nearest EVSEs within the radius those that can be had, the best first (`ranking`).

    `page`: the points, the distance in metres and the id of the last one of the page before, or
    None; and how many at most. Raises TooManyFound.
    """
    after, limit = page
    judge = Judge(reads, wanted.filters, now)
    offers = judge.suitable(candidates.nearest(reads, wanted, RANKED))
    known = standings(reads, sorted({each.spot.station_id for each in offers}))
    ranked = []
    for each in offers:
        spot = each.spot
        points = rank(each.cost, spot.distance_m, _repute(known.get(spot.station_id)), weights)
        position = points.total, *spot[:2]
        if after is None or position > after:
            ranked.append((position, points, each))
    ranked.sort(key=itemgetter(0))
    ranks = {each.spot.evse_id: points for _, points, each in ranked[:limit]}
    found = shown(reads, judge, [each for *_, each in ranked[:limit]])
    return tuple(replace(each, rank=ranks[each.evse.id]) for each in found)


def _repute(standing: Standing | None) -> Repute:
    """Who has no connection is come to in vain, and so is who does not start: the worse counts."""
    if standing is None:
        return Repute()
    rates = [ppm for ppm in (standing.uptime_ppm, standing.start_ppm) if ppm is not None]
    return Repute(standing.rating_thousandths, min(rates) // 1_000 if rates else None)


def one(reads: Reads, evse_id: str, now: datetime, viewer_id: str = "") -> Found | None:
    """An EVSE that is published for this account ('': for everybody), or None."""
    spot = candidates.one(reads, evse_id)
    if spot is None:
        return None
    judge = Judge(reads, Filters(viewer_id=viewer_id), now)
    found = shown(reads, judge, judge.suitable([spot]))
    return replace(found[0], distance_m=None) if found else None


def _total(offer: Offer) -> int:
    assert offer.cost is not None
    return offer.cost.total_minor


def _parts(spots: Sequence[Spot]) -> Iterator[Sequence[Spot]]:
    """A few for a page that fills at once, then more and more for one that does not."""
    start, size = 0, FIRST_PART
    while start < len(spots):
        yield spots[start : start + size]
        start, size = start + size, min(size * PARTS_GROW, LARGEST_PART)


def shown(reads: Reads, judge: Judge, offers: Sequence[Offer]) -> tuple[Found, ...]:
    """What is shown of each: its state now, its plugs, its price."""
    states, known = judge.states(offers), judge.tariffs(offers)
    plugs: dict[str, list[ConnectorView]] = {evse_id: [] for evse_id in states}
    for connector in stations.connectors_of(reads, list(plugs)):
        plugs[connector.evse_id].append(connector)
    places = sorted({state.evse.location_id for state in states.values()})
    standing = standings(reads, sorted({each.spot.station_id for each in offers}))
    names = dict(tuple(row) for row in reads.all(_NAMES, location_ids=places)) if places else {}
    return tuple(
        Found(
            evse=(state := states[each.spot.evse_id]).evse,
            connectors=tuple(plugs[each.spot.evse_id]),
            location_name=names[state.evse.location_id],
            time_zone=each.spot.time_zone,
            place=each.spot.place,
            distance_m=each.spot.distance_m,
            availability=state.availability,
            tariff=known[each.listing.tariff_id],
            quote=judge.quote(each),
            standing=standing.get(each.spot.station_id),
            amenities=amenities_in(each.spot.amenities),
            access=each.listing.audience.access,
        )
        for each in offers
        if each.spot.evse_id in states
    )
