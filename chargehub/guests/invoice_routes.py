"""Invoices for people without an account, by what opens their session or booking."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse

from chargehub.guests import ad_hoc, telling
from chargehub.guests.access import CurrentGuest
from chargehub.guests.actions import Guest, booking_of
from chargehub.guests.walking_up import NoSuchVisit
from chargehub.invoices.printing import HEADERS, invoice_page
from chargehub.invoices.tables import InvoiceView
from chargehub.rest.manners import CurrentStore
from chargehub.rest.throttle import Throttled
from chargehub.store.work import Reads

router = APIRouter(tags=["guests"])

_LOOKS = Depends(Throttled("ad_hoc_link", rate_per_s=1, burst=30))


@router.get(
    "/ad-hoc-sessions/{token}/invoice.html", response_class=HTMLResponse, dependencies=[_LOOKS]
)
async def get_ad_hoc_invoice(
    token: Annotated[str, Path(max_length=100)], store: CurrentStore
) -> HTMLResponse:
    """The invoice of what you charged, as a page that prints on A4."""
    return _page(await store.read(_of_visit, token))


@router.get("/guest-booking/invoice.html", response_class=HTMLResponse)
async def get_guest_invoice(guest: CurrentGuest, store: CurrentStore) -> HTMLResponse:
    """The invoice of your session, or of your booking's fee, as a page that prints on A4."""
    return _page(await store.read(_of_guest, guest))


def _of_visit(reads: Reads, token: str) -> InvoiceView:
    one = ad_hoc.by_token(reads, token)
    if one is None:
        raise NoSuchVisit("No such link. Look for it in the mail, or in what you were answered.")
    return telling.newest_invoice(reads, one.session_id)


def _of_guest(reads: Reads, guest: Guest) -> InvoiceView:
    booking = booking_of(reads, guest)
    return telling.newest_invoice(reads, booking.session_id, booking.id)


def _page(view: InvoiceView) -> HTMLResponse:
    return HTMLResponse(invoice_page(view), headers=dict(HEADERS))
