"""Proving a mailbox: confirming an address, and a new password for who forgot theirs."""

from datetime import datetime

from sqlalchemy import func, literal, select, update
from sqlmodel import col

from chargehub.people import mails, tables
from chargehub.people.actions import disown
from chargehub.people.logins import revoke_all_logins
from chargehub.people.rules import (
    RESET_EVERY,
    RESET_LASTS,
    TokenInvalid,
    fold_email,
)
from chargehub.people.tables import Account, MailToken
from chargehub.store.columns import Instant
from chargehub.store.work import Work


def verify_email(work: Work, code: str, now: datetime) -> None:
    """Confirm the address that this code was mailed to. Raises TokenInvalid."""
    owner = tables.mail_token(work, code, "verify", now)
    if owner is None:
        raise TokenInvalid
    _use(work, owner.account_id, "verify", now)
    work.execute(update(Account).where(col(Account.id) == owner.account_id).values(verified_at=now))


def request_reset(work: Work, email: str, public_url: str, now: datetime) -> None:
    """Mail a code for a new password, if the address has an account and got none just now.

    Returns nothing either way: whoever asks must not learn which addresses have accounts.
    """
    account = work.one(
        select(col(Account.id), col(Account.email)).where(
            col(Account.email_folded) == fold_email(email)
        )
    )
    if account is None or _has_fresh_reset(work, account.id, now):
        return
    code = mails.new_code(work, account.id, "reset", RESET_LASTS, now)
    text = mails.reset_text(code, public_url)
    mails.write_mail(work, account.email, mails.RESET_SUBJECT, text, now)


def _has_fresh_reset(work: Work, account_id: str, now: datetime) -> bool:
    fresh = (
        select(func.count())
        .select_from(MailToken)
        .where(
            col(MailToken.account_id) == account_id,
            col(MailToken.purpose) == "reset",
            col(MailToken.created_at) > now - RESET_EVERY,
        )
    )
    return bool(work.value(fresh))


def reset_password(
    work: Work, code: str, password_hash: str, public_url: str, now: datetime
) -> None:
    """Set the new password, log every device out, lift a lock. Raises TokenInvalid.

    Reading the code proves the mailbox, so the address counts as confirmed. API keys and id
    tokens stay, for machines and cards know nothing of passwords; unless the address was not
    confirmed before: then somebody else may have made them.
    """
    owner = tables.mail_token(work, code, "reset", now)
    if owner is None:
        raise TokenInvalid
    _use(work, owner.account_id, "reset", now)
    account = tables.account(work, owner.account_id)
    assert account is not None, owner.account_id
    if not account.is_verified:
        disown(work, account.id, now)
    work.execute(
        update(Account)
        .where(col(Account.id) == owner.account_id)
        .values(
            password_hash=password_hash,
            failures=0,
            locked_until=None,
            verified_at=func.coalesce(col(Account.verified_at), literal(now, Instant())),
        )
    )
    revoke_all_logins(work, owner.account_id, now)
    text = mails.changed_text(public_url)
    mails.write_mail(work, account.email, mails.CHANGED_SUBJECT, text, now)


def _use(work: Work, account_id: str, purpose: str, now: datetime) -> None:
    """Use up every code of this purpose: an older mail must not work after a newer one did."""
    work.execute(
        update(MailToken)
        .where(
            col(MailToken.account_id) == account_id,
            col(MailToken.purpose) == purpose,
            col(MailToken.used_at).is_(None),
        )
        .values(used_at=now)
    )
