"""Bookings that an owner's new hours leave out, as the owner is warned. Who knows of bookings is
the application's to say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, Self

from fastapi import Depends, Request
from pydantic import BaseModel

from chargehub.listings.tables import ListingView
from chargehub.store.work import Reads


@dataclass(frozen=True, slots=True)
class BookingOutside:
    """A booking that is not within its station's hours."""

    booking_id: str
    evse_id: str
    starts_at: datetime
    ends_at: datetime
    status: str


class BookingOutsideBody(BaseModel):
    """A booking that stands, for a time at which you are no longer open. It need not be cancelled:
    its driver comes, and pays as was agreed."""

    booking_id: str
    evse_id: str
    starts_at: datetime
    ends_at: datetime
    status: str

    @classmethod
    def all_of(cls, found: Iterable[BookingOutside]) -> list[Self]:
        return [cls.model_validate(each, from_attributes=True) for each in found]


class Outside(Protocol):
    """Finds bookings to come that are not within a listing's hours; the soonest first."""

    def __call__(
        self, reads: Reads, listing: ListingView, now: datetime
    ) -> tuple[BookingOutside, ...]: ...


async def _outside(request: Request) -> Outside:
    found: Outside = request.app.state.hub.outside
    return found


CurrentOutside = Annotated[Outside, Depends(_outside)]
