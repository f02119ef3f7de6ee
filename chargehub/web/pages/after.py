"""What is around a booking and a session: another end, a start by code, a review."""

from fastapi import APIRouter, Response

from chargehub.web.api import Api, Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.pages.charging import session_page
from chargehub.web.pages.guests import CurrentTicket
from chargehub.web.pages.offers import evse_of
from chargehub.web.visitors import AnyVisitor, KnownVisitor, Visitor

router = APIRouter()


@router.get("/start/{evse_id}")
async def get_start(evse_id: str, visitor: AnyVisitor) -> Response:
    """The form for a booking's code, at the charger; nobody has to log in for it."""
    evse = await evse_of(visitor, evse_id)
    return visitor.page("guest/start.html", evse=evse, started=None, zone=_zone(visitor, evse))


@router.post("/start/{evse_id}")
async def post_start(evse_id: str, visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Start with a code."""
    evse, started, status = await evse_of(visitor, evse_id), None, 200
    try:
        code = {"code": form.text("code")}
        started = await visitor.api.post(f"/evses/{evse_id}/starts", code, form.key)
    except Refused as refused:
        form.refused(refused)
        status = refused.status
    zone = _zone(visitor, evse)
    return visitor.page(
        "guest/start.html", status, form=form, evse=evse, started=started, zone=zone
    )


def _zone(visitor: Visitor, evse: object) -> str:
    return str(evse["location"]["time_zone"]) if isinstance(evse, dict) else visitor.zone


class _Slot:
    """A booking whose end may change, by whoever may change it: a driver, or a guest."""

    def __init__(self, visitor: Visitor, api: Api, path: str, root: str) -> None:
        self._visitor = visitor
        self._api = api
        self._path = path
        self._root = root

    async def page(self, form: Form, status: int = 200) -> Response:
        """What another end means, before the button."""
        booking = await self._api.get(self._path)
        evse = await evse_of(self._visitor, booking["evse_id"])
        zone = _zone(self._visitor, evse)
        quote = None
        try:
            at = form.instant("ends_at", zone)
            if at and not form.problem:
                quote = await self._api.get(f"{self._path}/end", {"ends_at": at})
        except Refused as refused:
            form.refused(refused)
            status = refused.status
        values = {"booking": booking, "evse": evse, "zone": zone, "quote": quote}
        return self._visitor.page("driver/end.html", status, form=form, root=self._root, **values)

    async def change(self, form: Form) -> Response:
        """Have the booking end then."""
        try:
            await self._api.put(f"{self._path}/end", {"ends_at": form.text("at")})
        except Refused as refused:
            form.problem = refused.detail
            return await self.page(form, refused.status)
        return self._visitor.to(self._root, _("The end of your booking was changed."))


@router.get("/bookings/{booking_id}/end")
async def get_end(booking_id: str, visitor: KnownVisitor) -> Response:
    """What another end of a booking means."""
    form = Form(visitor.request.query_params.multi_items())
    path = f"/bookings/{booking_id}"
    return await _Slot(visitor, visitor.api, path, path).page(form)


@router.post("/bookings/{booking_id}/end")
async def post_end(booking_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """End a booking later or earlier."""
    path = f"/bookings/{booking_id}"
    return await _Slot(visitor, visitor.api, path, path).change(form)


@router.get("/guest-booking/{credential}/end")
async def get_guest_end(ticket: CurrentTicket) -> Response:
    """What another end of a guest's booking means."""
    form = Form(ticket.visitor.request.query_params.multi_items())
    return await _Slot(ticket.visitor, ticket.api, "/guest-booking", ticket.here).page(form)


@router.post("/guest-booking/{credential}/end")
async def post_guest_end(ticket: CurrentTicket, form: CurrentForm) -> Response:
    """End a guest's booking later or earlier."""
    return await _Slot(ticket.visitor, ticket.api, "/guest-booking", ticket.here).change(form)


@router.post("/sessions/{session_id}/review")
async def post_review(session_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Say how it was."""
    try:
        sent = {"stars": form.whole("stars"), "text": form.some("text")}
        await visitor.api.post(f"/sessions/{session_id}/reviews", sent)
    except Refused as refused:
        return await session_page(visitor, session_id, form.refused(refused), refused.status)
    note = _("Thank you. Your review is shown when the owner has written one, or in 14 days.")
    return visitor.to(f"/sessions/{session_id}", note)
