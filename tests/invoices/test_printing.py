"""A document is a page without script, in which nothing that somebody wrote becomes a tag."""

import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from chargehub.invoices.printing import HEADERS, NoPdf, invoice_page, pdf, statement_page
from chargehub.invoices.rules import Between, Bill, Party, Sums, document
from chargehub.invoices.tables import InvoiceView
from chargehub.jurisdictions.book import shipped
from chargehub.receipts.chain import canonical, digest
from chargehub.settlement.tables import Statement

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WILD = Party('<script>alert("x")</script>', "Żółta 1\n<b>Łódź</b>", "PL", "PL1")


def view(currency: str = "EUR") -> InvoiceView:
    bill = Bill(
        kind="credit_note",
        currency=currency,
        sums=Sums(-900, -144),
        vat_percent=Decimal(19),
        lines=({"kind": "energy", "quantity": "20", "unit": "kWh", "amount_minor": -900},),
        supplied=(NOON, NOON),
        facts={"energy_kwh": "20.000", "vat": "1.44"},
        notes=("A note & more.",),
        corrects={"number": "INV-2026-000001", "issued_at": NOON.isoformat(), "why": "wrong"},
    )
    between = Between(WILD, None, Party("Hub"), shipped().of("ZZ"))
    content = canonical(document(bill, between, "CRN-2026-000001", NOON, "Europe/Warsaw"))
    ids = dict.fromkeys(("id", "issuer", "series", "subject_id", "source", "owner_id"), "x")
    return InvoiceView(
        **ids,
        number="CRN-2026-000001",
        kind="credit_note",
        serial=1,
        corrects="y",
        driver_id=None,
        currency=currency,
        net_minor=-756,
        vat_minor=-144,
        gross_minor=-900,
        issued_at=NOON,
        keep_until=NOON,
        sha256=digest(content),
        content=content.decode(),
    )


def test_what_people_wrote_is_text() -> None:
    page = invoice_page(view())

    assert "<script" not in page and "<b>" not in page
    assert "&lt;script&gt;" in page and "Żółta" in page and "A note &amp; more." in page
    assert "-7.56" in page and "-1.44" in page and "-9.00" in page
    assert "INV-2026-000001" in page and "2026-03-02 13:00:00 +0100" in page
    assert "script-src" not in HEADERS["Content-Security-Policy"]
    assert "http" not in page


def test_a_currency_without_cents_has_none() -> None:
    assert "-900<" in invoice_page(view("JPY"))


def test_without_the_extra_a_pdf_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    with pytest.raises(NoPdf, match="Print the page"):
        pdf("<p>")


def test_the_page_makes_a_pdf_and_nothing_is_fetched_for_it() -> None:
    pytest.importorskip("weasyprint", reason="chargehub[pdf] is not installed")

    made = pdf(invoice_page(view()))
    outside = pdf('<img src="http://127.0.0.1:9/x.png"><p>text</p>')

    assert made.startswith(b"%PDF-") and outside.startswith(b"%PDF-")


def test_a_statement_is_a_page_too() -> None:
    month = Statement("EUR", 3, 2700, 228, 42, 2430, 0, 2430, 0, 0, 0)
    page = statement_page("<i>Eva", "2026-03", [month], NOON)

    assert "24.30" in page and "&lt;i&gt;Eva" in page and "<i>" not in page
    assert "Nothing was ever earned" in statement_page("Eva", "2026-03", [], NOON)
