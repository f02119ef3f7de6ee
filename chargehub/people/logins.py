"""Logging in and out. A password is checked before these actions, off every busy thread."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from chargehub.errors import NotFound
from chargehub.people.rules import FREE_FAILURES_OF_ALL, digest, locked_until
from chargehub.people.tables import Account, Login
from chargehub.store.columns import new_id
from chargehub.store.work import Work

TOKEN_PREFIX = "chl_"  # lets secret scanners recognise a leaked login


@dataclass(frozen=True, slots=True)
class Attempt:
    """A password was compared with this hash of this account, and was right or not."""

    account_id: str
    password_hash: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class OpenedLogin:
    """A new login. `token` is shown now and never again."""

    id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """The password was wrong; it was counted."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Too many wrong passwords: none is looked at before `until`, not even the right one."""

    until: datetime


def log_in(
    work: Work, attempt: Attempt, lasts: timedelta, now: datetime
) -> OpenedLogin | WrongPassword | Locked:
    """Open a login, or count the failure. Returns both, for a refusal would undo the count.

    The lock is judged here and not where the password was compared: of many attempts at once,
    each is counted before the next is judged.
    """
    account = work.one(
        select(col(Account.password_hash), col(Account.failures), col(Account.locked_until)).where(
            col(Account.id) == attempt.account_id
        )
    )
    assert account is not None, attempt.account_id
    if account.locked_until is not None and now < account.locked_until:
        return Locked(account.locked_until)
    is_current = account.password_hash == attempt.password_hash
    if not (attempt.is_right and is_current):
        _note_failures(work, attempt.account_id, account.failures + 1, now)
        return WrongPassword()
    if account.failures:
        _note_failures(work, attempt.account_id, 0, now)
    return open_login(work, attempt.account_id, lasts, now)


def _note_failures(work: Work, account_id: str, failures: int, now: datetime) -> None:
    until = locked_until(failures, now, FREE_FAILURES_OF_ALL)
    work.execute(
        update(Account)
        .where(col(Account.id) == account_id)
        .values(failures=failures, locked_until=until)
    )


def open_login(work: Work, account_id: str, lasts: timedelta, now: datetime) -> OpenedLogin:
    """A login that is valid until `now + lasts`."""
    opened = OpenedLogin(new_id(), TOKEN_PREFIX + secrets.token_urlsafe(32), now + lasts)
    work.add(
        Login(
            id=opened.id,
            account_id=account_id,
            token_hash=digest(opened.token),
            created_at=now,
            expires_at=opened.expires_at,
        )
    )
    return opened


def revoke_login(work: Work, account_id: str, login_id: str, now: datetime) -> None:
    """Log one device of this account out. Raises NotFound for another's, or one already out."""
    if not _revoke(work, now, col(Login.id) == login_id, col(Login.account_id) == account_id):
        raise NotFound("You have no such login.")


def revoke_all_logins(work: Work, account_id: str, now: datetime) -> int:
    """Log every device of this account out; how many were logged in."""
    return _revoke(work, now, col(Login.account_id) == account_id)


def _revoke(work: Work, now: datetime, *which: ColumnElement[bool]) -> int:
    is_open = col(Login.revoked_at).is_(None)
    return work.execute(update(Login).where(is_open, *which).values(revoked_at=now))
