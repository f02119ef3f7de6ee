"""The operator's desk: finding anything, and looking at it as operators may."""

from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.desk import DeskVisitor
from chargehub.web.forms import Form

router = APIRouter()

# What REST shows operators of a thing; of the others the search tells what hangs on them.
_SHOWN = {
    "station": "/stations/{id}",
    "booking": "/bookings/{id}",
    "session": "/sessions/{id}",
    "dispute": "/disputes/{id}",
}


@router.get("/operator/search")
async def get_search(visitor: DeskVisitor, q: str = "") -> Response:
    """What fits what was typed."""
    form, things = Form(q=q), None
    if q.strip():
        try:
            things = (await visitor.api.get("/operator/search", {"q": q.strip()}))["items"]
        except Refused as refused:
            form.refused(refused)
    return visitor.page("operator/search.html", form=form, things=things)


@router.get("/operator/things/{kind}/{thing_id}")
async def get_thing(kind: str, thing_id: str, visitor: DeskVisitor) -> Response:
    """One thing: all that REST shows operators of it, and what hangs on it."""
    path = _SHOWN.get(kind)
    shown: Any = await visitor.api.get(path.format(id=thing_id)) if path else {}
    things = (await visitor.api.get("/operator/search", {"q": thing_id}))["items"]
    named = [each for each in things if (each["kind"], each["id"]) == (kind, thing_id)]
    if not named:
        raise Refused(404, {})
    rest = [each for each in things if each not in named]
    return visitor.page("operator/thing.html", thing=named[0], shown=shown, things=rest)
