"""What owners state and are told of their costs."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from chargehub.rest.bodies import Instant
from chargehub.tariffs.cost_bodies import CostsBody
from chargehub.tariffs.cost_models import CostVersion
from chargehub.tariffs.costs import CostModel


class CostModelRequest(CostsBody):
    """What a kWh costs you at a location, from `since` on; left out: from now on.

    What was stated for later is dropped. A month that is over keeps its costs, but your first
    statement may reach back.
    """

    since: Instant | None = None


class CostModelBody(BaseModel):
    """What a kWh costs you at a location, from `since` until `until`; null: until you say else."""

    location_id: str
    since: datetime
    until: datetime | None
    stated_at: datetime
    costs: CostsBody

    @classmethod
    def of(cls, version: CostVersion, model: CostModel) -> Self:
        return cls(
            location_id=version.location_id,
            since=version.since,
            until=version.until,
            stated_at=version.stated_at,
            costs=CostsBody.model_construct(**CostsBody.fields_of(model)),
        )
