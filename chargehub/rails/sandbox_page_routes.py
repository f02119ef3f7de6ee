"""The sandbox's page for a hold: what a bank would ask, as two forms without a script."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse

from chargehub.payments.return_pages import NO_PAGE
from chargehub.rails import sandbox_pages
from chargehub.rails.sandbox_pages import PATH, NoSuchPage
from chargehub.rest.manners import CurrentStore, Now
from chargehub.units import Money

router = APIRouter(tags=["rails"])

Reference = Annotated[str, Path(max_length=40)]
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_FORMS = """<p>{amount} are kept for charging; what you do not use of it is given back.
This is a sandbox: no money moves.</p>
<form method="post" action="{reference}/confirm"><button>Confirm</button></form>
<form method="post" action="{reference}/refuse"><button>Refuse</button></form>"""
_GONE = "<p>There is no such page, or it is over. Begin again where you came from.</p>"


@router.get(f"{PATH}/{{reference}}", response_class=HTMLResponse, responses=NO_PAGE)
async def get_sandbox_page(reference: Reference, store: CurrentStore, now: Now) -> HTMLResponse:
    """Where somebody confirms a hold of the sandbox, or refuses it."""
    try:
        page = await store.read(sandbox_pages.open_page_of, reference, now)
    except NoSuchPage:
        return _page("This page is over", _GONE, 404)
    amount = escape(str(Money(page.amount_minor, page.currency)))
    body = _FORMS.format(amount=amount, reference=escape(page.reference))
    return _page("Is this you?", body)


@router.post(f"{PATH}/{{reference}}/confirm", status_code=303, response_class=RedirectResponse)
async def post_sandbox_page_confirm(
    reference: Reference, store: CurrentStore, now: Now
) -> RedirectResponse:
    """What the page's first button sends: the hold stands, and it leads back."""
    return RedirectResponse(await store.do(sandbox_pages.confirm, reference, now), 303)


@router.post(f"{PATH}/{{reference}}/refuse", status_code=303, response_class=RedirectResponse)
async def post_sandbox_page_refuse(
    reference: Reference, store: CurrentStore, now: Now
) -> RedirectResponse:
    """What the page's second button sends: nothing is held, and it leads back."""
    return RedirectResponse(await store.do(sandbox_pages.decline, reference, now), 303)


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, _HEADERS)
