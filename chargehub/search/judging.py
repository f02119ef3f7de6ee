"""Which of some EVSEs can be had in the time asked for, and for how much. Many at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col

from chargehub.bookings import kept, policies
from chargehub.bookings import tables as bookings
from chargehub.bookings.kept import Asked
from chargehub.bookings.rules import DEFAULTS, Policy
from chargehub.listings import audience
from chargehub.listings import rules as hours
from chargehub.listings.rules import Hours
from chargehub.listings.tables import ListingView
from chargehub.search.bookable import slot_for
from chargehub.search.candidates import Spot
from chargehub.search.rules import Filters
from chargehub.stations import tables as stations
from chargehub.stations.rules import Availability, availability
from chargehub.stations.schema import Evse, Station
from chargehub.stations.views import EvseView
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.components import Usage
from chargehub.tariffs.pricing import Cost, price
from chargehub.tariffs.quoting import Need, Quote, expected_usage, quote_of
from chargehub.tariffs.tables import TariffView
from chargehub.units import Span

_INSTANT = timedelta(microseconds=1)
_EVSES = Hot(
    stations.EVSES.where(any_of(col(Evse.id), "evse_ids"), col(Station.retired_at).is_(None))
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A published EVSE that can be had as asked. `cost` None: no need was told."""

    spot: Spot
    listing: ListingView
    policy: Policy
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class State:
    """An EVSE with what a driver finds who comes now."""

    evse: EvseView
    availability: Availability


