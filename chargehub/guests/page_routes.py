"""Where the page leads back to on which a guest paid."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from chargehub.errors import Unavailable
from chargehub.guests import paying
from chargehub.payments.asked import CurrentRails
from chargehub.payments.return_pages import NO_PAGE, go_on, look_again, on_from, return_page
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Throttled
from chargehub.stations.offered import CurrentSettings

router = APIRouter(tags=["guests"])

PageId = Annotated[str, Path(max_length=36)]
_LOOKS = Depends(Throttled("guest_page", rate_per_s=1, burst=30))
_CLOSE = "You can close this page. The mail we sent you has the link to your booking."
_AGAIN = "look again"
_TOLD = {
    "done": ("Thank you", "Your card was taken. Your booking is on its way.", _CLOSE),
    "expired": (
        "Nothing was paid",
        "The time to pay is over, and your booking does not stand. Book the slot anew.",
        "You can close this page.",
    ),
    "open": (
        "Nothing was paid yet",
        "If you have just paid, look again in a moment. If not, the page for it is still open.",
        _AGAIN,
    ),
    "unavailable": (
        "We do not know yet",
        "The payment service gives no answer. If you have paid, your booking will stand.",
        _AGAIN,
    ),
    "unknown": ("There is no such page", "It may be too long ago.", "You can close this page."),
}


@router.get(
    "/guest-bookings/pages/{page_id}/return",
    response_class=HTMLResponse,
    dependencies=[_LOOKS],
    responses=NO_PAGE,
)
async def get_guest_page_return(
    page_id: PageId, store: CurrentStore, rails: CurrentRails, settings: CurrentSettings, now: Now
) -> HTMLResponse:
    """Where the page for paying a guest's booking leads back to: says what became of it."""
    try:
        found = await paying.look(store, rails, page_id, now)
        state = "unknown" if found is None else found.state
    except Unavailable:
        state = "unavailable"
    title, sentence, link = _TOLD[state]
    if link == _CLOSE:
        link = f"{_CLOSE} {go_on(settings.app_url)}"
    elif link == _AGAIN:
        link = look_again(settings.app_url)
    status = 404 if state == "unknown" else 200
    on_to = on_from(state, "done", settings.app_url)
    return return_page(title, sentence, link, status, on_to)
