"""Publishing over REST: with which tariff and when a station is open to drivers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.errors import NotFound
from chargehub.listings import actions, tables
from chargehub.listings.asked import TakesCards
from chargehub.listings.rules import (
    MAX_WINDOWS,
    Access,
    Audience,
    Hours,
    check_grade,
    read_hours,
    write_hours,
)
from chargehub.listings.shut_out import BookingOutside, BookingOutsideBody, CurrentOutside
from chargehub.listings.tables import ListingView
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, Now
from chargehub.stations import grades
from chargehub.stations.offered import CurrentSettings
from chargehub.stations.registration import owned_station
from chargehub.store.work import Reads
from chargehub.tariffs.warned import BelowCostBody, CurrentWarner, Warnings

router = APIRouter(tags=["listings"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
StationId = Annotated[str, Path(max_length=36)]


class WindowBody(Body):
    """Open on these weekdays (0 is Monday) from one local time until another.

    "24:00" is the end of the day; `to` at or before `from` is on the next day.
    """

    weekdays: Annotated[list[int], Field(min_length=1, max_length=7, examples=[[0, 1, 2, 3, 4]])]
    start: Annotated[str, Field(alias="from", max_length=5, examples=["07:00"])]
    until: Annotated[str, Field(alias="to", max_length=5, examples=["22:00"])]


OpeningHours = (
    Literal["24/7"] | Annotated[list[WindowBody], Field(min_length=1, max_length=MAX_WINDOWS)]
)


class ListingRequest(Body):
    """What a station offers, when, and to whom.

    `access` members: others neither see, book nor start it; `member_group_id`: those of this group
    of yours alone, null: of any.
    """

    tariff_id: Annotated[str, Field(max_length=36)]
    opening_hours: OpeningHours
    access: Access = "public"
    member_group_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None

    def audience(self) -> Audience:
        """Raises BadAudience."""
        return Audience(self.access, self.member_group_id)

    def hours(self) -> Hours:
        """Raises BadHours."""
        return read_hours(self.model_dump(by_alias=True)["opening_hours"])


class ListingBody(BaseModel):
    """What a station offers, and to whom. The hours are by its location's time zone.

    `warnings`: prices of its tariff that lie below what you said that energy costs you there.
    `bookings_outside_hours`: what others have booked for a time at which you are not open, the
    soonest first, 50 at most. They stand; cancelling one costs you a penalty.
    """

    station_id: str
    tariff_id: str
    opening_hours: OpeningHours
    access: Access
    member_group_id: str | None
    published_at: datetime
    warnings: list[BelowCostBody]
    bookings_outside_hours: list[BookingOutsideBody]

    @classmethod
    def of(
        cls, listing: ListingView, warnings: Warnings, outside: Sequence[BookingOutside]
    ) -> Self:
        return cls(
            station_id=listing.station_id,
            tariff_id=listing.tariff_id,
            opening_hours=write_hours(listing.hours),
            access=listing.audience.access,
            member_group_id=listing.audience.group_id,
            published_at=listing.published_at,
            warnings=BelowCostBody.all_of(warnings),
            bookings_outside_hours=BookingOutsideBody.all_of(outside),
        )


@router.put("/stations/{station_id}/listing")
async def put_listing(
    station_id: StationId,
    wanted: ListingRequest,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    warner: CurrentWarner,
    outside: CurrentOutside,
    takes_cards: TakesCards,
    now: Now,
) -> ListingBody:
    """Publish your station, or change what it offers; what is booked keeps its price.

    Bookings that the new hours leave out stand, and are named in `bookings_outside_hours`.
    For everybody only with the grade of a check-up that this hub asks for.
    """
    if wanted.access == "public":
        await store.read(_check_grade, actor.account_id, station_id, settings.listing_grade)
    listing = await store.do(
        actions.publish,
        actor,
        station_id,
        wanted.tariff_id,
        wanted.hours(),
        now,
        wanted.audience(),
        takes_cards if wanted.access == "public" else None,
    )
    warnings = await store.read(warner.of_station, station_id, listing.tariff_id, now)
    return ListingBody.of(listing, warnings, await store.read(outside, listing, now))


@router.get("/stations/{station_id}/listing")
async def get_listing(
    station_id: StationId,
    actor: CurrentActor,
    store: CurrentStore,
    warner: CurrentWarner,
    outside: CurrentOutside,
    now: Now,
) -> ListingBody:
    """What your station offers."""
    listing = await store.read(_listing, actor.account_id, station_id)
    warnings = await store.read(warner.of_station, station_id, listing.tariff_id, now)
    return ListingBody.of(listing, warnings, await store.read(outside, listing, now))


@router.delete("/stations/{station_id}/listing", status_code=204)
async def delete_listing(
    station_id: StationId, actor: Writer, store: CurrentStore, now: Now
) -> None:
    """Take your station off the market; what is booked stays booked. Twice is once."""
    await store.do(actions.withdraw, actor, station_id, now)


def _check_grade(reads: Reads, owner_id: str, station_id: str, least: str) -> None:
    owned_station(reads, owner_id, station_id)
    found = grades.of_station(reads, station_id)
    check_grade(found.grade, found.lapsed_at is not None, found.is_enough(least), least)


def _listing(reads: Reads, owner_id: str, station_id: str) -> ListingView:
    owned_station(reads, owner_id, station_id)
    found = tables.listing(reads, station_id)
    if found is None:
        raise NotFound("This station is not published.")
    return found
