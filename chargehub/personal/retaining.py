"""What the clock forgets about people, each kind after a time of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, update

from chargehub.personal.columns import table
from chargehub.store.work import Work

AT_ONCE = 500  # rows of each kind; the next tick goes on


@dataclass(frozen=True, slots=True)
class Kept:
    """How long after its end each kind is kept. Frames and events have settings of their own."""

    logins: timedelta = timedelta(days=30)
    mails: timedelta = timedelta(days=30)
    reveals: timedelta = timedelta(days=365)
    knocks: timedelta = timedelta(days=30)
    sellers: timedelta = timedelta(days=3_650)


KEPT = Kept()


def forget(work: Work, now: datetime, kept: Kept = KEPT) -> int:
    """Delete what is too old, at most 500 rows of each kind; how many they were."""
    done = sum(_delete(work, rows, is_old) for rows, is_old in _old(now, kept))
    for name in ("seller", "billing_party"):
        done += _forget_sellers(work, name, now - kept.sellers)
    return done + _forget_knocks(work, now - kept.knocks)


def _old(now: datetime, kept: Kept) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    logins, codes, mails, reveals = (
        table(name) for name in ("login", "mail_token", "mail", "address_reveal")
    )
    ended = now - kept.logins
    yield logins, or_(logins.c.expires_at <= ended, logins.c.revoked_at <= ended)
    yield codes, or_(codes.c.expires_at <= ended, codes.c.used_at <= ended)
    is_done = or_(mails.c.sent_at.is_not(None), mails.c.error.is_not(None))
    yield mails, (mails.c.created_at <= now - kept.mails) & is_done
    yield reveals, reveals.c.last_at <= now - kept.reveals


def _delete(work: Work, rows: Table, is_old: ColumnElement[bool]) -> int:
    due = [row.id for row in work.all(select(rows.c.id).where(is_old).limit(AT_ONCE))]
    return work.execute(delete(rows).where(rows.c.id.in_(due))) if due else 0


def _forget_sellers(work: Work, name: str, before: datetime) -> int:
    """Who somebody was to tax offices, or in invoices, who left and has earned nothing since."""
    sellers, accounts, books = (table(each) for each in (name, "account", "settlement"))
    since = select(books.c.owner_id).where(
        books.c.owner_id == sellers.c.account_id, books.c.captured_at > before
    )
    left = (
        select(sellers.c.account_id)
        .join(accounts, accounts.c.id == sellers.c.account_id)
        .where(accounts.c.erased_at <= before, ~since.exists())
    )
    due = [row.account_id for row in work.all(left.limit(AT_ONCE))]
    if not due:
        return 0
    return work.execute(delete(sellers).where(sellers.c.account_id.in_(due)))


def _forget_knocks(work: Work, before: datetime) -> int:
    """From which address somebody came to a pairing; the pairing itself stays."""
    pairings = table("pairing")
    is_old = pairings.c.knocked_from.is_not(None), pairings.c.knocked_at <= before
    wanted = select(pairings.c.id).where(*is_old, func.length(pairings.c.knocked_from) > 0)
    due = [row.id for row in work.all(wanted.limit(AT_ONCE))]
    if not due:
        return 0
    return work.execute(update(pairings).where(pairings.c.id.in_(due)).values(knocked_from=None))
