"""A station's calendar: what is booked, what waits for a word, what its owner keeps."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web import slots
from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

_DAYS = 7
_AHEAD = ("requested", "held", "confirmed", "active")


@router.get("/owner/stations/{station_id}/calendar")
async def get_calendar(station_id: str, visitor: KnownVisitor) -> Response:
    """A week of each socket, bookings, and what is kept."""
    return await _calendar(visitor, await owned(visitor, station_id), Form())


async def _calendar(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    api, now = visitor.api, visitor.now
    span = {"from": slots.written(now), "to": slots.written(now + timedelta(days=_DAYS))}
    weeks = []
    for evse in shown.station["evses"] if shown.listing else ():
        calendar = (await api.get(f"/evses/{evse['id']}/calendar", span))["items"]
        weeks.append((evse["number"], slots.days(calendar, shown.zone)))
    bookings = await api.get("/bookings", {"role": "owner", "limit": 200})
    mine = [each for each in bookings["items"] if each["station_id"] == shown.id]
    return visitor.page(
        "owner/calendar.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        weeks=weeks,
        numbers={each["id"]: each["number"] for each in shown.station["evses"]},
        requests=[each for each in mine if each["status"] == "requested"],
        booked=sorted(
            (each for each in mine if each["status"] in _AHEAD[1:]),
            key=lambda each: str(each["starts_at"]),
        ),
        blocks=await api.all(f"/stations/{shown.id}/blocks"),
    )


@router.post("/owner/stations/{station_id}/blocks")
async def post_block(station_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Keep a time: once, or every week."""
    shown = await owned(visitor, station_id)
    try:
        sent: dict[str, Any] = {"kind": form.text("kind"), "times": _times(form, shown.zone)}
        sent |= {"note": form.text("note"), "evse_id": form.some("evse")}
        await visitor.api.post(f"/stations/{station_id}/blocks", sent)
    except Refused as refused:
        form.refused(refused, {"weekdays": "days", "from": "from", "to": "to", "times": "starts"})
        return await _calendar(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/calendar", _("That time is yours."))


def _times(form: Form, zone: str) -> dict[str, Any]:
    if form.text("every") == "week":
        days = sorted({int(day) for day in form.many("days") if day in "0123456"})
        if not days:
            raise wrong("days", _("Tick the days."))
        return {"weekdays": days, "from": form.text("from"), "to": form.text("to")}
    starts, ends = form.instant("starts", zone), form.instant("ends", zone)
    if starts is None or ends is None:
        raise wrong("starts" if starts is None else "ends", _("Give a day and a time."))
    return {"starts_at": starts, "ends_at": ends}


@router.post("/owner/stations/{station_id}/blocks/{block_id}/remove")
async def post_block_removal(station_id: str, block_id: str, visitor: KnownVisitor) -> Response:
    """Keep it no longer."""
    await visitor.api.delete(f"/stations/{station_id}/blocks/{block_id}")
    note = _("Others can book that time again.")
    return visitor.to(f"/owner/stations/{station_id}/calendar", note)


@router.post("/owner/stations/{station_id}/bookings/{booking_id}/{word}")
async def post_word(
    station_id: str, booking_id: str, word: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Agree to a booking, decline it, or cancel one that stands."""
    notes = {
        "approve": _("You have agreed to the booking."),
        "decline": _("You have declined the booking."),
        "cancel": _("The booking is cancelled."),
    }
    if word not in notes:
        raise Refused(404, {"code": "not_found"})
    shown = await owned(visitor, station_id)
    try:
        await visitor.api.post(f"/bookings/{booking_id}/{word}")
    except Refused as refused:
        form.problem = refused.detail
        return await _calendar(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/calendar", notes[word])
