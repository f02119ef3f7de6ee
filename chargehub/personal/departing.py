"""Guests leave by themselves: when their credential is over, so is what is known of them."""

from datetime import datetime

from sqlalchemy import select

from chargehub.personal.columns import table
from chargehub.personal.erasing import erase
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Work


def forget_guests(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Forget guests who can look at their booking no more, as if they had asked for it.

    Whose money or dispute is still open waits. At most 50; how many they were.
    """
    guests = table("guest_booking")
    over = guests.c.credential_until.is_not(None), guests.c.credential_until <= now
    due = select(guests.c.account_id).where(*over).order_by(guests.c.credential_until)
    found = [str(row.account_id) for row in work.all(due.limit(chunk.limit))]
    return chunk.each(
        work, found, lambda account_id: account_id, lambda work, who: erase(work, who, now)
    )
