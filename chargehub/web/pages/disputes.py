"""Disputing what was taken: the form, and the room in which both sides and operators speak."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response

from chargehub.web.api import Api, Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.pages.guests import CurrentTicket
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()


class Room:
    """Disputes of one person: of an account, or of a guest about one booking."""

    def __init__(self, visitor: Visitor, api: Api, path: str, root: str) -> None:
        self.visitor = visitor
        self.api = api
        self.path = path
        self.root = root

    async def asked(self, subject: dict[str, Any], form: Form, status: int = 200) -> Response:
        """The form to dispute something."""
        values = {"subject": subject, "root": self.root}
        return self.visitor.page("driver/dispute_form.html", status, form=form, **values)

    async def opened(self, subject: dict[str, Any], form: Form) -> Response:
        """Open a dispute about it."""
        currency = subject["currency"]
        try:
            amount = form.money("amount", currency, self.visitor.language)
            if amount is None:
                raise wrong("amount", _("Give an amount."))
            sent = {
                "kind": form.text("kind"),
                "statement": form.text("statement"),
                "amount": {"amount_minor": amount, "currency": currency},
                **subject["names"],
            }
            made = await self.api.post(self.path, sent, form.key)
        except Refused as refused:
            form.refused(refused, {"amount_minor": "amount"})
            return await self.asked(subject, form, refused.status)
        return self.visitor.to(f"{self.root}/{made['id']}")

    async def page(self, dispute_id: str, form: Form, status: int = 200) -> Response:
        """A dispute as it stands, and what was said."""
        dispute = await self.api.get(f"{self.path}/{dispute_id}")
        said = await self.api.all(f"{self.path}/{dispute_id}/messages")
        is_guest = self.path != self.root
        return self.visitor.page(
            "driver/dispute.html",
            status,
            form=form,
            dispute=dispute,
            said=said,
            root=f"{self.root}/{dispute_id}",
            photos="" if is_guest else f"/data/disputes/{dispute_id}/photos",
        )

    async def done(self, dispute_id: str, step: str, form: Form) -> Response:
        """One step of a dispute: messages, withdrawal, answer or appeal."""
        sent: dict[str, dict[str, Any]] = {
            "messages": {"text": form.text("text")},
            "appeal": {"statement": form.text("statement")},
            "answer": {"agrees": form.is_set("agrees"), "statement": form.text("statement")},
        }
        try:
            await self.api.post(f"{self.path}/{dispute_id}/{step}", sent.get(step))
        except Refused as refused:
            return await self.page(dispute_id, form.refused(refused), refused.status)
        return self.visitor.to(f"{self.root}/{dispute_id}")


async def _room(visitor: KnownVisitor) -> Room:
    return Room(visitor, visitor.api, "/disputes", "/disputes")


async def _guests_room(ticket: CurrentTicket) -> Room:
    path = "/guest-booking/disputes"
    return Room(ticket.visitor, ticket.api, path, f"{ticket.here}/disputes")


DriversRoom = Annotated[Room, Depends(_room)]
GuestsRoom = Annotated[Room, Depends(_guests_room)]
STEPS = ("messages", "withdrawal", "answer", "appeal")


@router.get("/disputes")
async def get_disputes(room: DriversRoom) -> Response:
    """Your disputes as a driver."""
    found = (await room.api.get("/disputes", {"role": "driver", "limit": 50}))["items"]
    return room.visitor.page("driver/disputes.html", disputes=found)


async def _subject(room: Room, kind: "Kind", subject_id: str) -> dict[str, Any]:
    """What is disputed, and at most how much was taken for it."""
    found = await room.api.get(f"/{kind}/{subject_id}")
    taken = found["cost"] if kind == "sessions" else found["fee"]
    return {
        "names": {"session_id" if kind == "sessions" else "booking_id": subject_id},
        "action": f"/{kind}/{subject_id}/dispute",
        "amount": taken,
        "currency": taken["currency"] if taken else "EUR",
        "is_fee": kind == "bookings",
    }


async def _guests_subject(ticket: CurrentTicket) -> dict[str, Any]:
    booking, session = ticket.booking, await ticket.session()
    taken = (session or {}).get("cost") or booking["fee"]
    return {
        "names": {},
        "action": f"{ticket.here}/dispute",
        "amount": taken,
        "currency": taken["currency"] if taken else "EUR",
        "is_fee": session is None,
    }


GuestsSubject = Annotated[dict[str, Any], Depends(_guests_subject)]


@router.get("/guest-booking/{credential}/dispute")
async def get_guest_dispute_form(room: GuestsRoom, subject: GuestsSubject) -> Response:
    """The form to dispute what was taken of a guest."""
    return await room.asked(subject, Form())


@router.post("/guest-booking/{credential}/dispute")
async def post_guest_dispute(
    room: GuestsRoom, subject: GuestsSubject, form: CurrentForm
) -> Response:
    """Dispute it."""
    return await room.opened(subject, form)


@router.get("/guest-booking/{credential}/disputes/{dispute_id}")
async def get_guest_dispute(dispute_id: str, room: GuestsRoom) -> Response:
    """A guest's dispute as it stands."""
    return await room.page(dispute_id, Form())


@router.post("/guest-booking/{credential}/disputes/{dispute_id}/{step}")
async def post_guest_dispute_step(
    dispute_id: str, step: str, room: GuestsRoom, form: CurrentForm
) -> Response:
    """Say something, take it back, answer, or appeal."""
    if step not in STEPS:
        raise Refused(404, {})
    return await room.done(dispute_id, step, form)


Kind = Literal["sessions", "bookings"]


@router.get("/{kind}/{subject_id}/dispute")
async def get_dispute_form(kind: Kind, subject_id: str, room: DriversRoom) -> Response:
    """The form to dispute a session's bill, or a booking's fee."""
    return await room.asked(await _subject(room, kind, subject_id), Form())


@router.post("/{kind}/{subject_id}/dispute")
async def post_dispute(
    kind: Kind, subject_id: str, room: DriversRoom, form: CurrentForm
) -> Response:
    """Dispute it."""
    return await room.opened(await _subject(room, kind, subject_id), form)


@router.get("/disputes/{dispute_id}")
async def get_dispute(dispute_id: str, room: DriversRoom) -> Response:
    """A dispute as it stands."""
    return await room.page(dispute_id, Form())


@router.post("/disputes/{dispute_id}/{step}")
async def post_dispute_step(
    dispute_id: str, step: str, room: DriversRoom, form: CurrentForm
) -> Response:
    """Say something, take it back, answer, or appeal."""
    if step not in STEPS:
        raise Refused(404, {})
    return await room.done(dispute_id, step, form)
