"""Photos of stations over REST. What is sent is a file, and what is shown is another."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from chargehub.listings import photos, pictures
from chargehub.listings.photos import PhotoView
from chargehub.people.access import FOR_ANYBODY, KnownActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Narrow, Throttled

router = APIRouter(tags=["listings"])

Id = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("stations:write"))]
_throttle = Depends(Throttled("photos", rate_per_s=50, burst=300))
_narrow = Depends(Narrow("photos", at_once=1, waiting=10), scope="function")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {f"image/{kind.lower()}": _BINARY for kind in pictures.FORMATS},
    }
}
# An image in a page of its own must run nothing.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": 'inline; filename="photo.jpg"',
}
# One that was removed is gone in an hour. One that is not for everybody is in no shared cache.
_CACHED = {"Cache-Control": "public, max-age=3600"}


async def _whole(request: Request, actor: Writer) -> bytes:
    """The body, once it is known who sends it, and before a place among the few is taken."""
    return await request.body()


class PhotoBody(BaseModel):
    """A photo of a station: `GET /photos/{id}` gives the JPEG file, of so many pixels and bytes."""

    id: str
    station_id: str
    width: int
    height: int
    size_bytes: int
    added_at: datetime

    @classmethod
    def of(cls, photo: PhotoView) -> Self:
        return cls.model_validate({name: getattr(photo, name) for name in cls.model_fields})


@router.post(
    "/stations/{station_id}/photos",
    status_code=201,
    dependencies=[Depends(_whole), _narrow],
    openapi_extra=_BODY,
)
async def post_photo(
    station_id: Id,
    sent: Annotated[bytes, Depends(_whole)],
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> PhotoBody:
    """Add a photo of your station: a JPEG, PNG or WebP file of 8 MiB at most, as the body.

    It is drawn anew, 1,600 pixels at most on the longer edge. Nothing else of the file is kept:
    not where, when and with what it was taken.
    """
    picture = await asyncio.to_thread(pictures.redrawn, sent)
    return PhotoBody.of(await store.do(photos.add_photo, actor, station_id, picture, now))


@router.get("/stations/{station_id}/photos", dependencies=[_throttle], openapi_extra=FOR_ANYBODY)
async def get_photos(
    station_id: Id, actor: KnownActor, store: CurrentStore, asked: CurrentPage
) -> Page[PhotoBody]:
    """The photos of a published station, or of your own."""
    rows = await store.read(photos.photos_of, actor, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), PhotoBody.of)


@router.get(
    "/photos/{photo_id}",
    dependencies=[_throttle],
    openapi_extra=FOR_ANYBODY,
    response_class=Response,
    responses={200: {"content": {"image/jpeg": _BINARY}, "description": "The JPEG file."}},
)
async def get_photo(photo_id: Id, actor: KnownActor, store: CurrentStore) -> Response:
    """The file of a photo, without any metadata."""
    content, is_for_all = await store.read(photos.content, actor, photo_id)
    headers = _HEADERS | (_CACHED if is_for_all else {})
    return Response(content, media_type="image/jpeg", headers=headers)


@router.delete("/stations/{station_id}/photos/{photo_id}", status_code=204)
async def delete_photo(station_id: Id, photo_id: Id, actor: Writer, store: CurrentStore) -> None:
    """Remove a photo of your station. Nothing of it is kept; twice is once."""
    await store.do(photos.remove_photo, actor, station_id, photo_id)
