"""What scripts of our pages and links to files read: REST's own answers, by the page's login."""

from fastapi import APIRouter, Request, Response

from chargehub.web.api import Refused
from chargehub.web.languages import mark as _
from chargehub.web.visitors import AnyVisitor

router = APIRouter()


@router.get("/data/{path:path}")
async def get_answer(path: str, request: Request, visitor: AnyVisitor) -> Response:
    """What GET answers at this path of REST: a stream of events, a table, a document.

    Only our own pages may have it, or somebody who follows a link.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site == "cross-site" and request.headers.get("sec-fetch-mode") != "navigate":
        raise Refused(403, {"detail": _("Only pages of this hub may read this.")})
    return visitor.api.passed_on(f"/{path}")
