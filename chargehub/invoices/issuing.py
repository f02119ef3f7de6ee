"""A document gets its number and is frozen; or is credited. Nothing is ever edited."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from chargehub.events import InvoiceIssued
from chargehub.invoices import numbering, rules, tables
from chargehub.invoices.rules import Between, Bill, NotKept, Party, Series, Sums
from chargehub.invoices.schema import Invoice
from chargehub.invoices.tables import InvoiceView
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.receipts.chain import canonical, digest
from chargehub.store.columns import new_id, values_of
from chargehub.store.work import Reads, Work


@dataclass(frozen=True, slots=True)
class Issue:
    """A document about to be issued: what it says, for what, whose numbers, by which clock."""

    bill: Bill
    between: Between
    issuer: str
    subject_id: str
    source: str
    owner_id: str
    driver_id: str | None
    time_zone: str
    kept_years: int
    corrects: str | None = None


def credit(work: Work, view: InvoiceView, back: Sums, why: str, now: datetime) -> None:
    """A credit note between those that the invoice names, as it names them.

    All of the invoice at once is credited line by line. Raises NotKept.
    """
    told = content_of(view)
    line = {"kind": "returned", "quantity": "1", "unit": "invoice"}
    lines = [{**line, "amount_minor": -back.gross_minor}]
    if back == Sums(view.gross_minor, view.vat_minor):
        lines = [_negated(one) for one in told["lines"]]
    bill = Bill(
        kind="credit_note",
        currency=view.currency,
        sums=-back,
        vat_percent=Decimal(told["vat_percent"]),
        lines=lines,
        supplied=(
            datetime.fromisoformat(told["supplied_from"]),
            datetime.fromisoformat(told["supplied_until"]),
        ),
        facts=told["facts"],
        notes=told["notes"],
        corrects={"number": view.number, "issued_at": told["issued_at"], "why": why},
    )
    seller, buyer, issuer = (_party(told[name]) for name in ("seller", "buyer", "issued_by"))
    of_credit = Issue(
        bill=bill,
        between=Between(seller, buyer, issuer or seller, shipped().of(UNKNOWN)),
        issuer=view.issuer,
        subject_id=view.subject_id,
        source=view.source,
        owner_id=view.owner_id,
        driver_id=view.driver_id,
        time_zone=told["time_zone"],
        kept_years=view.keep_until.year - 1 - view.issued_at.year,
        corrects=view.id,
    )
    issue(work, of_credit, now)


def issue(work: Work, wanted: Issue, now: datetime) -> InvoiceView:
    """Take the next number of the series and freeze the document, in one commit."""
    bill = wanted.bill
    series = Series.at(wanted.issuer, bill.kind, now, wanted.time_zone)
    serial = numbering.take(work, series.id)
    number = series.number(serial)
    content = canonical(rules.document(bill, wanted.between, number, now, wanted.time_zone))
    view = InvoiceView(
        id=new_id(),
        number=number,
        kind=bill.kind,
        issuer=wanted.issuer,
        series=series.id,
        serial=serial,
        corrects=wanted.corrects,
        subject_id=wanted.subject_id,
        source=wanted.source,
        owner_id=wanted.owner_id,
        driver_id=wanted.driver_id,
        currency=bill.currency,
        net_minor=bill.sums.net_minor,
        vat_minor=bill.sums.vat_minor,
        gross_minor=bill.sums.gross_minor,
        issued_at=now,
        keep_until=datetime(now.year + 1 + wanted.kept_years, 1, 1, tzinfo=UTC),
        sha256=digest(content),
        content=content.decode(),
    )
    work.insert(Invoice, **values_of(view))
    work.record(_issued(work, view))
    return view


def _issued(reads: Reads, view: InvoiceView) -> InvoiceIssued:
    subject = tables.subject(reads, view.subject_id)
    is_session = subject is not None and not subject.is_booking
    is_booking = subject is not None and subject.is_booking
    return InvoiceIssued(
        invoice_id=view.id,
        kind=view.kind,
        number=view.number,
        gross_minor=view.gross_minor,
        currency=view.currency,
        session_id=view.subject_id if is_session else None,
        booking_id=view.subject_id if is_booking else None,
        account_id=view.owner_id if subject is None else None,
    )


def content_of(view: InvoiceView) -> dict[str, Any]:
    """The document as JSON values. Raises NotKept."""
    if view.content is None:
        raise NotKept
    found: dict[str, Any] = orjson.loads(view.content)
    return found


def _party(told: dict[str, Any] | None) -> Party | None:
    return None if told is None else Party(**told)


def _negated(line: dict[str, Any]) -> dict[str, Any]:
    amounts = ("net_minor", "vat_minor", "gross_minor")
    kept = {name: value for name, value in line.items() if name not in amounts}
    return {**kept, "amount_minor": -line["gross_minor"]}
