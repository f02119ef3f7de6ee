"""Which tariffs lie below what their owners have said that energy costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.listings import tables as listings
from chargehub.settlement.split import Terms
from chargehub.settlement.tables import terms_in
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.tariffs import cost_models, tables
from chargehub.tariffs.below_cost import below_cost
from chargehub.tariffs.tables import TariffView
from chargehub.tariffs.warned import Warnings

MOST_STATIONS = 200  # of one tariff that are looked at
MOST_LOCATIONS = 10  # nobody reads more; a price by the hour takes some 0.1 s to judge at each


@dataclass(frozen=True, slots=True)
class CostWarner:
    """Judges tariffs on this hub's terms, by who sells at a place."""

    terms: Terms

    def of_tariff(self, reads: Reads, tariff: TariffView, now: datetime) -> Warnings:
        """Where it is offered; where it is offered nowhere, at all of the owner's locations."""
        offering = listings.stations_of_tariff(reads, tariff.id, MOST_STATIONS)
        found = [stations.station(reads, station_id) for station_id in offering]
        places = {station.location_id for station in found if station is not None}
        if not offering:
            places = set(cost_models.locations_of(reads, tariff.owner_id, MOST_LOCATIONS))
        return self._at(reads, sorted(places)[:MOST_LOCATIONS], tariff, now)

    def of_station(self, reads: Reads, station_id: str, tariff_id: str, now: datetime) -> Warnings:
        """At the location of a station."""
        tariff, station = tables.tariff(reads, tariff_id), stations.station(reads, station_id)
        if tariff is None or station is None:
            return ()
        return self._at(reads, [station.location_id], tariff, now)

    def _at(
        self, reads: Reads, places: Iterable[str], tariff: TariffView, now: datetime
    ) -> Warnings:
        warnings = []
        for location_id in places:
            stated = cost_models.version_at(reads, location_id, now)
            location = stations.location(reads, location_id)
            if stated is None or stated.model is None or location is None:
                continue
            today = now.astimezone(ZoneInfo(location.time_zone)).date()
            here = terms_in(location.country or UNKNOWN, self.terms)
            vat_percent = here.sale_percent if here.vat_mode == "commissionaire" else Decimal(0)
            fee = here.fee_basis_points
            found = below_cost(tariff.content, stated.model, fee, today, vat_percent)
            warnings += [(location_id, each) for each in found]
        return tuple(warnings)
