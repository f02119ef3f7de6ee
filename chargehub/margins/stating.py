"""Owners state what energy costs them at a location. A month that is over keeps its costs."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from chargehub.errors import Conflict, Invalid
from chargehub.people.rules import Actor
from chargehub.stations.registration import owned_location
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.tariffs import cost_models, costs
from chargehub.tariffs.cost_models import COST_MODEL, CostModelRow, CostVersion
from chargehub.tariffs.costs import CostModel
from chargehub.tariffs.windows import month
from chargehub.units import Span

MOST_A_MONTH = 62  # versions that begin in one month: two a day, and every read of it is short


class PastMonth(Conflict):
    """New costs for a month that is over and has its own."""

    code = "past_month"


def state(
    work: Work,
    actor: Actor,
    location_id: str,
    model: CostModel,
    since: datetime | None,
    now: datetime,
) -> CostVersion:
    """From `since` on (None: from now) a kWh costs this; what was stated for later is dropped.

    The first statement may reach back as far as one likes. Raises NotFound, PastMonth, Invalid.
    """
    location = owned_location(work, actor.account_id, location_id)
    begins = now if since is None else since
    this_month = month(now, location.time_zone)
    if begins < this_month.start and _has_before(work, location_id, this_month.start):
        raise PastMonth(
            "A month that is over keeps its costs."
            f" State them from {this_month.start.isoformat()} on, or later."
        )
    held = cost_models.version_at(work, location_id, begins)
    if held is not None and held.until is None and held.model == model:
        return held
    _drop_from(work, location_id, begins)
    begun = month(begins, location.time_zone)
    if _count(work, location_id, begun) >= MOST_A_MONTH:
        raise Invalid(
            f"These costs changed {MOST_A_MONTH} times in one month."
            " Name an earlier `since` of this month to replace what was stated."
        )
    _insert(work, actor, location_id, costs.written(model), begins, now)
    return CostVersion(location_id, begins, None, model, now)


def end(work: Work, actor: Actor, location_id: str, now: datetime) -> None:
    """From now on nobody says what a kWh costs there; what was stands. Twice is once.

    Raises NotFound.
    """
    owned_location(work, actor.account_id, location_id)
    _drop_from(work, location_id, now)
    held = cost_models.version_at(work, location_id, now)
    if held is not None and held.model is not None:
        _insert(work, actor, location_id, None, now, now)


def _insert(
    work: Work, actor: Actor, location_id: str, model: Any, since: datetime, now: datetime
) -> None:
    work.add(
        CostModelRow(
            id=new_id(),
            location_id=location_id,
            owner_id=actor.account_id,
            since=since,
            model=model,
            stated_at=now,
        )
    )


def _drop_from(work: Work, location_id: str, since: datetime) -> None:
    is_later = (COST_MODEL.c.location_id == location_id) & (COST_MODEL.c.since >= since)
    work.execute(delete(COST_MODEL).where(is_later))


def _has_before(work: Work, location_id: str, moment: datetime) -> bool:
    is_it = (COST_MODEL.c.location_id == location_id) & (COST_MODEL.c.since < moment)
    return work.value(select(COST_MODEL.c.id).where(is_it).limit(1)) is not None


def _count(work: Work, location_id: str, during: Span) -> int:
    is_it = (COST_MODEL.c.location_id == location_id) & (
        COST_MODEL.c.since.between(during.start, during.end)
    )
    return int(work.value(select(func.count()).where(is_it)))
