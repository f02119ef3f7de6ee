"""What a newcomer could earn, from the stations around, over REST."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from chargehub.margins import nearby, sums, supposing
from chargehub.margins.nearby import Around, StationMonth
from chargehub.margins.supposing import Expected, Place
from chargehub.people.access import needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Narrow
from chargehub.store.writer import Store
from chargehub.units import CURRENCIES, Money

router = APIRouter(tags=["margins"])
# The first to ask of a part of a town has its sessions read; stations come first.
_narrow = Depends(Narrow("nearby", at_once=1, waiting=20), scope="function")


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("currency", "Give a currency by its ISO 4217 code, like EUR.")
    return code


class NearbyRequest(Body):
    """A calendar month (UTC) that is over; left out: the newest that is settled."""

    currency: Annotated[str, Field(examples=["EUR"]), AfterValidator(_currency)]
    month: Annotated[
        str | None, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-03"])
    ] = None


class NearbyBody(BaseModel):
    """What one station within some `about_km` had of a month, by the mean of at least `stations`
    of `owners`, your own left out. All figures are rounded to steps of about a fifth.

    `cost`: what so much energy would cost you, taken evenly over the month, by what you say of
    this location now; `margin` = earned - cost. null: you say nothing in this currency.
    """

    month: str
    about_km: int
    stations: int
    owners: int
    sessions: int
    energy_wh: int
    gross: MoneyBody
    earned: MoneyBody
    cost: MoneyBody | None
    margin: MoneyBody | None

    @classmethod
    def of(cls, found: Expected) -> Self:
        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, found.currency))

        around, cost = found.around, found.cost_minor
        return cls(
            month=found.month,
            about_km=nearby.ABOUT_KM[around.rings],
            stations=around.stations,
            owners=around.owners,
            sessions=around.sessions,
            energy_wh=around.energy_wh,
            gross=money(around.gross_minor),
            earned=money(around.earned_minor),
            cost=None if cost is None else money(cost),
            margin=None if cost is None else money(around.earned_minor - cost),
        )


@router.post("/locations/{location_id}/earnings-estimates", dependencies=[_narrow])
async def post_nearby_estimate(
    location_id: Annotated[str, Path(max_length=36)],
    wanted: NearbyRequest,
    actor: Annotated[Actor, Depends(needs("tariffs:write"))],
    store: CurrentStore,
    now: Now,
) -> NearbyBody:
    """What a station at your location could have earned in a month, from real sessions around.

    For places without sessions of their own. It is told only where nobody's own figures can be
    worked out, and refused elsewhere.
    """
    place = await store.read(supposing.place, actor, location_id)
    month = supposing.asked_month(wanted.month, now)
    around = await _around(store, place, month, wanted.currency, now)
    asked = (place, month, wanted.currency, around.energy_wh, now)
    cost = await store.read(supposing.cost, *asked)
    return NearbyBody.of(Expected(month, wanted.currency, around, cost))


async def _around(store: Store, place: Place, month: str, currency: str, now: datetime) -> Around:
    """The mean of the stations around, ring by ring, until it tells of nobody. Readers sum what
    nobody has asked for before, and the writer keeps it. Raises TooFewNearby."""
    found: list[StationMonth] = []
    for rings in range(nearby.RINGS + 1):
        cells = nearby.ring(place.cell, rings)
        fresh = await store.read(sums.missing, month, cells)
        if fresh:
            await store.do(sums.keep, fresh, now)
        found += await store.read(sums.kept, month, cells, currency, place.owner_id)
        if nearby.is_anonymous(found):
            return nearby.mean(found, rings)
    raise supposing.too_few(month, currency)
