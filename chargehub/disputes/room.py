"""The room of a dispute: what the sides and operators say to each other, and the photos shown."""

from datetime import datetime
from typing import Literal

from chargehub.disputes import rules, tables
from chargehub.disputes.actions import seen_by
from chargehub.disputes.schema import DisputeMessage, DisputePhoto
from chargehub.disputes.views import DisputeView, MessageView
from chargehub.errors import NotFound
from chargehub.listings.pictures import Picture
from chargehub.people.rules import Actor
from chargehub.store.columns import new_id, values_of
from chargehub.store.work import Reads, Work

Author = Literal["driver", "owner", "operator"]


def say(work: Work, actor: Actor, dispute_id: str, text: str, now: datetime) -> MessageView:
    """Say something to everybody in the room. Raises NoSuchDispute, DisputeMovedOn, RoomFull."""
    return _enter(work, actor, dispute_id, text, None, now)


def show(work: Work, actor: Actor, dispute_id: str, picture: Picture, now: datetime) -> MessageView:
    """Show a photo to everybody in the room. Raises NoSuchDispute, DisputeMovedOn, RoomFull."""
    photo_id = new_id()
    message = _enter(work, actor, dispute_id, "", photo_id, now)
    row = {"id": photo_id, "dispute_id": dispute_id, "account_id": actor.account_id}
    work.insert(DisputePhoto, **row, content=picture.content)
    return message


def _enter(
    work: Work,
    actor: Actor,
    dispute_id: str,
    text: str,
    photo_id: str | None,
    now: datetime,
) -> MessageView:
    view = seen_by(work, actor, dispute_id)
    if view.status == "closed":
        raise rules.DisputeMovedOn("The dispute is over, and its room is closed.")
    messages, photos = tables.count_messages(work, dispute_id)
    if messages >= rules.MOST_MESSAGES:
        raise rules.RoomFull(f"A room has {rules.MOST_MESSAGES} messages at most.")
    if photo_id is not None and photos >= rules.MOST_PHOTOS:
        raise rules.RoomFull(f"A room has {rules.MOST_PHOTOS} photos at most.")
    message = MessageView(new_id(), dispute_id, _author(view, actor), text, photo_id, now)
    work.insert(DisputeMessage, **values_of(message), account_id=actor.account_id)
    return message


def _author(view: DisputeView, actor: Actor) -> Author:
    return view.party(actor.account_id) or "operator"


def said(
    reads: Reads, actor: Actor, dispute_id: str, after: str | None, limit: int
) -> tuple[MessageView, ...]:
    """What was said, oldest first, after the id `after`. Raises NoSuchDispute."""
    seen_by(reads, actor, dispute_id)
    return tables.messages(reads, dispute_id, after, limit)


def photo(reads: Reads, actor: Actor, dispute_id: str, photo_id: str) -> bytes:
    """The JPEG file of a photo. Raises NoSuchDispute, NotFound."""
    seen_by(reads, actor, dispute_id)
    found = tables.photo(reads, dispute_id, photo_id)
    if found is None:
        raise NotFound("There is no such photo in the room of this dispute.")
    return found
