"""The room of a dispute over REST: messages, and photos that are drawn anew."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from chargehub.disputes import room
from chargehub.disputes.bodies import MessageBody, MessageRequest
from chargehub.listings import pictures
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Narrow

router = APIRouter(tags=["disputes"])

Id = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("payments:write"))]
_narrow = Depends(Narrow("dispute photos", at_once=1, waiting=10), scope="function")
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


async def _whole(request: Request, actor: Writer) -> bytes:
    """The body, once it is known who sends it, and before a place among the few is taken."""
    return await request.body()


@router.get("/disputes/{dispute_id}/messages")
async def get_dispute_messages(
    dispute_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[MessageBody]:
    """What was said and shown in the room of a dispute, oldest first."""
    rows = await store.read(room.said, actor, dispute_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), MessageBody.of)


@router.post("/disputes/{dispute_id}/messages", status_code=201)
async def post_dispute_message(
    dispute_id: Id, wanted: MessageRequest, actor: Writer, store: CurrentStore, now: Now
) -> MessageBody:
    """Say something to the other side and the operators."""
    return MessageBody.of(await store.do(room.say, actor, dispute_id, wanted.text, now))


@router.post(
    "/disputes/{dispute_id}/photos",
    status_code=201,
    dependencies=[Depends(_whole), _narrow],
    openapi_extra=_BODY,
)
async def post_dispute_photo(
    dispute_id: Id,
    sent: Annotated[bytes, Depends(_whole)],
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> MessageBody:
    """Show a photo in the room: a JPEG, PNG or WebP file of 8 MiB at most, as the body.

    It is drawn anew; nothing else of the file is kept.
    """
    picture = await asyncio.to_thread(pictures.redrawn, sent)
    return MessageBody.of(await store.do(room.show, actor, dispute_id, picture, now))


@router.get(
    "/disputes/{dispute_id}/photos/{photo_id}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": _BINARY}, "description": "The JPEG file."}},
)
async def get_dispute_photo(
    dispute_id: Id, photo_id: Id, actor: CurrentActor, store: CurrentStore
) -> Response:
    """The file of a photo that was shown."""
    content = await store.read(room.photo, actor, dispute_id, photo_id)
    return Response(content, media_type="image/jpeg", headers=_HEADERS)
