"""A station as drivers see it, and booking it: one look, one slot, one button."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from chargehub.web import slots
from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.pages.offers import FIELDS, slot
from chargehub.web.slots import NEED_KWH
from chargehub.web.visitors import AnyVisitor, KnownVisitor, Visitor

router = APIRouter()

CALENDAR_DAYS = 3


@router.get("/stations/{evse_id}")
async def get_station(evse_id: str, visitor: AnyVisitor) -> Response:
    """An EVSE: what it is and costs, when it is free, what others say of it."""
    api = visitor.api
    evse = await api.get(f"/evses/{evse_id}")
    station = f"/stations/{evse['station_id']}"
    zone = evse["location"]["time_zone"]
    form = Form(visitor.request.query_params.multi_items())
    start = visitor.now
    span = {
        "from": slots.written(start),
        "to": slots.written(start + timedelta(days=CALENDAR_DAYS)),
    }
    calendar = (await api.get(f"/evses/{evse_id}/calendar", span))["items"]
    return visitor.page(
        "driver/station.html",
        form=form,
        evse=evse,
        zone=zone,
        photos=(await api.get(f"{station}/photos"))["items"],
        facts=await _or_none(visitor, f"{station}/facts"),
        reviews=(await api.get(f"{station}/reviews", {"limit": 10}))["items"],
        policy=await _or_none(visitor, f"{station}/policy") if visitor.account else None,
        days=slots.days(calendar, zone),
        suggested=slots.first_free(calendar, start, zone),
        need=form.text("need") or NEED_KWH,
        live="/data/evses/stream?" + urlencode({"evse_id": evse_id}),
    )


async def _or_none(visitor: Visitor, path: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = await visitor.api.get(path)
    except Refused:
        return None
    return found


@router.get("/book/{evse_id}")
async def get_book(evse_id: str, visitor: KnownVisitor) -> Response:
    """What a slot would cost, hold and take to cancel, before the button."""
    form = Form(visitor.request.query_params.multi_items())
    return await _offer(visitor, evse_id, form)


async def _offer(visitor: Visitor, evse_id: str, form: Form, status: int = 200) -> Response:
    evse = await visitor.api.get(f"/evses/{evse_id}")
    quote = None
    try:
        wanted = slot(visitor, form, evse)
        quote = await visitor.api.post("/quotes", wanted | {"evse_id": evse_id})
    except Refused as refused:
        form.refused(refused, FIELDS)
        status = refused.status
    return visitor.page(
        "driver/book.html",
        status,
        form=form,
        evse=evse,
        quote=quote,
        zone=evse["location"]["time_zone"],
        methods=(await visitor.api.get("/payment-methods"))["items"],
    )


@router.post("/book/{evse_id}")
async def post_book(evse_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Book on the quote that was shown."""
    sent = {name: form.text(name) for name in ("starts_at", "ends_at", "quote_id")}
    try:
        booking = await visitor.api.post("/bookings", {"evse_id": evse_id, **sent}, form.key)
    except Refused as refused:
        form.problem = refused.detail
        return await _offer(visitor, evse_id, form, refused.status)
    return visitor.to(f"/bookings/{booking['id']}")


@router.post("/stations/{evse_id}/start")
async def post_start(evse_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Start charging at once, without a booking."""
    session = await visitor.api.post("/sessions", {"evse_id": evse_id}, form.key)
    return visitor.to(f"/sessions/{session['id']}")
