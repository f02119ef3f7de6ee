"""Tells those who wait that something fits. It is judged now, as a search judges it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, update

from chargehub import events
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.search import watches
from chargehub.search.fitting import fitting
from chargehub.search.tables import Found
from chargehub.search.watch import MOST_NAMED, Watch, Wish, subject_of, text_of
from chargehub.search.watches import WATCH
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant
from chargehub.store.work import Work

_TAKE = (
    update(WATCH)
    .where(
        WATCH.c.id == bindparam("watch_id"),
        WATCH.c.due_at <= bindparam("now", type_=Instant()),
    )
    .values(due_at=None)
)


def tell_watching(work: Work, now: datetime, every: timedelta, chunk: Chunk = ALL) -> int:
    """Look at what was found for watches and tell of what fits; how many watches were due.

    `every`: who was told is not told again so soon, and then of everything at once.
    """
    due = watches.due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("id"), partial(_look, now=now, every=every))


def _look(work: Work, watch: Watch, now: datetime, every: timedelta) -> None:
    if not work.execute(_TAKE, watch_id=watch.id, now=now):
        return  # another hub has looked
    evse_ids = watches.finds(work, watch.id)
    found = fitting(work, watch.wish, evse_ids, now) if now < watch.expires_at else ()
    watches.forget_finds(work, watch.id, evse_ids)
    if found:
        _tell(work, watch, found, now, every)


def _tell(
    work: Work, watch: Watch, found: Sequence[Found], now: datetime, every: timedelta
) -> None:
    evse_ids = [each.evse.id for each in found]
    if watch.wish.kind == "listed":
        watches.note(work, watch.id, evse_ids, is_told=True)
    told = {"told_at": now, "told": evse_ids[:MOST_NAMED], "quiet_until": now + every}
    if not watch.is_repeating:
        told["expires_at"] = now
    work.execute(update(WATCH).where(WATCH.c.id == watch.id).values(**told))
    work.record(events.WatchMatched(watch.id, watch.account_id, evse_ids[0]))
    account = people.account(work, watch.account_id)
    if account is not None:
        lines = [_line(watch.wish, each) for each in found[:MOST_NAMED]]
        text = text_of(watch, lines, len(found[MOST_NAMED:]))
        mails.write_mail(work, account.email, subject_of(watch.wish), text, now)


def _line(wish: Wish, found: Found) -> str:
    """Where it is, no better than everybody is told."""
    away = "" if wish.around is None else f", about {found.distance_m} m away"
    return f"{found.location_name}, EVSE {found.evse.number}{away}: {found.evse.id}"
