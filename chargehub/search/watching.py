"""Begin to watch, end it, and forget watches that have ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from chargehub.errors import NotFound
from chargehub.people.rules import Actor
from chargehub.search import tables, watches
from chargehub.search.watch import BadWatch, TooManyWatches, Watch, Wish, ends_at
from chargehub.search.watches import FORGET_AT_ONCE, KEPT, WATCH
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work


@dataclass(frozen=True, slots=True)
class Limits:
    """How many watches an account has at a time, and how long one lasts that names no time."""

    most: int
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class NewWatch:
    """`expires_at` None: as long as it may last. `is_repeating` false: it ends when it is told."""

    wish: Wish
    is_repeating: bool = True
    expires_at: datetime | None = None


def begin(work: Work, actor: Actor, new: NewWatch, limits: Limits, now: datetime) -> Watch:
    """Watch from now on. Raises BadWatch, TooManyWatches, NotFound, and what bad names raise."""
    wish = new.wish
    until = ends_at(wish, new.expires_at, limits.lasts, now)
    if watches.count(work, actor.account_id, now) >= limits.most:
        raise TooManyWatches(f"You have {limits.most} watches at a time. End one first.")
    if wish.evse_id is not None:
        _check_evse(work, actor, wish.evse_id, now)
    watch = Watch(new_id(), actor.account_id, wish, new.is_repeating, now, until)
    watches.add(work, watch)
    return watch


def _check_evse(reads: Reads, actor: Actor, evse_id: str, now: datetime) -> None:
    found = tables.one(reads, evse_id, now, actor.account_id)
    if found is None:
        raise NotFound("There is no such EVSE, or it is not published.")
    if found.evse.owner_id == actor.account_id:
        raise BadWatch("This EVSE is your own, and your own are not told of. Watch for another.")


def seen(reads: Reads, actor: Actor, watch_id: str) -> Watch:
    """The actor's watch. Raises NotFound."""
    found = watches.watch(reads, actor.account_id, watch_id)
    if found is None:
        raise NotFound("You have no watch with this id.")
    return found


def end(work: Work, actor: Actor, watch_id: str) -> None:
    """Watch no longer. Raises NotFound."""
    watches.remove(work, [seen(work, actor, watch_id).id])


def forget_watches(work: Work, now: datetime) -> int:
    """Delete watches that ended a week ago, at most 500; how many they were."""
    wanted = select(WATCH.c.id).where(WATCH.c.expires_at <= now - KEPT).limit(FORGET_AT_ONCE)
    return watches.remove(work, [row.id for row in work.all(wanted)])
