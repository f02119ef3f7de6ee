"""What somebody who looks for a place to charge finds. Queries only; no tables of its own.

First all published EVSEs in a box, as light as can be; then, nearest first, as many of them in
full as the page needs. Nothing here reads where a place is exactly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import bindparam, select
from sqlmodel import col

from chargehub.bookings import kept
from chargehub.bookings import rules as booking_rules
from chargehub.bookings import tables as bookings
from chargehub.bookings.kept import Asked
from chargehub.errors import Invalid
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.listings.audience import IS_SHOWN
from chargehub.listings.tables import Listing, ListingView
from chargehub.search import rules
from chargehub.search.rules import Place, Wanted
from chargehub.stations import tables as stations
from chargehub.stations.rules import Availability, availability
from chargehub.stations.schema import Connector, Evse, Location, Station
from chargehub.stations.views import ConnectorView, EvseView
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.quoting import Need, Quote, quote_need
from chargehub.tariffs.tables import TariffView
from chargehub.units import Span

FIRST_REACH_M = 1_000  # in a town that is enough for a page, and the box holds few EVSEs
REACH_GROWS = 3
CANDIDATES = 5_000  # EVSEs of one box; reading them takes some 20 ms
RANKED = 1_000  # EVSEs that are priced to find the cheapest
INSTANT = timedelta(microseconds=1)
CHUNK = 100  # candidates whose calendar is looked up at a time

# No ORDER BY: SQLite would rather walk through every EVSE there is in that order.
_SPOTS = (
    select(
        col(Evse.id),
        col(Location.name),
        col(Location.cell_latitude_e6),
        col(Location.cell_longitude_e6),
    )
    .select_from(Location)
    .join(Station, col(Station.location_id) == col(Location.id))
    .join(Listing, col(Listing.station_id) == col(Station.id))
    .join(Evse, col(Evse.station_id) == col(Station.id))
    .where(col(Station.retired_at).is_(None), col(Listing.withdrawn_at).is_(None), IS_SHOWN)
)
_SPOT = _SPOTS.where(col(Evse.id) == bindparam("evse_id"))
_SPOTS_IN_BOX = _SPOTS.where(
    col(Location.cell_latitude_e6).between(bindparam("south"), bindparam("north")),
    col(Location.cell_longitude_e6).between(bindparam("west"), bindparam("east")),
    col(Evse.power_w) >= bindparam("power_w"),
).limit(CANDIDATES)
_SPOTS_WITH_PLUG = _SPOTS_IN_BOX.where(
    select(col(Connector.id))
    .where(col(Connector.evse_id) == col(Evse.id), col(Connector.type) == bindparam("plug"))
    .exists()
)
_EVSES = stations.EVSES.where(col(Evse.id).in_(bindparam("evse_ids", expanding=True)))


class TooManyFound(Invalid):
    """More EVSEs lie in the radius than one search looks at."""

    code = "too_many_found"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a published EVSE stands, and how far from the place somebody looks around.

    Both by the middle of its cell: whoever searches from three sides learns no more than from one.
    """

    distance_m: int
    evse_id: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Judged:
    """A published EVSE with what a driver finds who comes now."""

    spot: Spot
    evse: EvseView
    listing: ListingView
    availability: Availability
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An EVSE as it is shown. `distance_m` None: it was not looked for around a place; `quote`
    None: no need was told."""

    evse: EvseView
    connectors: tuple[ConnectorView, ...]
    location_name: str
    place: Place
    distance_m: int | None
    availability: Availability
    tariff: TariffView
    quote: Quote | None


def near(
    reads: Reads, wanted: Wanted, now: datetime, after: tuple[int, str] | None, limit: int
) -> tuple[Found, ...]:
    """Published EVSEs within the radius, the nearest first, at most `limit`.

    `after` is the distance in metres and the id of the last one of the page before. With
    `during`, only those that can be booked then; if that has begun, only those free now.
    Raises TooManyFound.
    """
    reach = min(max(FIRST_REACH_M, after[0] if after else 0), wanted.radius_m)
    while True:
        judged = _within(reads, wanted, reach, now, after, limit)
        if len(judged) == limit or reach == wanted.radius_m:
            return tuple(_shown(reads, judged))
        reach = min(reach * REACH_GROWS, wanted.radius_m)


def cheapest(
    reads: Reads, wanted: Wanted, now: datetime, after: tuple[int, int, str] | None, limit: int
) -> tuple[Found, ...]:
    """Published EVSEs within the radius that can be had, the cheapest for the need first.

    `after` is the total in minor units, the distance in metres and the id of the last one of the
    page before. Raises TooManyFound.
    """
    assert wanted.need is not None
    spots = [one for one in _spots(reads, wanted, wanted.radius_m) if _is_within(one, wanted)]
    if len(spots) > RANKED:
        raise TooManyFound(
            "Too many EVSEs lie there to find the cheapest. Make the radius smaller,"
            " or name a connector or power."
        )
    priced = _Priced(reads, wanted)
    ranked = []
    for start in range(0, len(spots), CHUNK):
        judged = tuple(_judged(reads, spots[start : start + CHUNK], now))
        for each in priced.of(_suitable(reads, judged, wanted, now)):
            assert each.quote is not None
            position = each.quote.cost.total_minor, *_position(each.spot)
            if after is None or position > after:
                ranked.append((position, each))
    ranked.sort(key=itemgetter(0))
    return tuple(_shown(reads, [each for _, each in ranked[:limit]]))


def _is_within(spot: Spot, wanted: Wanted) -> bool:
    return spot.distance_m <= wanted.radius_m


class _Priced:
    """Prices a need at one EVSE after the other; the same tariff, power and zone only once."""

    def __init__(self, reads: Reads, wanted: Wanted) -> None:
        self._reads, self._wanted = reads, wanted
        self._tariffs: dict[str, TariffView] = {}
        self._quotes: dict[tuple[str, int, str], Quote] = {}

    def of(self, judged: Iterable[Judged]) -> Iterator[Judged]:
        """Those in the currency asked for and up to the highest total, with their quote."""
        asked = self._wanted.need
        for each in judged:
            if asked is None:
                yield each
                continue
            quote = self._quote(each, asked.energy_wh)
            fits = asked.currency in (None, quote.cost.currency)
            most = asked.max_total_minor
            if fits and (most is None or quote.cost.total_minor <= most):
                yield replace(each, quote=quote)

    def _quote(self, judged: Judged, energy_wh: int) -> Quote:
        during, tariff_id = self._wanted.during, judged.listing.tariff_id
        assert during is not None
        key = tariff_id, judged.evse.power_w, judged.evse.time_zone
        if key not in self._quotes:
            need = Need(energy_wh, during, judged.evse.power_w or None)
            tariff = self._tariffs.get(tariff_id) or tariffs.tariff(self._reads, tariff_id)
            assert tariff is not None, tariff_id
            self._tariffs[tariff_id] = tariff
            self._quotes[key] = quote_need(tariff.content, need, judged.evse.time_zone)
        return self._quotes[key]


def one(reads: Reads, evse_id: str, now: datetime, viewer_id: str = "") -> Found | None:
    """An EVSE that is published for this account ('': for everybody), or None."""
    row = reads.one(_SPOT, evse_id=evse_id, viewer_id=viewer_id)
    if row is None:
        return None
    spot = Spot(0, row.id, row.name, Place(row.cell_latitude_e6, row.cell_longitude_e6))
    shown = _shown(reads, tuple(_judged(reads, [spot], now)))
    return next((replace(found, distance_m=None) for found in shown), None)


def _within(
    reads: Reads,
    wanted: Wanted,
    reach: int,
    now: datetime,
    after: tuple[int, str] | None,
    limit: int,
) -> Sequence[Judged]:
    spots = sorted(
        (
            spot
            for spot in _spots(reads, wanted, reach)
            if spot.distance_m <= reach and (after is None or _position(spot) > after)
        ),
        key=_position,
    )
    found: list[Judged] = []
    priced = _Priced(reads, wanted)
    for start in range(0, len(spots), CHUNK):
        judged = tuple(_judged(reads, spots[start : start + CHUNK], now))
        found += priced.of(_suitable(reads, judged, wanted, now))
        if len(found) >= limit:
            break
    return found[:limit]


def _position(spot: Spot) -> tuple[int, str]:
    return spot.distance_m, spot.evse_id


def _spots(reads: Reads, wanted: Wanted, reach: int) -> Iterator[Spot]:
    """EVSEs in a box around the reach that have the plug and the power, by no order."""
    statement = _SPOTS_WITH_PLUG if wanted.connector_type else _SPOTS_IN_BOX
    asked = {"plug": wanted.connector_type} if wanted.connector_type else {}
    for box in rules.boxes(wanted.around, reach):
        rows = reads.all(
            statement,
            south=box.south_e6,
            north=box.north_e6,
            west=box.west_e6,
            east=box.east_e6,
            power_w=wanted.min_power_w,
            viewer_id=wanted.viewer_id,
            **asked,
        )
        if len(rows) == CANDIDATES:
            raise TooManyFound(
                "Too many EVSEs lie there. Make the radius smaller, or name a connector or power."
            )
        for evse_id, name, latitude_e6, longitude_e6 in rows:
            place = Place(latitude_e6, longitude_e6)
            yield Spot(rules.distance_m(wanted.around, place), evse_id, name, place)


def _judged(reads: Reads, spots: Sequence[Spot], now: datetime) -> Iterator[Judged]:
    """The spots' EVSEs with their listing and what is found there now, in the same order."""
    ids = [spot.evse_id for spot in spots]
    evses = {row.id: EvseView(**row._mapping) for row in reads.all(_EVSES, evse_ids=ids)}
    offers = listings.listings_of(reads, sorted({evse.station_id for evse in evses.values()}))
    claimed = bookings.claimed(reads, ids, now)
    kept_now = kept.kept_during(reads, list(evses.values()), Asked(Span(now, now + INSTANT)))
    for spot in spots:
        evse = evses[spot.evse_id]
        listing = offers.get(evse.station_id)
        if listing is None:  # withdrawn since the spots were read
            continue
        is_open = evse.id not in kept_now and hours.is_open(listing.hours, evse.time_zone, now)
        found = availability(
            evse.status, evse.charging, evse.is_connected, is_open, evse.id in claimed
        )
        yield Judged(spot, evse, listing, found)


