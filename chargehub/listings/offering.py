"""Keeps what search reads first as true as what it repeats: the narrow row of each EVSE."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text
from sqlmodel import col

from chargehub.listings.schema import LocationAmenities, OfferRow
from chargehub.listings.tables import Listing
from chargehub.listings.traits import COUNTED, plugs_mask, strip_of
from chargehub.stations import tables as stations
from chargehub.stations.cells import coarser
from chargehub.stations.schema import Evse, Location, Station
from chargehub.store.hot import Hot
from chargehub.store.work import Work

_FORGET = Hot(delete(OfferRow).where(col(OfferRow.station_id) == bindparam("of_station")))
_CELLS = Hot(
    select(col(OfferRow.cell)).where(
        col(OfferRow.station_id) == bindparam("of_station"), col(OfferRow.is_public)
    )
)
# The same words on both databases.
_COUNT = text("""
INSERT INTO offer_count (cell, resolution, latitude_e6, longitude_e6, evses)
VALUES (:cell, :resolution, :latitude_e6, :longitude_e6, :evses)
ON CONFLICT (cell) DO UPDATE SET evses = offer_count.evses + excluded.evses
""")
_PUBLISHED = Hot(
    select(
        col(Evse.id).label("evse_id"),
        col(Evse.station_id),
        col(Evse.power_w),
        col(Location.cell),
        col(Location.cell_latitude_e6).label("latitude_e6"),
        col(Location.cell_longitude_e6).label("longitude_e6"),
        col(Location.time_zone),
        (col(Listing.access) == "public").label("is_public"),
        func.coalesce(col(LocationAmenities.amenities), 0).label("amenities"),
    )
    .select_from(Station)
    .join(Listing, col(Listing.station_id) == col(Station.id))
    .join(Location, col(Location.id) == col(Station.location_id))
    .join(Evse, col(Evse.station_id) == col(Station.id))
    .outerjoin(LocationAmenities, col(LocationAmenities.location_id) == col(Location.id))
    .where(
        col(Station.id) == bindparam("of_station"),
        col(Station.retired_at).is_(None),
        col(Listing.withdrawn_at).is_(None),
    )
)


def refresh(work: Work, station_id: str) -> None:
    """Make the offers of a station anew: one for each EVSE if it is published, or else none.

    To be called in the unit of work of whatever changes a listing, the retirement of a station,
    or its equipment.
    """
    changes: Counter[int] = Counter()
    changes.subtract(row.cell for row in work.all(_CELLS, of_station=station_id))
    work.execute(_FORGET, of_station=station_id)
    for offer in _offers(work, station_id):
        work.insert(OfferRow, **offer)
        changes[offer["cell"]] += offer["is_public"]
    for cell, evses in sorted(changes.items()):
        if evses:
            count(work, cell, evses)


def count(work: Work, cell: int, evses: int) -> None:
    """So many EVSEs more, or fewer, are offered to everybody in a cell and in those around it."""
    for resolution in COUNTED:
        around = coarser(cell, resolution)
        work.execute(
            _COUNT,
            cell=int(around.index, 16),
            resolution=resolution,
            latitude_e6=around.latitude_e6,
            longitude_e6=around.longitude_e6,
            evses=evses,
        )


def _offers(work: Work, station_id: str) -> Iterator[dict[str, Any]]:
    rows = [row._asdict() for row in work.all(_PUBLISHED, of_station=station_id)]
    plugs: dict[str, set[str]] = {row["evse_id"]: set() for row in rows}
    for connector in stations.connectors_of(work, list(plugs)):
        plugs[connector.evse_id].add(connector.type)
    for row in rows:
        mask = plugs_mask(plugs[row["evse_id"]])
        place = {"strip": strip_of(row["latitude_e6"]), "cell": int(row.pop("cell"), 16)}
        yield row | place | {"plugs": mask}
