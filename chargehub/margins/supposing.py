"""What an owner without sessions could expect: the stations around, and the own costs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from chargehub.errors import Conflict, Invalid
from chargehub.margins import nearby
from chargehub.margins.nearby import Around
from chargehub.people.rules import Actor
from chargehub.stations.registration import owned_location
from chargehub.stations.schema import Location
from chargehub.store.work import Reads
from chargehub.tariffs import cost_models
from chargehub.tariffs.components import Segment, Usage
from chargehub.tariffs.costs import energy_cost
from chargehub.units import Span


class TooFewNearby(Conflict):
    """Too few stations around to tell of them without telling of one."""

    code = "too_few_nearby"


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody asks for: the cell, and who asks."""

    location_id: str
    time_zone: str
    cell: str
    owner_id: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a station around had of a month. `cost_minor` None: nobody has said what energy costs
    there, in this currency."""

    month: str
    currency: str
    around: Around
    cost_minor: int | None


def asked_month(month: str | None, now: datetime) -> str:
    """The month asked for, or the newest there is. Raises Invalid for one that is not settled, or
    was long ago."""
    first, last = nearby.months_known(now)
    if month is not None and not first <= month <= last:
        raise Invalid(f"Ask for a month from {first} to {last}: it is over and settled.")
    return month or last


def too_few(month: str, currency: str) -> TooFewNearby:
    """Told whatever it is that is missing, so that the refusal tells of nobody either."""
    return TooFewNearby(
        f"Within about {nearby.ABOUT_KM[-1]} km too few stations had paid sessions in {currency} in"
        f" {month}: it takes {nearby.LEAST_STATIONS} of {nearby.LEAST_OWNERS} other owners, none of"
        " whom is more than half of it. Try another month, or a station of your own: its sessions"
        " answer POST /stations/{id}/earnings-estimates."
    )


def place(reads: Reads, actor: Actor, location_id: str) -> Place:
    """The actor's own location. Raises NotFound."""
    location = owned_location(reads, actor.account_id, location_id)
    cell = reads.value(select(col(Location.cell)).where(col(Location.id) == location_id))
    return Place(location_id, location.time_zone, nearby.cell_of(cell), actor.account_id)


def cost(
    reads: Reads, place: Place, month: str, currency: str, energy_wh: int, now: datetime
) -> int | None:
    """What so much energy would cost, taken evenly over the month, by what is stated now."""
    stated = cost_models.version_at(reads, place.location_id, now)
    if stated is None or stated.model is None or stated.model.currency != currency:
        return None
    during: Span = nearby.month_span(int(month[:4]), int(month[5:]))
    segment = Segment(during.start, during.end, energy_wh, "charging")
    return energy_cost(stated.model, Usage(place.time_zone, (segment,))).total_minor
