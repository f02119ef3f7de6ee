"""Disputes of guests over REST: as those of drivers, about the one booking of the credential."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from chargehub.disputes import actions, opening, room, tables
from chargehub.disputes.bodies import (
    AnswerRequest,
    AppealRequest,
    DisputeBody,
    MessageBody,
    MessageRequest,
)
from chargehub.disputes.tables import Wanted
from chargehub.guests.access import CurrentGuest
from chargehub.guests.actions import Guest, booking_of
from chargehub.guests.bodies import GuestDisputeRequest
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    Page,
    idempotent,
    page,
)
from chargehub.settlement.contests import Subject
from chargehub.store.work import Work

router = APIRouter(tags=["guests"])

Id = Annotated[str, Path(max_length=36)]
_JSON: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {**_JSON, "description": "As it was frozen."}}


@router.post("/guest-booking/disputes", status_code=201, response_model=DisputeBody)
async def post_guest_dispute(
    wanted: GuestDisputeRequest,
    guest: CurrentGuest,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Dispute what was taken for your session, or for your booking if it ended without one.

    What the hub knows is frozen as evidence, and the disputed amount is kept from the owner.
    """
    route, who = "POST /guest-booking/disputes", guest.account_id
    return await idempotent(store, who, key, route, wanted, _open, guest, wanted, now)


def _open(work: Work, guest: Guest, wanted: GuestDisputeRequest, now: datetime) -> dict[str, Any]:
    booking = booking_of(work, guest)
    subject = Subject(booking_id=booking.id)
    if booking.session_id is not None:
        subject = Subject(session_id=booking.session_id)
    claim = opening.Claim(subject, wanted.kind, wanted.amount.money(), wanted.statement)
    view = opening.open_dispute(work, guest.actor, claim, now)
    return DisputeBody.of(view).model_dump(mode="json")


@router.get("/guest-booking/disputes")
async def get_guest_disputes(
    guest: CurrentGuest, store: CurrentStore, asked: CurrentPage
) -> Page[DisputeBody]:
    """The disputes about your booking, newest first; also what its owner claims of you."""
    wanted = Wanted(driver_id=guest.account_id)
    rows = await store.read(tables.page, wanted, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), DisputeBody.of)


@router.get("/guest-booking/disputes/{dispute_id}")
async def get_guest_dispute(
    dispute_id: Id, guest: CurrentGuest, store: CurrentStore
) -> DisputeBody:
    """A dispute as it stands."""
    return DisputeBody.of(await store.read(actions.seen_by, guest.actor, dispute_id))


@router.get(
    "/guest-booking/disputes/{dispute_id}/evidence", response_class=Response, responses=_DOCUMENT
)
async def get_guest_dispute_evidence(
    dispute_id: Id, guest: CurrentGuest, store: CurrentStore
) -> Response:
    """What the hub knew when the dispute was opened: canonical JSON, as drivers get it."""
    body = await store.read(actions.evidence, guest.actor, dispute_id)
    return Response(body, media_type="application/json")


@router.post("/guest-booking/disputes/{dispute_id}/answer")
async def post_guest_dispute_answer(
    dispute_id: Id, wanted: AnswerRequest, guest: CurrentGuest, store: CurrentStore, now: Now
) -> DisputeBody:
    """Answer what the owner claims of you: agree, or have an operator decide."""
    said = wanted.agrees, wanted.statement
    return DisputeBody.of(await store.do(actions.answer, guest.actor, dispute_id, *said, now))


@router.post("/guest-booking/disputes/{dispute_id}/withdrawal")
async def post_guest_dispute_withdrawal(
    dispute_id: Id, guest: CurrentGuest, store: CurrentStore, now: Now
) -> DisputeBody:
    """Take back a dispute that you opened. It cannot be opened again."""
    return DisputeBody.of(await store.do(actions.withdraw, guest.actor, dispute_id, now))


@router.post("/guest-booking/disputes/{dispute_id}/appeal")
async def post_guest_dispute_appeal(
    dispute_id: Id, wanted: AppealRequest, guest: CurrentGuest, store: CurrentStore, now: Now
) -> DisputeBody:
    """Appeal against the first decision, within 72 hours: another operator decides for good."""
    said = wanted.statement
    return DisputeBody.of(await store.do(actions.appeal, guest.actor, dispute_id, said, now))


@router.get("/guest-booking/disputes/{dispute_id}/messages")
async def get_guest_dispute_messages(
    dispute_id: Id, guest: CurrentGuest, store: CurrentStore, asked: CurrentPage
) -> Page[MessageBody]:
    """What was said and shown in the room of a dispute, oldest first."""
    rows = await store.read(room.said, guest.actor, dispute_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), MessageBody.of)


@router.post("/guest-booking/disputes/{dispute_id}/messages", status_code=201)
async def post_guest_dispute_message(
    dispute_id: Id, wanted: MessageRequest, guest: CurrentGuest, store: CurrentStore, now: Now
) -> MessageBody:
    """Say something to the owner and the operators."""
    return MessageBody.of(await store.do(room.say, guest.actor, dispute_id, wanted.text, now))
