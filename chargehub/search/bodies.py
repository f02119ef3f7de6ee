"""What is shown of an EVSE to everybody, and of its place to who booked it."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from chargehub.listings.rules import Access
from chargehub.reputation.bodies import StandingBody
from chargehub.search.ranking import Rank
from chargehub.search.revealing import Arrival
from chargehub.search.tables import Found
from chargehub.stations.bodies import ConnectorBody
from chargehub.stations.rules import Availability
from chargehub.tariffs.pricing import as_json
from chargehub.tariffs.quoting import PartName, Quote


class PlaceBody(BaseModel):
    """About where the EVSE is, in degrees: the middle of its H3 cell of resolution 9, some 200 m.

    `GET /bookings/{booking_id}/place` says it exactly, to who booked it. `name` is its owner's;
    `time_zone` is an IANA name, in which its hours and prices count.
    """

    name: str
    latitude: float
    longitude: float
    time_zone: str


class OfferedTariff(BaseModel):
    """What charging costs: prices per major unit, VAT included, as decimal text.

    `is_dynamic`: the price per kWh is that in force now, and moves between the owner's floor and
    ceiling; what you book or begin keeps its price.
    """

    id: str
    name: str
    currency: str
    vat_percent: str
    components: list[dict[str, Any]]
    minimum: str | None = None
    maximum: str | None = None
    free_wh_per_month: int | None = None
    floor_per_kwh: str | None = None
    ceiling_per_kwh: str | None = None
    is_dynamic: bool = False


class PricePart(BaseModel):
    """What one kind of price comes to, in minor units."""

    name: PartName
    amount_minor: int


class NeedPrice(BaseModel):
    """What your need costs there, in minor units, VAT included: always all four parts.

    They stand in the order of AFIR: kWh, minute, session, other. `energy_wh` is what fits into the
    time with the EVSE's power.
    """

    currency: str
    total_minor: int
    vat_minor: int
    parts: list[PricePart]
    energy_wh: int

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(
            currency=quote.cost.currency,
            total_minor=quote.cost.total_minor,
            vat_minor=quote.cost.vat_minor,
            parts=[
                PricePart(name=part.name, amount_minor=part.amount_minor) for part in quote.parts
            ],
            energy_wh=quote.energy_wh,
        )


class RankParts(BaseModel):
    """Why an EVSE stands where it does: points by part, a thousandth of about a euro each.

    Fewer are better. `price` is 0 if no `energy_wh` was asked for.
    """

    total: int
    price: int
    distance: int
    reliability: int
    rating: int

    @classmethod
    def of(cls, rank: Rank) -> Self:
        return cls.model_validate({name: getattr(rank, name) for name in cls.model_fields})


class OfferedEvse(BaseModel):
    """A published EVSE. `availability` is what a driver finds who comes now.

    `distance_m` is to the middle of its cell; null: it was not looked for around a place.
    `price` null: no `energy_wh` was asked for; `standing` null: the station never had a line.
    `rank_parts` null: the best were not asked for. `amenities` in OCPI's names of facilities.
    `access` members: it is there for the owner's members, of whom you are one.
    """

    id: str
    station_id: str
    number: int
    power_w: int
    connectors: list[ConnectorBody]
    location: PlaceBody
    distance_m: int | None
    status: Literal["available", "occupied", "reserved", "unavailable", "faulted"]
    availability: Availability
    tariff: OfferedTariff
    price: NeedPrice | None
    standing: StandingBody | None
    amenities: list[str]
    access: Access
    rank_parts: RankParts | None

    @classmethod
    def of(cls, found: Found) -> Self:
        evse, tariff = found.evse, found.tariff
        return cls.model_validate(
            {
                "id": evse.id,
                "station_id": evse.station_id,
                "number": evse.number,
                "power_w": evse.power_w,
                "connectors": [
                    {"number": plug.number, "type": plug.type} for plug in found.connectors
                ],
                "location": {
                    "name": found.location_name,
                    "latitude": found.place.latitude_e6 / 1_000_000,
                    "longitude": found.place.longitude_e6 / 1_000_000,
                    "time_zone": found.time_zone,
                },
                "distance_m": found.distance_m,
                "status": evse.status,
                "availability": found.availability,
                "tariff": as_json(tariff.content)
                | {"id": tariff.id, "is_dynamic": tariff.is_dynamic},
                "price": NeedPrice.of(found.quote) if found.quote else None,
                "standing": StandingBody.of(found.standing) if found.standing else None,
                "amenities": list(found.amenities),
                "access": found.access,
                "rank_parts": RankParts.of(found.rank) if found.rank else None,
            }
        )


class BookedPlaceBody(BaseModel):
    """Where to go for a booking, in degrees.

    `is_exact` false: the middle of the H3 cell of resolution 9, without address and access notes.
    `exact_from` and `exact_until`: when who booked is told exactly; null for a booking that is not
    confirmed or was given up.
    """

    is_exact: bool
    name: str
    latitude: float
    longitude: float
    address: str | None
    access_notes: str | None
    exact_from: datetime | None
    exact_until: datetime | None

    @classmethod
    def of(cls, place: Arrival) -> Self:
        return cls(
            is_exact=place.is_exact,
            name=place.name,
            latitude=place.latitude_e6 / 1_000_000,
            longitude=place.longitude_e6 / 1_000_000,
            address=place.address,
            access_notes=place.access_notes,
            exact_from=place.told.start if place.told else None,
            exact_until=place.told.end if place.told else None,
        )
