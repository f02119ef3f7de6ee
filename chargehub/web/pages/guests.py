"""Booking without an account: a link by mail, then one booking that its address opens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chargehub.web.api import Api, Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import instant
from chargehub.web.languages import mark as _
from chargehub.web.pages.offers import FIELDS, evse_of, others, slot
from chargehub.web.pages.returning import lead_away
from chargehub.web.pages.walk_up import RUNNING
from chargehub.web.visitors import AnyVisitor, Visitor

router = APIRouter()

AHEAD = ("requested", "held", "confirmed")
TRIAL_CARD = {"rail": "sandbox", "reference": "ok"}
_BOOKING = "/guest-booking"


@router.get("/guest-book/{evse_id}")
async def get_guest_wish(evse_id: str, visitor: AnyVisitor) -> Response:
    """The form to have a link mailed by which a slot is booked."""
    return await _wish(visitor, evse_id, Form(visitor.request.query_params.multi_items()))


async def _wish(visitor: Visitor, evse_id: str, form: Form, status: int = 200) -> Response:
    evse = await visitor.api.get(f"/evses/{evse_id}")
    zone = evse["location"]["time_zone"]
    return visitor.page("guest/wish.html", status, form=form, evse=evse, zone=zone)


@router.post("/guest-book/{evse_id}")
async def post_guest_wish(evse_id: str, visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Have the link mailed."""
    try:
        evse = await visitor.api.get(f"/evses/{evse_id}")
        wanted = {"evse_id": evse_id, "email": form.text("email"), **slot(visitor, form, evse)}
        quote = await visitor.api.post("/guest-bookings", wanted)
    except Refused as refused:
        return await _wish(visitor, evse_id, form.refused(refused, FIELDS), refused.status)
    zone = evse["location"]["time_zone"]
    return visitor.page("guest/mailed.html", form=form, evse=evse, quote=quote, zone=zone)


@router.get("/guest-bookings/{token}")
async def get_guest_offer(token: str, visitor: AnyVisitor) -> Response:
    """What the link of a mail would book, at which price and rules."""
    return await _offer(visitor, token, Form())


async def _offer(visitor: Visitor, token: str, form: Form, status: int = 200) -> Response:
    quote = await visitor.api.get(f"/guest-bookings/{token}")
    evse = await evse_of(visitor, quote["evse_id"])
    zone = evse["location"]["time_zone"] if evse else visitor.zone
    return visitor.page(
        "guest/offer.html", status, form=form, quote=quote, evse=evse, zone=zone, token=token
    )


@router.post("/guest-bookings/{token}")
async def post_guest_offer(token: str, visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Make the booking; where cards are entered on a page, by that page."""
    wanted: dict[str, Any] = {"credit_code": form.some("credit_code")}
    if not visitor.hub.settings.stripe_key:
        wanted["payment_method"] = TRIAL_CARD
    try:
        made = await visitor.api.post(f"/guest-bookings/{token}/confirm", wanted)
    except Refused as refused:
        return await _offer(visitor, token, form.refused(refused), refused.status)
    here = f"{_BOOKING}/{made['credential']}"
    if made["page_url"]:
        return lead_away(visitor, made["page_url"], here)
    return visitor.to(here)


class Ticket:
    """Whoever has the address of a guest's booking, and REST by its credential."""

    def __init__(self, request: Request, visitor: Visitor, credential: str) -> None:
        self.visitor = visitor
        self.api = Api(request.scope["api"], request.scope, credential)
        self.here = f"{_BOOKING}/{credential}"
        self.booking: Any = None

    async def page(self, form: Form, status: int = 200) -> Response:
        """The booking, its session once there is one, and the bill."""
        booking = self.booking = await self.api.get(_BOOKING)
        session = await self.session()
        place = await self.api.get(f"{_BOOKING}/place")
        evse = await evse_of(self.visitor, booking["evse_id"])
        is_confirmed = booking["status"] == "confirmed" and session is None
        code = await self.api.get(f"{_BOOKING}/access-code") if is_confirmed else None
        waits = booking["status"] in ("held", "requested")
        can_start = code is not None and instant(code["valid_from"]) <= self.visitor.now
        return self.visitor.page(
            "guest/booking.html",
            status,
            form=form,
            booking=booking,
            session=session,
            place=place,
            evse=evse,
            zone=evse["location"]["time_zone"] if evse else self.visitor.zone,
            code=code,
            cancellation=await self.api.get(f"{_BOOKING}/cancellation")
            if booking["status"] in AHEAD and session is None
            else None,
            cdrs=(await self.api.get(f"{_BOOKING}/receipts"))["items"] if session else [],
            root=self.here,
            others=await others(self.api, _BOOKING, booking),
            every=5 if waits or can_start or (session and session["status"] in RUNNING) else "",
        )

    async def session(self) -> Any:
        """The session of the booking, or None before there is one."""
        try:
            return await self.api.get(f"{_BOOKING}/session")
        except Refused as refused:
            if refused.status != 404:
                raise
            return None

    async def done(self, path: str, form: Form, note: str = "") -> Response:
        """Ask for one thing, and show the booking again, with what it said."""
        try:
            await self.api.post(f"{_BOOKING}/{path}", {} if path == "deposit" else None, form.key)
        except Refused as refused:
            form.problem = refused.detail
            return await self.page(form, refused.status)
        return self.visitor.to(self.here, note)


async def _ticket(credential: str, request: Request, visitor: AnyVisitor) -> Ticket:
    ticket = Ticket(request, visitor, credential)
    try:
        ticket.booking = await ticket.api.get(_BOOKING)
    except Refused as refused:
        if refused.status not in (401, 403):
            raise
        detail = _("This address opens no booking, or no more: it does until 60 days after it.")
        raise Refused(404, {"detail": detail}) from refused
    return ticket


CurrentTicket = Annotated[Ticket, Depends(_ticket)]


@router.get("/guest-booking/{credential}")
async def get_guest_booking(ticket: CurrentTicket) -> Response:
    """A guest's booking: where, when, the code, the session, the bill."""
    return await ticket.page(Form())


@router.post("/guest-booking/{credential}/cancel")
async def post_guest_cancel(ticket: CurrentTicket, form: CurrentForm) -> Response:
    """Cancel, for what the page said."""
    return await ticket.done("cancel", form, _("The booking is cancelled."))


@router.post("/guest-booking/{credential}/start")
async def post_guest_start(ticket: CurrentTicket, form: CurrentForm) -> Response:
    """Start charging."""
    return await ticket.done("start", form, _("The charger was asked to start. Plug in."))


@router.post("/guest-booking/{credential}/stop")
async def post_guest_stop(ticket: CurrentTicket, form: CurrentForm) -> Response:
    """Ask the station to stop."""
    return await ticket.done("stop", form)


@router.post("/guest-booking/{credential}/deposit")
async def post_guest_deposit(ticket: CurrentTicket, form: CurrentForm) -> Response:
    """Have a deposit that is missing asked for again."""
    return await ticket.done("deposit", form, _("Your card is asked again."))


@router.get("/guest-booking/{credential}/receipt.json")
async def get_guest_receipt(ticket: CurrentTicket) -> Response:
    """The evidence of the bill in one signed file."""
    return await ticket.api.file(f"{_BOOKING}/receipt")


@router.get("/guest-booking/{credential}/invoice")
async def get_guest_invoice(ticket: CurrentTicket) -> Response:
    """The invoice, as a page that prints."""
    return await ticket.api.file(f"{_BOOKING}/invoice.html")
