"""REST for entering a card on a rail's own page, and where that page leads back to."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from chargehub.errors import Unavailable
from chargehub.payments import setting_up, setups
from chargehub.payments.asked import CurrentRails, Payer
from chargehub.payments.bodies import RailName
from chargehub.payments.return_pages import NO_PAGE, go_on, look_again, on_from, return_page
from chargehub.payments.rules import NoSuchSetup, TooManyMethods
from chargehub.payments.setups import SetupView
from chargehub.people.access import CurrentActor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, IdempotencyKey, Now, idempotent
from chargehub.sessions.code_bodies import PublicUrl
from chargehub.store.writer import Store

router = APIRouter(tags=["payments"])

SetupId = Annotated[str, Path(max_length=36)]
_PATH = "/payment-method-setups"
_AGAIN = "look again"
_GO_BACK = "go back"
_TOLD = {
    "done": ("Your card was added", "It is what you pay with from now on.", _GO_BACK),
    "expired": (
        "No card was added",
        "The time to enter it is over. Ask for another page, and enter it there.",
        _GO_BACK,
    ),
    "unknown": ("There is no such page", "It may be too long ago. Ask for another one.", _GO_BACK),
    "full": (
        "Your card was not added yet",
        "You have as many payment methods as you may have. Remove one, then look again.",
        _AGAIN,
    ),
    "unavailable": (
        "We do not know yet",
        "The payment service gives no answer. If you entered your card, it will be added.",
        _AGAIN,
    ),
}
_NOT_YET = (
    "No card was added yet",
    "If you have just entered one, look again in a moment. If not, the page for it is still open.",
    _AGAIN,
)


class SetupWish(Body):
    """The rail whose page a card is to be entered on, such as `stripe`."""

    rail: RailName


class SetupBody(BaseModel):
    """A page of a rail's on which a card is entered: open `url` in a browser before `expires_at`.

    `state`: open, done (the card is in the wallet, as `method_id`), expired. `url` null: nothing
    can be entered there any more.
    """

    id: str
    rail: str
    state: str
    url: str | None
    expires_at: datetime
    method_id: str | None

    @classmethod
    def of(cls, setup: SetupView) -> Self:
        return cls(
            id=setup.id,
            rail=setup.rail,
            state=setup.state,
            url=setup.url if setup.state == "open" else None,
            expires_at=setup.expires_at,
            method_id=setup.method_id,
        )


@router.post(_PATH, status_code=201)
async def post_payment_method_setup(
    wanted: SetupWish,
    actor: Payer,
    store: CurrentStore,
    rails: CurrentRails,
    public_url: PublicUrl,
    now: Now,
    key: IdempotencyKey = None,
) -> SetupBody:
    """Have a card entered on a page of its rail's; the hub never sees its number."""
    rail = setting_up.pages_of(rails, wanted.rail)
    who, route, begin = actor.account_id, f"POST {_PATH}", setting_up.begin
    setup_id = await idempotent(store, who, key, route, wanted, begin, who, wanted.rail, now)
    back_url = f"{public_url.rstrip('/')}/api/v1{_PATH}/{setup_id}/return"
    return SetupBody.of(await setting_up.open_page(store, rail, setup_id, back_url, now))


@router.get(f"{_PATH}/{{setup_id}}")
async def get_payment_method_setup(
    setup_id: SetupId, actor: CurrentActor, store: CurrentStore, rails: CurrentRails, now: Now
) -> SetupBody:
    """What became of a page for your card. Once it is done, the card is in your wallet."""
    setup = await store.read(setups.setup, setup_id)
    if setup is None or setup.account_id != actor.account_id:
        raise NoSuchSetup
    return SetupBody.of(await setting_up.look(store, rails, setup, now))


@router.get(f"{_PATH}/{{setup_id}}/return", response_class=HTMLResponse, responses=NO_PAGE)
async def get_payment_method_setup_return(
    setup_id: SetupId, request: Request, store: CurrentStore, rails: CurrentRails, now: Now
) -> HTMLResponse:
    """Where the page for a card leads back to: says in a sentence what became of it."""
    found = await _became(store, rails, setup_id, now)
    title, sentence, then = _TOLD.get(found, _NOT_YET)
    app_url = request.app.state.hub.settings.app_url
    link = go_on(app_url) if then == _GO_BACK else look_again(app_url)
    status = 404 if found == "unknown" else 200
    return return_page(title, sentence, link, status, on_from(found, "done", app_url))


async def _became(store: Store, rails: CurrentRails, setup_id: str, now: datetime) -> str:
    setup = await store.read(setups.setup, setup_id)
    if setup is None:
        return "unknown"
    try:
        return (await setting_up.look(store, rails, setup, now)).state
    except TooManyMethods:
        return "full"
    except Unavailable:
        return "unavailable"
