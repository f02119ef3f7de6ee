"""Back from a page of somebody else's, a rail's say, to where one was."""

from urllib.parse import quote, unquote

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.languages import mark as _
from chargehub.web.pages.accounts import own_path
from chargehub.web.visitors import AnyVisitor, Visitor, is_secure

router = APIRouter()

_COOKIE = "next"
_LASTS_S = 3600
_BECAME = {
    "done": _("Your card was added. It is what you pay with from now on."),
    "open": _("No card was added yet. If you have just entered one, look again in a moment."),
    "expired": _("No card was added: the time to enter it is over."),
}


def lead_away(visitor: Visitor, url: str, path: str, setup_id: str = "") -> Response:
    """Go to a rail's page, and come back to this path; `setup_id`: a card is entered there."""
    answer = visitor.away(url)
    where = f"{setup_id} {quote(path)}"
    secure = is_secure(visitor.request)
    answer.set_cookie(_COOKIE, where, _LASTS_S, secure=secure, httponly=True, samesite="lax")
    return answer


@router.get("/back")
async def get_back(visitor: AnyVisitor) -> Response:
    """Go on where one left for the page of a rail, and say what became of it."""
    setup_id, _blank, path = visitor.request.cookies.get(_COOKIE, "").partition(" ")
    front = "/charging" if visitor.account else "/"
    answer = visitor.to(own_path(unquote(path)) if path else front, await _note(visitor, setup_id))
    answer.delete_cookie(_COOKIE)
    return answer


async def _note(visitor: Visitor, setup_id: str) -> str:
    if not setup_id or visitor.account is None:
        return ""
    try:
        setup = await visitor.api.get(f"/payment-method-setups/{setup_id}")
    except Refused as refused:
        return refused.detail
    return _BECAME.get(setup["state"], "")
