"""Where rails tell of what happened there. Open to all: a signature says who it was."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from chargehub.errors import NotFound
from chargehub.payments import hearing
from chargehub.rest.manners import CurrentStore, Now

router = APIRouter(tags=["rails"])


class NoSuchRail(NotFound):
    """The hub has no such rail that could tell it anything."""

    code = "no_such_rail"


@router.post("/webhooks/stripe")
async def post_stripe_webhook(
    request: Request,
    store: CurrentStore,
    now: Now,
    stripe_signature: Annotated[str, Header(max_length=1000)] = "",
) -> dict[str, str]:
    """Events of Stripe's, signed by it. For Stripe alone; set the address up there."""
    reader = request.app.state.hub.rails.notices.get("stripe")
    if reader is None:
        raise NoSuchRail("This hub takes no cards by Stripe.")
    notice = await reader.read(await request.body(), stripe_signature)
    if notice.kind in reader.kinds:
        await store.do(hearing.receive, "stripe", notice, now)
    return {"status": "received"}
