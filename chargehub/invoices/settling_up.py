"""What the books say now against what was invoiced; the difference is issued.

What was invoiced and does not stand any more is credited; what stands and was not invoiced is.
Looked at again, nothing is left to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehub.invoices import goodwill, rules, tables
from chargehub.invoices.issuing import Issue, credit, issue
from chargehub.invoices.rules import HUB, NOTHING, Between, Bill, Sums
from chargehub.invoices.sales import Place, Sale, sale
from chargehub.invoices.tables import InvoiceView, SubjectView
from chargehub.store.work import Reads, Work

AGENTS_NOTE = "Issued by the hub in the seller's name and on the seller's behalf."
NOT_ALLOWED = "The rules of the place do not let the hub issue it: its owner does."


@dataclass(frozen=True, slots=True)
class Standing:
    """The last invoice of a subject, and what of it is credited."""

    view: InvoiceView
    credited: Sums

    @property
    def left(self) -> Sums:
        return Sums(self.view.gross_minor, self.view.vat_minor) - self.credited


def settle_up(work: Work, subject: SubjectView, now: datetime) -> str | None:
    """Invoice what stands of a subject, and credit what does not; what is missing for it, if
    anything. An invoice that waits is not issued; credits never wait."""
    wanted = sale(work, subject)
    borne_minor = 0 if wanted is None else wanted.goodwill_minor
    lacking = _bill(work, subject, wanted, now)
    return lacking or goodwill.settle_up(work, subject, borne_minor, now)


def _bill(work: Work, subject: SubjectView, wanted: Sale | None, now: datetime) -> str | None:
    known = standing(tables.of_subject(work, subject.id))
    if known is not None and (wanted is None or wanted.source != known.view.source):
        if known.left != NOTHING:
            credit(work, known.view, known.left, "The bill was corrected or taken back.", now)
        known = None
    if wanted is None:
        return None
    if known is None:
        between = parties(work, subject, wanted.place, wanted.sums, wanted.currency)
        lacking = _lacking(wanted, between, subject)
        if lacking is not None:
            return lacking
        known = Standing(_invoice(work, subject, wanted, between, now), NOTHING)
    back_minor = min(wanted.returned_minor - known.credited.gross_minor, known.left.gross_minor)
    if back_minor > 0:
        whole = Sums(known.view.gross_minor, known.view.vat_minor)
        back = rules.returned(whole, back_minor, known.credited)
        credit(work, known.view, back, "A part went back to the buyer after a dispute.", now)
    return None


def standing(known: Sequence[InvoiceView]) -> Standing | None:
    """The last invoice of a subject, also one that was credited whole; None: there is none."""
    invoices = [one for one in known if one.kind == "invoice"]
    if not invoices:
        return None
    last = invoices[-1]
    credits = [one for one in known if one.corrects == last.id]
    credited = Sums(
        -sum(one.gross_minor for one in credits), -sum(one.vat_minor for one in credits)
    )
    return Standing(last, credited)


def parties(reads: Reads, subject: SubjectView, place: Place, sums: Sums, currency: str) -> Between:
    """Who sells to whom. A driver is named only by what was told for invoices."""
    hub = tables.hub_party(reads)
    seller = hub if subject.vat_mode == "commissionaire" else tables.party(reads, subject.owner_id)
    buyer = tables.told_party(reads, subject.driver_id) if subject.driver_id else None
    return Between(seller, buyer, hub, place.profile)


def _lacking(wanted: Sale, between: Between, subject: SubjectView) -> str | None:
    invoicing = between.profile.invoicing
    if subject.vat_mode == "agent" and invoicing and not invoicing.value.in_sellers_name:
        return NOT_ALLOWED
    unmet = () if subject.is_booking else rules.unmet(between.profile, wanted.facts)
    if unmet:
        return f"The country asks for what is not known of the session: {', '.join(unmet)}."
    return rules.missing(between, wanted.sums, wanted.currency)


def _invoice(
    work: Work, subject: SubjectView, wanted: Sale, between: Between, now: datetime
) -> InvoiceView:
    is_agents = subject.vat_mode == "agent"
    notes = (*wanted.notes, *((AGENTS_NOTE,) if is_agents else ()))
    bill = Bill(
        kind="invoice",
        currency=wanted.currency,
        sums=wanted.sums,
        vat_percent=wanted.vat_percent,
        lines=wanted.lines,
        supplied=wanted.supplied,
        facts=wanted.facts,
        notes=notes,
    )
    return issue(
        work,
        Issue(
            bill=bill,
            between=between,
            issuer=subject.owner_id if is_agents else HUB,
            subject_id=subject.id,
            source=wanted.source,
            owner_id=subject.owner_id,
            driver_id=subject.driver_id,
            time_zone=wanted.place.time_zone,
            kept_years=rules.kept_years(wanted.place.profile),
        ),
        now,
    )