class Judge:
    """Judges one search. What it has read or reckoned once it keeps until the answer is made."""

    def __init__(self, reads: Reads, filters: Filters, now: datetime) -> None:
        self._reads, self._filters, self._now = reads, filters, now
        self._tariffs: dict[str, TariffView] = {}
        self._costs: dict[tuple[str, int, str], Cost] = {}
        self._usages: dict[tuple[int, str], Usage] = {}
        self._slots: dict[Policy, Span | None] = {}
        self._is_open: dict[tuple[Hours, str, Span], bool] = {}

    def suitable(self, spots: Sequence[Spot]) -> list[Offer]:
        """Those that can be had in the whole time, at a price that was asked for; in their order.

        Without a time that is all of them. Where the time has begun, only those free now.
        """
        offers = self._bookable(spots)
        during = self._filters.during
        if during is not None and during.contains(self._now):
            states = self.states(offers)
            offers = [each for each in offers if _is_free(states, each)]
        return self._priced(offers)

    def states(self, offers: Sequence[Offer]) -> dict[str, State]:
        """By the ids of the EVSEs. One that is retired is not there."""
        ids = [each.spot.evse_id for each in offers]
        rows = self._reads.all(_EVSES, evse_ids=ids) if ids else ()
        evses = {row.id: EvseView(*row) for row in rows}
        claimed = bookings.claimed(self._reads, ids, self._now) if ids else frozenset()
        kept_now = kept.kept_during(
            self._reads, list(evses.values()), Asked(Span(self._now, self._now + _INSTANT))
        )
        found = {}
        for each in offers:
            evse = evses.get(each.spot.evse_id)
            if evse is None:
                continue
            is_open = evse.id not in kept_now and hours.is_open(
                each.listing.hours, evse.time_zone, self._now
            )
            is_booked = evse.id in claimed
            seen = availability(evse.status, evse.charging, evse.is_connected, is_open, is_booked)
            found[evse.id] = State(evse, seen)
        return found

    def tariffs(self, offers: Sequence[Offer]) -> dict[str, TariffView]:
        """The tariffs of these, by id."""
        missing = {each.listing.tariff_id for each in offers} - self._tariffs.keys()
        if missing:
            self._tariffs |= tariffs.tariffs_by_id(self._reads, sorted(missing))
        return self._tariffs

    def quote(self, offer: Offer) -> Quote | None:
        """What the need costs there, part by part; None: no need was told."""
        if self._filters.need is None:
            return None
        cost = offer.cost
        if cost is None:
            cost = self._cost(offer, self.tariffs([offer])[offer.listing.tariff_id])
        return quote_of(cost, self._usage(offer.spot))

    def _bookable(self, spots: Sequence[Spot]) -> list[Offer]:
        station_ids = sorted({spot.station_id for spot in spots})
        if not station_ids:
            return []
        offered = audience.shown(self._reads, station_ids, self._filters.viewer_id)
        stated = policies.current_of(self._reads, station_ids)
        # One that was withdrawn since the spots were read is no longer offered.
        offers = [
            Offer(spot, offered[spot.station_id], stated.get(spot.station_id, DEFAULTS))
            for spot in spots
            if spot.station_id in offered
        ]
        if self._filters.is_instant:
            offers = [each for each in offers if each.policy.mode == "instant"]
        return offers if self._filters.during is None else self._free(offers, self._filters.during)

    def _free(self, offers: list[Offer], during: Span) -> list[Offer]:
        """Those that are open, and neither booked nor kept by their owner, in the slot that would
        have to be booked."""
        open_ones = []
        in_time: dict[Asked, list[Spot]] = defaultdict(list)
        for each in offers:
            slot = self._slot(each.policy, during)
            if slot is not None and self._is_open_in(slot, each):
                open_ones.append(each)
                in_time[Asked(slot, each.policy.buffer)].append(each.spot)
        if not open_ones:
            return []
        stations_asked = sorted({each.spot.station_id for each in open_ones})
        blocks = kept.blocks_at(
            self._reads, stations_asked, min(asked.slot.start for asked in in_time)
        )
        busy = self._booked(in_time)
        for asked, some in in_time.items():
            busy |= kept.kept_among(blocks, some, asked)
        return [each for each in open_ones if each.spot.evse_id not in busy]

    def _booked(self, in_time: Mapping[Asked, Sequence[Spot]]) -> set[str]:
        """Those that are booked in the slot asked of them, or in the buffer after it."""
        taken = {asked: Span(asked.slot.start, asked.slot.end + asked.buffer) for asked in in_time}
        longest = Span(
            min(span.start for span in taken.values()), max(span.end for span in taken.values())
        )
        ids = [spot.evse_id for some in in_time.values() for spot in some]
        booked = bookings.busy(self._reads, ids, longest, self._now)
        return {
            spot.evse_id
            for asked, some in in_time.items()
            for spot in some
            if any(span.overlaps(taken[asked]) for span in booked.get(spot.evse_id, ()))
        }

    def _slot(self, policy: Policy, during: Span) -> Span | None:
        if policy not in self._slots:
            self._slots[policy] = slot_for(during, self._now, policy)
        return self._slots[policy]

    def _is_open_in(self, slot: Span, offer: Offer) -> bool:
        key = offer.listing.hours, offer.spot.time_zone, slot
        if key[0].windows is None:
            return True
        if key not in self._is_open:
            self._is_open[key] = hours.is_open_between(*key[:2], slot.start, slot.end)
        return self._is_open[key]

    def _priced(self, offers: list[Offer]) -> list[Offer]:
        """Those in the currency asked for and up to the highest total, with their quote."""
        asked = self._filters.need
        if asked is None:
            return offers
        known = self.tariffs(offers)
        found = []
        for each in offers:
            cost = self._cost(each, known[each.listing.tariff_id])
            fits = asked.currency in (None, cost.currency)
            most = asked.max_total_minor
            if fits and (most is None or cost.total_minor <= most):
                found.append(Offer(each.spot, each.listing, each.policy, cost))
        return found

    def _cost(self, offer: Offer, tariff: TariffView) -> Cost:
        """What the need costs; the same prices, power and zone are reckoned only once."""
        spot = offer.spot
        key = tariff.snapshot_id, spot.power_w, spot.time_zone
        if key not in self._costs:
            self._costs[key] = price(tariff.content, self._usage(spot))
        return self._costs[key]

    def _usage(self, spot: Spot) -> Usage:
        key = spot.power_w, spot.time_zone
        if key not in self._usages:
            asked, during = self._filters.need, self._filters.during
            assert asked is not None
            assert during is not None
            need = Need(asked.energy_wh, during, spot.power_w or None)
            self._usages[key] = expected_usage(need, spot.time_zone)
        return self._usages[key]


def _is_free(states: dict[str, State], offer: Offer) -> bool:
    state = states.get(offer.spot.evse_id)
    return state is not None and state.availability == "free"
