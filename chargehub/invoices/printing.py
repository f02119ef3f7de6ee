"""Documents as pages that print well, and as PDF where WeasyPrint is installed.

A page has no script and loads nothing: its content policy makes the browser refuse to.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chargehub.errors import NotInstalled
from chargehub.invoices.issuing import content_of
from chargehub.invoices.tables import InvoiceView
from chargehub.settlement.tables import Statement
from chargehub.units import major_text

KINDS: Mapping[str, str] = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "fee_invoice": "Invoice of fees",
    "self_billing": "Self-billing invoice",
    "goodwill": "Note of goodwill",
}
FACTS: Mapping[str, str] = defaultdict(
    str,
    energy_kwh="Energy, kWh",
    price_per_kwh="Price per kWh, VAT included",
    started_at="Started",
    ended_at="Ended",
    station="Station",
    session="Session",
    booking="Booking",
    month="Month",
    invoice="Invoice",
)
WORDS: Mapping[str, str] = {
    "settle": "Sessions",
    "settle_reversed": "Sessions that were corrected",
    "fee": "Bookings that ended early",
    "fee_reversed": "Early ends taken back",
    "penalty": "Bookings cancelled by the owner",
    "dispute_refund": "Given back after disputes",
    "dispute_undone": "Given back before a correction",
    "returned": "Given back",
    "goodwill": "Given back by the hub",
}
_AMOUNTS = (
    *(("Gross", "gross"), ("Fee of the hub", "fee"), ("VAT within it", "vat")),
    *(("Earnings", "earnings"), ("Penalties", "penalties"), ("Given up", "written_off")),
    *(("Paid out", "payouts"), ("Taken back of it", "taken_back")),
    *(("Not mature yet, now", "accrued"), ("To be paid out, now", "payable")),
    *(
        ("On its way, now", "in_transit"),
        ("Disputed, now", "held"),
        ("Owed to the hub, now", "owed"),
    ),
)
_PAGES = Environment(
    loader=PackageLoader("chargehub.invoices"), autoescape=True, undefined=StrictUndefined
)
_STYLE = _PAGES.get_template("style.css").render()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}


class NoPdf(NotInstalled):
    """The hub was installed without what makes PDF files."""

    code = "no_pdf"

    def __init__(self) -> None:
        super().__init__(
            "This hub makes no PDF files. Print the page (…/invoice.html), or ask its operator to "
            "install chargehub[pdf]."
        )


def invoice_page(view: InvoiceView) -> str:
    """A document as HTML. Raises NotKept."""
    document = content_of(view)
    return _page(
        "invoice.html",
        document["currency"],
        document=document,
        kinds=KINDS,
        facts=FACTS,
        sha256=view.sha256,
    )


def statement_page(owner: str, month: str, found: Sequence[Statement], now: datetime) -> str:
    """An owner's month as HTML."""
    items = [
        {
            "currency": one.currency,
            "sessions": one.sessions,
            "rows": [
                (label, major_text(getattr(one, f"{name}_minor"), one.currency))
                for label, name in _AMOUNTS
            ],
        }
        for one in found
    ]
    return _page("statement.html", "EUR", owner=owner, month=month, items=items, at=now.isoformat())


def pdf(page: str) -> bytes:
    """The page as a PDF file; nothing is fetched for it. Raises NoPdf."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError):  # the package is not there, or Pango, which it loads
        raise NoPdf from None
    content: bytes = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf()
    return content


def _page(name: str, currency: str, **values: Any) -> str:
    def amount(amount_minor: int) -> str:
        return major_text(amount_minor, currency)

    pages = _PAGES.overlay()
    pages.filters = {**pages.filters, "amount": amount, "moment": _moment, "words": _words}
    text: str = pages.get_template(name).render(style=Markup(_STYLE), **values)
    return text


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S %z")


def _words(kind: str) -> str:
    return WORDS.get(kind, kind.replace("_", " ").capitalize())
