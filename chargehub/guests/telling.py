"""What people without an account are sent and can read of what they paid: receipt and invoice."""

from datetime import datetime

from chargehub.errors import NotFound
from chargehub.events import SessionSettled
from chargehub.guests import ad_hoc
from chargehub.invoices import tables as invoices
from chargehub.invoices.tables import InvoiceView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.sessions import tables as sessions
from chargehub.sessions.cdr import CdrView
from chargehub.stations import local_times
from chargehub.stations import tables as stations
from chargehub.store.work import Reads, Work
from chargehub.units import Span, kwh, major_text

SUBJECT = "Your receipt for charging"


class NoInvoiceYet(NotFound):
    """Nothing was invoiced, or not yet."""

    code = "no_invoice_yet"

    def __init__(self) -> None:
        super().__init__(
            "There is no invoice yet. It is written when the session is paid and all that it must"
            " name is known; look again later."
        )


def mail_receipt(work: Work, event: SessionSettled, now: datetime) -> None:
    """The cost of an ad-hoc session stands, or stands anew: who paid and left an address is sent
    it, line by line."""
    cdr = sessions.cdr(work, event.cdr_id)
    if cdr is None or cdr.driver_id is None or not ad_hoc.is_of(work, cdr.driver_id):
        return
    account = people.account(work, cdr.driver_id)
    if account is not None and account.email:
        mails.write_mail(work, account.email, SUBJECT, _text(work, cdr), now)


def _text(reads: Reads, cdr: CdrView) -> str:
    station = stations.station(reads, cdr.station_id)
    when = local_times.during(reads, cdr.station_id, Span(cdr.started_at, cdr.ended_at))
    lines = [
        f"    {line['quantity']} {line['unit']} at {line['price']} {cdr.currency}:"
        f" {major_text(line['amount_minor'], cdr.currency)}\n"
        for line in cdr.lines
    ]
    return (
        f"Hello,\n\nyou charged {kwh(cdr.energy_wh)} kWh at {station.name if station else ''}"
        f" {when}.\n\n{''.join(lines)}\n"
        f"In all {major_text(cdr.cost_minor, cdr.currency)} {cdr.currency},"
        f" {major_text(cdr.vat_minor, cdr.currency)} VAT within it. Session {cdr.session_id}.\n\n"
        "The link of our first mail shows the same, and has the invoice.\n"
    )


def newest_invoice(reads: Reads, *subject_ids: str | None) -> InvoiceView:
    """The document that stands for the first of these that has any: sessions, or bookings.

    Raises NoInvoiceYet.
    """
    for subject_id in subject_ids:
        found = invoices.of_subject(reads, subject_id) if subject_id else ()
        if found:
            return found[-1]
    raise NoInvoiceYet
