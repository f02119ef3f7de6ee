"""Where the page on which a hold is confirmed leads back to."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from chargehub.errors import Unavailable
from chargehub.payments import confirmations, confirming, tables
from chargehub.payments.asked import CurrentRails
from chargehub.payments.return_pages import go_on, look_again, on_from, return_page
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.work import Reads

router = APIRouter(tags=["payments"])

PaymentId = Annotated[str, Path(max_length=36)]
_GO_BACK = "go back"
_AGAIN = "look again"
_TOLD = {
    "waits": (
        "Not confirmed yet",
        "If you have just confirmed, look again in a moment. If not, the page is still open.",
        _AGAIN,
    ),
    "unavailable": (
        "We do not know yet",
        "The payment service gives no answer. If you confirmed, it counts.",
        _AGAIN,
    ),
    "held": ("Confirmed", "The amount is held; what you do not use is given back.", _GO_BACK),
    "over": (
        "Nothing is to be confirmed",
        "It was confirmed before, or the time for it is over. Your booking or session says which.",
        _GO_BACK,
    ),
}


@router.get(f"{confirming.PATH}/{{payment_id}}/return", response_class=HTMLResponse)
async def get_payment_return(
    payment_id: PaymentId, request: Request, store: CurrentStore, rails: CurrentRails, now: Now
) -> HTMLResponse:
    """Where the page for a hold leads back to: says in a sentence what became of it."""
    try:
        await confirming.look(store, rails, payment_id, now)
        became = await store.read(_became, payment_id)
    except Unavailable:
        became = "unavailable"
    title, sentence, then = _TOLD[became]
    app_url = request.app.state.hub.settings.app_url
    link = go_on(app_url) if then == _GO_BACK else look_again(app_url)
    return return_page(title, sentence, link, on_to=on_from(became, "held", app_url))


def _became(reads: Reads, payment_id: str) -> str:
    if confirmations.of_payment(reads, payment_id) is not None:
        return "waits"
    payment = tables.payment(reads, payment_id)
    return "held" if payment is not None and payment.state == "authorised" else "over"
