"""Charging without an account, from the code at the socket: the price, paying, and one link."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.pages.offers import evse_of
from chargehub.web.visitors import AnyVisitor, Visitor

router = APIRouter()

RUNNING = ("starting", "active", "ended")


@router.get("/charge/{code}")
async def get_charge(code: str, visitor: AnyVisitor) -> Response:
    """Where a code leads, and what charging costs there, before anything is paid."""
    return await _charge(visitor, code, Form())


async def _charge(visitor: Visitor, code: str, form: Form, status: int = 200) -> Response:
    found: Mapping[str, Any] | None = None
    try:
        found = await visitor.api.get(f"/pay-codes/{code}")
    except Refused as refused:
        form.problem, status = refused.detail, refused.status
    return visitor.page("guest/charge.html", status, form=form, found=found)


@router.post("/charge/{code}")
async def post_charge(code: str, visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Have the page opened on which one pays; it leads back to the link of what follows."""
    wanted = {"code": code, "email": form.some("email")}
    try:
        opened = await visitor.api.post("/ad-hoc-sessions", wanted)
    except Refused as refused:
        return await _charge(visitor, code, form.refused(refused), refused.status)
    return visitor.away(opened["page_url"])


@router.get("/ad-hoc/{token}")
async def get_visit(token: str, visitor: AnyVisitor) -> Response:
    """What became of it: whether it was paid, what is charged, what it costs, the receipt."""
    return await _visit(visitor, token, Form())


async def _visit(visitor: Visitor, token: str, form: Form, status: int = 200) -> Response:
    found = await visitor.api.get(f"/ad-hoc-sessions/{token}")
    session = found["session"]
    evse = await evse_of(visitor, session["evse_id"]) if session and session["evse_id"] else None
    is_running = session is None or session["status"] in RUNNING
    return visitor.page(
        "guest/visit.html",
        status,
        form=form,
        found=found,
        session=session,
        booking=None,
        evse=evse,
        zone=evse["location"]["time_zone"] if evse else visitor.zone,
        root=f"/ad-hoc/{token}",
        every=5 if found["state"] != "refused" and is_running else "",
    )


@router.post("/ad-hoc/{token}/stop")
async def post_visit_stop(token: str, visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Ask the station to stop."""
    try:
        await visitor.api.post(f"/ad-hoc-sessions/{token}/stop")
    except Refused as refused:
        form.problem = refused.detail
        return await _visit(visitor, token, form, refused.status)
    return visitor.to(f"/ad-hoc/{token}")


@router.get("/ad-hoc/{token}/invoice")
async def get_visit_invoice(token: str, visitor: AnyVisitor) -> Response:
    """The invoice, as a page that prints."""
    return await visitor.api.file(f"/ad-hoc-sessions/{token}/invoice.html")
