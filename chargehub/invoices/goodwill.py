"""What the hub gives back to a driver at its own expense is a document of its own.

The owner's invoice stands, and its VAT: together they say what the driver has paid.
"""

from datetime import datetime
from decimal import Decimal

from chargehub.invoices import tables
from chargehub.invoices.issuing import Issue, content_of, issue
from chargehub.invoices.rules import HUB, NOBODY, Between, Bill, Party, Sums
from chargehub.invoices.tables import InvoiceView, SubjectView
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.store.work import Work

GIVEN = "The hub gave it back at its own expense: the invoice stands, and so does its VAT."
LESS = "The bill was corrected since: less of what went back was at the hub's own expense."
_LINE = {"kind": "goodwill", "quantity": "1", "unit": "refund"}


def settle_up(work: Work, subject: SubjectView, borne_minor: int, now: datetime) -> str | None:
    """Issue what of `borne_minor`, all that the hub has borne of a subject, was not issued yet.

    Where it has become less, the difference is issued as well. What is missing for it, if anything.
    """
    known = tables.of_subject(work, subject.id)
    invoices = [one for one in known if one.kind == "invoice"]
    more_minor = borne_minor + sum(one.gross_minor for one in known if one.kind == "goodwill")
    if more_minor == 0 or not invoices:
        return None
    hub = tables.hub_party(work)
    if hub is None:
        return NOBODY
    issue(work, _document(work, subject, invoices[-1], hub, more_minor), now)
    return None


def _document(
    work: Work, subject: SubjectView, invoice: InvoiceView, hub: Party, more_minor: int
) -> Issue:
    told = content_of(invoice)
    bill = Bill(
        kind="goodwill",
        currency=invoice.currency,
        sums=Sums(-more_minor, 0),
        vat_percent=Decimal(0),
        lines=({**_LINE, "amount_minor": -more_minor},),
        supplied=(
            datetime.fromisoformat(told["supplied_from"]),
            datetime.fromisoformat(told["supplied_until"]),
        ),
        facts={"invoice": invoice.number},
        notes=(GIVEN if more_minor > 0 else LESS,),
    )
    buyer = tables.told_party(work, subject.driver_id) if subject.driver_id else None
    return Issue(
        bill=bill,
        between=Between(hub, buyer, hub, shipped().of(UNKNOWN)),
        issuer=HUB,
        subject_id=subject.id,
        source=invoice.source,
        owner_id=subject.owner_id,
        driver_id=subject.driver_id,
        time_zone=told["time_zone"],
        kept_years=invoice.keep_until.year - 1 - invoice.issued_at.year,
    )
