"""Cards that are over before long: who pays bookings with one is written to, a month before."""

from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, exists, select, update

from chargehub.bookings.tables import BOOKING
from chargehub.payments.tables import METHOD
from chargehub.payments.views import MethodView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work

BEFORE = timedelta(days=30)
SUBJECT = "Your card expires soon"
_TO_COME = ("requested", "held", "confirmed")
_DUE = (
    select(METHOD)
    .where(
        METHOD.c.expires_at > bindparam("now", type_=Instant()),
        METHOD.c.expires_at <= bindparam("before", type_=Instant()),
        METHOD.c.expiry_told_at.is_(None),
        METHOD.c.removed_at.is_(None),
        METHOD.c.is_default,
        exists().where(BOOKING.c.driver_id == METHOD.c.account_id, BOOKING.c.status.in_(_TO_COME)),
    )
    .order_by(METHOD.c.expires_at)
    .limit(bindparam("limit"))
)


def tell_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Write once to drivers whose bookings are paid with a card that is over in a month; how
    many."""
    rows = work.all(_DUE, now=now, before=now + BEFORE, limit=chunk.limit)
    found = [MethodView(*row) for row in rows]
    return chunk.each(work, found, attrgetter("id"), partial(_tell, now=now))


def _tell(work: Work, method: MethodView, now: datetime) -> None:
    work.execute(update(METHOD).where(METHOD.c.id == method.id).values(expiry_told_at=now))
    account = people.account(work, method.account_id)
    if account is None or not account.email or method.expires_at is None:
        return
    last_month = method.expires_at - timedelta(days=1)
    text = (
        "Hello,\n\n"
        f"your card {method.label} is valid until {last_month:%m/%Y}, and you have bookings that\n"
        "are paid with it. If you have the new one already, enter it now:\n"
        "POST /api/v1/payment-method-setups. A booking whose deposit nothing pays ends by itself.\n"
    )
    mails.write_mail(work, account.email, SUBJECT, text, now)
