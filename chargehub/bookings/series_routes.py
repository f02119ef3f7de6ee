"""Weekly bookings over REST."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.bookings import repeating
from chargehub.bookings.bodies import BookingBody
from chargehub.bookings.repeating import Series, WantedSeries
from chargehub.bookings.rules import Wanted
from chargehub.bookings.weekly import MOST_WEEKS
from chargehub.errors import Obstacle
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import ID_TOKEN_LONGEST, Actor
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    Page,
    idempotent,
    page,
)
from chargehub.store.work import Work

router = APIRouter(tags=["bookings"])

SeriesId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("bookings:write"))]


class SeriesRequest(Body):
    """The slot of the first week, for so many weeks; the later ones are at the same local times.

    `skip_conflicts`: weeks that cannot be had are left out; without it nothing is booked then.
    """

    evse_id: Annotated[str, Field(min_length=1, max_length=36)]
    starts_at: Instant
    ends_at: Instant
    weeks: Annotated[int, Field(ge=2, le=MOST_WEEKS)]
    skip_conflicts: bool = False
    id_token: Annotated[str | None, Field(min_length=1, max_length=ID_TOKEN_LONGEST)] = None

    def wanted(self) -> WantedSeries:
        first = Wanted(self.evse_id, self.starts_at, self.ends_at, self.id_token)
        return WantedSeries(first, self.weeks, self.skip_conflicts)


class SkippedBody(BaseModel):
    """A week that was left out, and why."""

    starts_at: datetime
    ends_at: datetime
    code: str
    detail: str

    @classmethod
    def of(cls, obstacle: Obstacle) -> Self:
        return cls.model_validate({name: getattr(obstacle, name) for name in cls.model_fields})


class SeriesBody(BaseModel):
    """Weekly bookings, by their start; each is paid for near its day, as every booking is.

    `skipped` is told once, when they are made.
    """

    id: str
    evse_id: str
    created_at: datetime
    bookings: list[BookingBody]
    skipped: list[SkippedBody]

    @classmethod
    def of(cls, series: Series) -> Self:
        return cls(
            id=series.series.id,
            evse_id=series.series.evse_id,
            created_at=series.series.created_at,
            bookings=[BookingBody.of(booking) for booking in series.bookings],
            skipped=[SkippedBody.of(obstacle) for obstacle in series.skipped],
        )


class CancelRequest(Body):
    """From which start on; without it all that are still to come."""

    since: Instant | None = None


@router.post("/booking-series", status_code=201, response_model=SeriesBody)
async def post_series(
    wanted: SeriesRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Book a slot every week; each is a booking of its own. Weeks in the way are in `obstacles`.

    The deposit of a slot that is more than six days away is asked for then, not now.
    """
    return await idempotent(
        store,
        actor.account_id,
        key,
        "POST /booking-series",
        wanted,
        _book_series,
        actor,
        wanted.wanted(),
        now,
    )


def _book_series(work: Work, actor: Actor, wanted: WantedSeries, now: datetime) -> dict[str, Any]:
    made = repeating.book_series(work, actor, wanted, now)
    return SeriesBody.of(made).model_dump(mode="json")


@router.get("/booking-series")
async def get_series_list(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[SeriesBody]:
    """Your weekly bookings, the newest series first."""
    rows = await store.read(repeating.all_of, actor.account_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.series.id,), SeriesBody.of)


@router.get("/booking-series/{series_id}")
async def get_series(series_id: SeriesId, actor: CurrentActor, store: CurrentStore) -> SeriesBody:
    """A series of yours with its bookings as they stand."""
    return SeriesBody.of(await store.read(repeating.own, actor, series_id))


@router.post("/booking-series/{series_id}/cancel")
async def post_series_cancel(
    series_id: SeriesId, wanted: CancelRequest, actor: Writer, store: CurrentStore, now: Now
) -> SeriesBody:
    """Cancel those that begin at `since` or later, each for what its own cancellation costs.

    Cancel one alone as any booking. Twice is once.
    """
    since = wanted.since or now
    return SeriesBody.of(await store.do(repeating.cancel_later, actor, series_id, since, now))
