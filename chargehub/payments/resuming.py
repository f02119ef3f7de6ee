"""Payouts that waited for the cards' money are sent again, unless something has changed since."""

from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, select, update

from chargehub import events
from chargehub.ledger import tables as accounts
from chargehub.payments import payout, tables, withheld
from chargehub.payments.rail import Refusal
from chargehub.payments.tables import PAYOUT
from chargehub.payments.views import PayoutView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work

CHANGED = Refusal("changed_meanwhile", "You, or what you owe, changed while it waited.")

_TO_RESUME = (
    select(PAYOUT)
    .where(PAYOUT.c.look_at <= bindparam("now", type_=Instant()), PAYOUT.c.state == "requested")
    .order_by(PAYOUT.c.look_at, PAYOUT.c.id)
    .limit(bindparam("limit"))
)


def resume_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have those that waited for an hour sent again, at most 50; how many they were.

    Where the owner chose another place, owes something by now, or has payouts withheld, the balance
    is given back instead.
    """
    found = [PayoutView(*row) for row in work.all(_TO_RESUME, now=now, limit=chunk.limit)]
    return chunk.each(work, found, attrgetter("id"), partial(_resume, now=now))


def _resume(work: Work, found: PayoutView, now: datetime) -> None:
    is_it = PAYOUT.c.id == found.id, PAYOUT.c.look_at == found.look_at
    if not work.execute(update(PAYOUT).where(*is_it).values(look_at=None)):
        return
    if _is_still_wanted(work, found):
        work.record(events.PayoutResumed(found.id))
    else:
        payout.fail(work, found, CHANGED, now)


def _is_still_wanted(work: Work, found: PayoutView) -> bool:
    place = tables.preference(work, found.owner_id)
    is_there = place is not None and (place.rail, place.destination) == (
        found.rail,
        found.destination,
    )
    owed = accounts.balance(work, f"owner:receivable:{found.owner_id}", found.currency)
    return is_there and owed == 0 and withheld.why(work, found.owner_id) is None
