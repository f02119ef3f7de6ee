"""My charging: what is booked, what runs, what was."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.pages.offers import evse_of, others
from chargehub.web.pages.returning import lead_away
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

AHEAD = ("requested", "held", "confirmed")
RUNNING = ("starting", "active", "ended")
_SHOWN = 20


@router.get("/charging")
async def get_charging(visitor: KnownVisitor) -> Response:
    """What is booked, what runs, and what was."""
    bookings = (await visitor.api.get("/bookings", {"role": "driver", "limit": 100}))["items"]
    sessions = (await visitor.api.get("/sessions", {"role": "driver", "limit": 50}))["items"]
    ahead = [each for each in bookings if each["status"] in AHEAD]
    return visitor.page(
        "driver/charging.html",
        ahead=sorted(ahead, key=lambda each: str(each["starts_at"])),
        past=[each for each in bookings if each["status"] not in AHEAD][:_SHOWN],
        running=[each for each in sessions if each["status"] in RUNNING],
        sessions=[each for each in sessions if each["status"] not in RUNNING][:_SHOWN],
        names=await _names(visitor, [*bookings, *sessions]),
    )


async def _names(visitor: Visitor, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The EVSEs of bookings and sessions by their id; None for those that are not offered now."""
    found: dict[str, Any] = {}
    for evse_id in {str(each["evse_id"]) for each in items if each["evse_id"]}:
        found[evse_id] = await evse_of(visitor, evse_id)
    return found


@router.get("/bookings/{booking_id}")
async def get_booking(booking_id: str, visitor: KnownVisitor) -> Response:
    """A booking: where, when, the code, what to do next."""
    return await _booking(visitor, booking_id, Form())


async def _booking(visitor: Visitor, booking_id: str, form: Form, status: int = 200) -> Response:
    path = f"/bookings/{booking_id}"
    booking = await visitor.api.get(path)
    place = await visitor.api.get(f"{path}/place")
    evse = await evse_of(visitor, booking["evse_id"])
    is_confirmed = booking["status"] == "confirmed"
    return visitor.page(
        "driver/booking.html",
        status,
        form=form,
        booking=booking,
        place=place,
        evse=evse,
        zone=evse["location"]["time_zone"] if evse else visitor.zone,
        code=await visitor.api.get(f"{path}/access-code") if is_confirmed else None,
        cancellation=await visitor.api.get(f"{path}/cancellation")
        if booking["status"] in AHEAD and not booking["session_id"]
        else None,
        root=path,
        others=await others(visitor.api, path, booking),
        every=3 if booking["status"] in ("held", "requested") else "",
    )


@router.post("/bookings/{booking_id}/confirm")
async def post_confirm(booking_id: str, visitor: KnownVisitor) -> Response:
    """Go to the page on which the bank has the payment confirmed, and come back here."""
    here = f"/bookings/{booking_id}"
    booking = await visitor.api.get(here)
    if booking["confirm"] is None:
        return visitor.to(here)
    return lead_away(visitor, booking["confirm"]["url"], here)


@router.post("/bookings/{booking_id}/deposit")
async def post_deposit(booking_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Have a deposit that is missing asked for again, of what one pays with now."""
    try:
        await visitor.api.post(f"/bookings/{booking_id}/deposit", key=form.key)
    except Refused as refused:
        form.problem = refused.detail
        return await _booking(visitor, booking_id, form, refused.status)
    return visitor.to(f"/bookings/{booking_id}", _("Your card is asked again."))


@router.post("/bookings/{booking_id}/cancel")
async def post_cancel(booking_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Cancel, for what the page said."""
    try:
        await visitor.api.post(f"/bookings/{booking_id}/cancel", key=form.key)
    except Refused as refused:
        form.problem = refused.detail
        return await _booking(visitor, booking_id, form, refused.status)
    return visitor.to(f"/bookings/{booking_id}", _("The booking is cancelled."))


@router.post("/bookings/{booking_id}/start")
async def post_booking_start(booking_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Start charging on a booking."""
    booking = await visitor.api.get(f"/bookings/{booking_id}")
    try:
        session = await visitor.api.post("/sessions", {"evse_id": booking["evse_id"]}, form.key)
    except Refused as refused:
        form.problem = refused.detail
        return await _booking(visitor, booking_id, form, refused.status)
    return visitor.to(f"/sessions/{session['id']}")


@router.get("/sessions/{session_id}")
async def get_session(session_id: str, visitor: KnownVisitor) -> Response:
    """A session as it runs, and what it cost when it is over."""
    return await session_page(visitor, session_id, Form())


async def session_page(
    visitor: Visitor, session_id: str, form: Form, status: int = 200
) -> Response:
    """A session as it stands, and what to do about it once it is over."""
    path = f"/sessions/{session_id}"
    session = await visitor.api.get(path)
    evse = await evse_of(visitor, session["evse_id"]) if session["evse_id"] else None
    is_over = session["status"] in ("closed", "failed")
    return visitor.page(
        "driver/session.html",
        status,
        form=form,
        session=session,
        evse=evse,
        zone=evse["location"]["time_zone"] if evse else visitor.zone,
        booking=await visitor.api.get(f"/bookings/{session['booking_id']}")
        if session["booking_id"] and not is_over
        else None,
        cdrs=(await visitor.api.get(f"{path}/cdrs"))["items"] if is_over else [],
        reviews=await visitor.api.get(f"{path}/reviews") if is_over else None,
        live="" if is_over else f"/data{path}/stream",
    )


@router.post("/sessions/{session_id}/stop")
async def post_stop(session_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Ask the station to stop."""
    try:
        await visitor.api.post(f"/sessions/{session_id}/stop")
    except Refused as refused:
        form.problem = refused.detail
        return await session_page(visitor, session_id, form, refused.status)
    return visitor.to(f"/sessions/{session_id}")
