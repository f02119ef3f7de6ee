"""The operator's desk: how the hub is, and whether its books are right."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from chargehub.web.desk import DeskVisitor, acts_of
from chargehub.web.figures import Growth, figures

router = APIRouter()

_PARKED_SHOWN = 20


@router.get("/operator")
async def get_desk(visitor: DeskVisitor, request: Request) -> Response:
    """How the hub is right now."""
    found = figures(await visitor.api.outside("/metrics"))
    frames = found.get("ocpp", {}).get("frames", 0)
    parked = await visitor.api.get("/deliveries", {"limit": _PARKED_SHOWN})
    return visitor.page(
        "operator/hub.html",
        figures=found,
        rate=_growth(request).per_minute(frames, time.monotonic()),
        parked=parked["items"],
        acts=await acts_of(visitor),
        storage=await visitor.api.get("/operator/storage"),
    )


def _growth(request: Request) -> Growth:
    """Lives in the running application, as what throttles does."""
    state: Any = request.app.state
    if not hasattr(state, "growth"):
        state.growth = Growth()
    growth: Growth = state.growth
    return growth


@router.get("/operator/books")
async def get_books(visitor: DeskVisitor) -> Response:
    """Whether the ledger holds its laws, and rails' books say the same."""
    return visitor.page(
        "operator/books.html",
        audit=await visitor.api.get("/ledger/audit"),
        compared=(await visitor.api.get("/reconciliations"))["items"],
        acts=await acts_of(visitor),
    )
