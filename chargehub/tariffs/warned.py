"""Prices below cost, as owners are warned of them. Who judges is the application's to say."""

from datetime import datetime
from typing import Annotated, Protocol, Self

from fastapi import Depends, Request
from pydantic import BaseModel

from chargehub.store.work import Reads
from chargehub.tariffs.below_cost import BelowCost, Code
from chargehub.tariffs.fields import PriceText
from chargehub.tariffs.tables import TariffView

Warnings = tuple[tuple[str, BelowCost], ...]
"""Pairs of a location's id and what lies below cost there."""


class BelowCostBody(BaseModel):
    """A price per kWh of yours that leaves you less than energy costs you at a location.

    `earned_per_kwh` is what you have of `price_per_kwh` without the hub's fee; from
    `suggested_per_kwh` on it would cover `cost_per_kwh`. price_below_cost: at some hour.
    floor_below_cost: your floor, to which prices that move may fall.
    """

    code: Code
    location_id: str
    detail: str
    price_per_kwh: PriceText
    earned_per_kwh: PriceText
    cost_per_kwh: PriceText
    suggested_per_kwh: PriceText | None

    @classmethod
    def all_of(cls, warnings: Warnings) -> list[Self]:
        return [
            cls.model_construct(
                code=each.code,
                location_id=location_id,
                detail=each.detail,
                price_per_kwh=each.price_per_kwh,
                earned_per_kwh=each.earned_per_kwh,
                cost_per_kwh=each.cost_per_kwh,
                suggested_per_kwh=each.suggested_per_kwh,
            )
            for location_id, each in warnings
        ]


class Warner(Protocol):
    """Judges a tariff by what its owner has said of costs."""

    def of_tariff(self, reads: Reads, tariff: TariffView, now: datetime) -> Warnings:
        """Where it is offered; where it is offered nowhere, at all of the owner's locations."""

    def of_station(self, reads: Reads, station_id: str, tariff_id: str, now: datetime) -> Warnings:
        """At the location of a station."""


async def _warner(request: Request) -> Warner:
    warner: Warner = request.app.state.hub.warner
    return warner


CurrentWarner = Annotated[Warner, Depends(_warner)]
