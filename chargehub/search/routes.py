"""Finding a place to charge, for everybody; nobody has to log in for it."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel

from chargehub.errors import NotFound
from chargehub.people.access import CurrentActor, KnownActor
from chargehub.reputation.bodies import StandingBody
from chargehub.rest.bodies import AMOUNT_LIMIT, Instant
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Narrow, Throttled
from chargehub.search import offering, rules, tables
from chargehub.search.rules import MAX_RADIUS_M, Place, Wanted
from chargehub.search.tables import Found
from chargehub.stations.bodies import ConnectorBody
from chargehub.stations.rules import MAX_POWER_W, Availability, microdegrees
from chargehub.tariffs.pricing import as_json
from chargehub.tariffs.quoting import MAX_ENERGY_WH, PartName, Quote

router = APIRouter()

# A search that finds nothing has looked at thousands of EVSEs, and nobody is asked who they are.
_throttle = Depends(Throttled("search", rate_per_s=10, burst=60))
_narrow = Depends(Narrow("search", at_once=2, waiting=20), scope="function")

# Who says who they are also finds what is there for members alone.
_FOR_ANYBODY: dict[str, Any] = {"security": [{}, {"bearer": []}]}

Latitude = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Degrees north.")]
Longitude = Annotated[
    float, Query(ge=-180, le=180, allow_inf_nan=False, description="Degrees east.")
]
Radius = Annotated[int, Query(ge=1, le=MAX_RADIUS_M, description="Metres over ground.")]
From = Annotated[
    Instant | None,
    Query(alias="from", description="With `to`: only EVSEs that can be booked from then."),
]
To = Annotated[Instant | None, Query(description="Until when the EVSE is needed.")]
ConnectorType = Annotated[
    str | None, Query(max_length=30, description="OCPI's name, such as IEC_62196_T2.")
]
MinPower = Annotated[int, Query(ge=0, le=MAX_POWER_W, description="W the EVSE gives at least.")]

EnergyNeeded = Annotated[
    int | None,
    Query(ge=1, le=MAX_ENERGY_WH, description="Wh you need from `from` to `to`; they are priced."),
]
Currency = Annotated[
    str | None, Query(min_length=3, max_length=3, description="Only prices in it, like EUR.")
]
MostMinor = Annotated[
    int | None,
    Query(ge=0, le=AMOUNT_LIMIT, description="What the need may cost, in cents of `currency`."),
]
Order = Annotated[
    Literal["distance", "price"], Query(description="What comes first: the nearest, the cheapest.")
]


class PlaceBody(BaseModel):
    """About where the EVSE is, in degrees: the middle of its H3 cell of resolution 9, some 200 m.

    `GET /bookings/{booking_id}/place` says it exactly, to who booked it. `name` is its owner's.
    """

    name: str
    latitude: float
    longitude: float


class OfferedTariff(BaseModel):
    """What charging costs: prices per major unit, VAT included, as decimal text."""

    id: str
    name: str
    currency: str
    vat_percent: str
    components: list[dict[str, Any]]
    minimum: str | None = None
    maximum: str | None = None
    free_wh_per_month: int | None = None


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


class OfferedEvse(BaseModel):
    """A published EVSE. `availability` is what a driver finds who comes now.

    `distance_m` is to the middle of its cell; null: it was not looked for around a place.
    `price` null: no `energy_wh` was asked for; `standing` null: the station never had a line.
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
                },
                "distance_m": found.distance_m,
                "status": evse.status,
                "availability": found.availability,
                "tariff": as_json(tariff.content) | {"id": tariff.id},
                "price": NeedPrice.of(found.quote) if found.quote else None,
                "standing": StandingBody.of(found.standing) if found.standing else None,
            }
        )


@router.get(
    "/evses", dependencies=[_throttle, _narrow], openapi_extra=_FOR_ANYBODY, tags=["search"]
)
async def get_evses(
    latitude: Latitude,
    longitude: Longitude,
    actor: KnownActor,
    store: CurrentStore,
    now: Now,
    asked: CurrentPage,
    radius_m: Radius = 5_000,
    start: From = None,
    to: To = None,
    connector_type: ConnectorType = None,
    min_power_w: MinPower = 0,
    energy_wh: EnergyNeeded = None,
    currency: Currency = None,
    max_total_minor: MostMinor = None,
    order: Order = "distance",
) -> Page[OfferedEvse]:
    """Published EVSEs around a place, the nearest first, or the cheapest for your need.

    With `from` and `to` only those that their owner's policy, hours and calendar let be booked in
    all that time, and those free now if it has begun. With `energy_wh` each has what that costs
    in that time, by part. The cheapest are sought among the 300 nearest that fit. Log in to find
    what is there for members alone.
    """
    during, is_cheapest_first = rules.during(start, to), order == "price"
    wanted = Wanted(
        Place(microdegrees(latitude), microdegrees(longitude)),
        radius_m,
        during,
        () if connector_type is None else (connector_type,),
        min_power_w,
        rules.need(during, energy_wh, currency, max_total_minor, is_cheapest_first),
        actor.account_id if actor else "",
    )
    if is_cheapest_first:
        rows = await store.read(tables.cheapest, wanted, now, _after_price(asked), asked.fetch)
        return page(rows, asked, _price_key, OfferedEvse.of)
    rows = await store.read(tables.near, wanted, now, _after(asked), asked.fetch)
    return page(rows, asked, lambda found: (found.distance_m or 0, found.evse.id), OfferedEvse.of)


def _after(asked: CurrentPage) -> tuple[int, str] | None:
    key = asked.after_key(int, str)
    return None if key is None else (int(key[0]), str(key[1]))


def _after_price(asked: CurrentPage) -> tuple[int, int, str] | None:
    key = asked.after_key(int, int, str)
    return None if key is None else (int(key[0]), int(key[1]), str(key[2]))


def _price_key(found: Found) -> tuple[int, int, str]:
    assert found.quote is not None
    return found.quote.cost.total_minor, found.distance_m or 0, found.evse.id


@router.get("/evses/{evse_id}", openapi_extra=_FOR_ANYBODY, tags=["search"])
async def get_evse(
    evse_id: Annotated[str, Path(max_length=36)], actor: KnownActor, store: CurrentStore, now: Now
) -> OfferedEvse:
    """A published EVSE as a driver would find it now."""
    found = await store.read(tables.one, evse_id, now, actor.account_id if actor else "")
    if found is None:
        raise NotFound("There is no such EVSE, or it is not published.")
    return OfferedEvse.of(found)


@router.get("/bookings/{booking_id}/alternatives", tags=["bookings"])
async def get_alternatives(
    booking_id: Annotated[str, Path(max_length=36)],
    actor: CurrentActor,
    store: CurrentStore,
    now: Now,
) -> Page[OfferedEvse]:
    """Where else to charge: what is free near your booked EVSE with the same plug, nearest first.

    From the start of your slot, or from now on, for as long as you booked; five at most.
    """
    found = await store.read(offering.alternatives, actor, booking_id, now)
    return Page(items=[OfferedEvse.of(each) for each in found], next=None)
