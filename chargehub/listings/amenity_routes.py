"""What there is at a location, over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.listings import amenities
from chargehub.listings.traits import AMENITIES
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore

router = APIRouter(tags=["listings"])

Writer = Annotated[Actor, Depends(needs("stations:write"))]
Id = Annotated[str, Path(max_length=36)]
Name = Annotated[str, Field(max_length=30)]


class AmenitiesRequest(Body):
    """What there is at your location or close by, in OCPI's names of facilities."""

    amenities: Annotated[
        list[Name], Field(max_length=len(AMENITIES), examples=[["CAFE", "SUPERMARKET"]])
    ]


class AmenitiesBody(BaseModel):
    """What there is at a location, in OCPI's names of facilities and in their order."""

    location_id: str
    amenities: list[str]


@router.put("/locations/{location_id}/amenities")
async def put_amenities(
    location_id: Id, wanted: AmenitiesRequest, actor: Writer, store: CurrentStore
) -> AmenitiesBody:
    """Say what there is at your location. Drivers see it at once, and can search by it."""
    said = await store.do(amenities.say_amenities, actor, location_id, wanted.amenities)
    return AmenitiesBody(location_id=location_id, amenities=list(said))


@router.get("/locations/{location_id}/amenities")
async def get_amenities(location_id: Id, actor: CurrentActor, store: CurrentStore) -> AmenitiesBody:
    """What you said there is at your location."""
    said = await store.read(amenities.amenities_of, actor, location_id)
    return AmenitiesBody(location_id=location_id, amenities=list(said))