def _suitable(
    reads: Reads, judged: Sequence[Judged], wanted: Wanted, now: datetime
) -> Iterator[Judged]:
    """Those that can be had in the whole time asked for; all if none was."""
    during = wanted.during
    if during is None:
        yield from judged
        return
    blocked = booking_rules.blocked(during, booking_rules.DEFAULTS)
    busy = bookings.busy(reads, [each.evse.id for each in judged], blocked, now)
    asked = Asked(during, booking_rules.DEFAULTS.buffer)
    busy |= kept.kept_during(reads, [each.evse for each in judged], asked)
    for each in judged:
        is_open = hours.is_open_between(
            each.listing.hours, each.evse.time_zone, during.start, during.end
        )
        is_there = each.availability == "free" or not during.contains(now)
        if is_open and is_there and each.evse.id not in busy:
            yield each


def _shown(reads: Reads, judged: Sequence[Judged]) -> Iterator[Found]:
    """What is shown of each, with its plugs and its price."""
    plugs: dict[str, list[ConnectorView]] = {each.evse.id: [] for each in judged}
    for connector in stations.connectors_of(reads, list(plugs)):
        plugs[connector.evse_id].append(connector)
    offered: dict[str, TariffView] = {}
    for each in judged:
        tariff_id = each.listing.tariff_id
        if tariff_id not in offered:
            tariff = tariffs.tariff(reads, tariff_id)
            assert tariff is not None, tariff_id
            offered[tariff_id] = tariff
        yield Found(
            evse=each.evse,
            connectors=tuple(plugs[each.evse.id]),
            location_name=each.spot.name,
            place=each.spot.place,
            distance_m=each.spot.distance_m,
            availability=each.availability,
            tariff=offered[tariff_id],
            quote=each.quote,
        )
