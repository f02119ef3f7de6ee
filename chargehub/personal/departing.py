"""Guests leave by themselves: when their credential is over, so is what is known of them."""

from datetime import datetime, timedelta

from sqlalchemy import select

from chargehub.personal.columns import table
from chargehub.personal.erasing import erase
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work

VISIT_LASTS = timedelta(days=60)  # as the credential of a guest's booking


def forget_guests(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Forget guests who can look at their booking no more, as if they had asked for it.

    Whose money or dispute is still open waits. At most 50; how many they were.
    """
    guests, visits = table("guest_booking"), table("ad_hoc")
    over = guests.c.credential_until.is_not(None), guests.c.credential_until <= now
    due = select(guests.c.account_id).where(*over).order_by(guests.c.credential_until)
    gone = visits.c.account_id.is_not(None), visits.c.created_at <= now - VISIT_LASTS
    left = select(visits.c.account_id).where(*gone).order_by(visits.c.created_at)
    found = [
        str(row.account_id)
        for statement in (due, left)
        for row in work.all(statement.limit(chunk.limit))
    ][: chunk.limit]
    return chunk.each(
        work, found, lambda account_id: account_id, lambda work, who: erase(work, who, now)
    )
