"""The pages that Stripe hosts, as plain forms: paying, keeping a card, an owner's onboarding."""

from html import escape
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.stripe_twin import accounts, checkout
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, World

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<body style="font: 16px/1.5 sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem">
<h1>{title}</h1>{body}</body></html>"""
_CARD = """<p>{what}</p>{wrong}<form method="post">
<label>Card number <input name="number" value="{number}" inputmode="numeric" required></label>
<button>{button}</button></form><p><a href="{back}">Back</a></p>"""
_BANK = """<p>Your bank asks whether this is you.</p><form method="post">
<input type="hidden" name="number" value="{number}">
<button name="agreed" value="yes">Yes, complete</button>
<button name="agreed" value="no">No, fail</button></form>"""
_OWNER = """<p>Stripe needs to know who is paid.</p><form method="post">
<button>Everything is filled in</button></form>"""


def routes(world: World) -> list[Route]:
    """The pages of this twin."""

    async def pay(request: Request) -> Response:
        return await _pay(world, request)

    async def onboard(request: Request) -> Response:
        return await _onboard(world, request)

    return [
        Route("/pay/{session}", pay, methods=["GET", "POST"]),
        Route("/onboarding/{token}", onboard, methods=["GET", "POST"]),
    ]


async def _pay(world: World, request: Request) -> Response:
    session = world.all(PLATFORM, "checkout.session").get(request.path_params["session"])
    if session is None or session["status"] != "open":
        return _page("This page is gone", "<p>Nothing is to be paid here any more.</p>", 404)
    wrong = ""
    form = dict(parse_qsl((await request.body()).decode()))
    number, agreed = form.get("number", ""), form.get("agreed")
    if number:
        try:
            has_agreed = None if agreed is None else agreed == "yes"
            to = checkout.pay(world, session["id"], number, has_agreed)
        except Refused as refused:
            wrong = f'<p role="alert">{escape(str(refused))}</p>'
        else:
            if to is None:
                return _page("Your bank", _BANK.format(number=escape(number)))
            return RedirectResponse(to, 303)
    return _page("Stand-in of Stripe", _card(session, number, wrong))


def _card(session: dict[str, object], number: str, wrong: str) -> str:
    is_setup = session["mode"] == "setup"
    total, currency = session["amount_total"], str(session["currency"] or "").upper()
    return _CARD.format(
        what="Keep a card for later." if is_setup else f"To be kept: {total} (minor) {currency}",
        wrong=wrong,
        number=escape(number or "4242 4242 4242 4242"),
        button="Save card" if is_setup else "Pay",
        back=escape(str(session["cancel_url"] or "#")),
    )


async def _onboard(world: World, request: Request) -> Response:
    link = world.links.get(request.path_params["token"])
    if link is None or world.clock.now >= link["expires_at"]:
        return _page("This link is over", "<p>Ask for another one.</p>", 404)
    if request.method == "GET":
        return _page("Stand-in of Stripe", _OWNER)
    accounts.complete(world, link["account"])
    del world.links[request.path_params["token"]]
    return RedirectResponse(link["return_url"] or "/", 303)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status)
