"""Where a booked station is, for who booked it; and who was told, for its owner."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel

from chargehub.people.access import CurrentActor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.search import revealing
from chargehub.search.bodies import BookedPlaceBody
from chargehub.search.revealing import Reveal
from chargehub.stations.offered import CurrentSettings
from chargehub.stations.registration import owned_location

router = APIRouter()

Id = Annotated[str, Path(max_length=36)]


class RevealBody(BaseModel):
    """Who was told exactly where your location is, for which booking, how often and when."""

    booking_id: str
    account_id: str
    role: Literal["driver", "operator"]
    first_at: datetime
    last_at: datetime
    looks: int

    @classmethod
    def of(cls, reveal: Reveal) -> Self:
        return cls.model_validate({name: getattr(reveal, name) for name in cls.model_fields})


@router.get("/bookings/{booking_id}/place", tags=["bookings"])
async def get_booking_place(
    booking_id: Id, actor: CurrentActor, store: CurrentStore, settings: CurrentSettings, now: Now
) -> BookedPlaceBody:
    """Where the booked station is, exactly from shortly before the slot to shortly after it.

    The owner reads in `GET /locations/{location_id}/reveals` who was told.
    """
    margins = (
        timedelta(minutes=settings.address_before_minutes),
        timedelta(minutes=settings.address_after_minutes),
    )
    return BookedPlaceBody.of(await store.do(revealing.reveal, actor, booking_id, margins, now))


@router.get("/locations/{location_id}/reveals", tags=["stations"])
async def get_location_reveals(
    location_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[RevealBody]:
    """Who was told exactly where your location is, the latest first."""
    await store.read(owned_location, actor.account_id, location_id)
    rows = await store.read(revealing.reveals_of, location_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), RevealBody.of)
