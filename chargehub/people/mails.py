"""Writing to people: a row with the text, an event that it must go out, and codes that prove
who read it. How mail travels is `chargehub/mail.py`."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from chargehub.events import MailRequested
from chargehub.people.rules import digest
from chargehub.people.tables import Mail, MailToken
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work


def write_mail(work: Work, recipient: str, subject: str, text: str, now: datetime) -> str:
    """Note a mail and that it must be sent; its id. To somebody who was erased none is written."""
    mail_id = new_id()
    if not recipient:
        return mail_id
    work.add(Mail(id=mail_id, recipient=recipient, subject=subject, text=text, created_at=now))
    work.record(MailRequested(mail_id))
    return mail_id


def count_written(reads: Reads, recipient: str, beginning: str, since: datetime) -> int:
    """How many mails whose subject begins so were written to somebody from `since` on."""
    mine = col(Mail.recipient) == recipient, col(Mail.created_at) >= since
    is_such = col(Mail.subject).startswith(beginning, autoescape=True)
    return int(reads.value(select(func.count()).select_from(Mail).where(*mine, is_such)))


def new_code(work: Work, account_id: str, purpose: str, lasts: timedelta, now: datetime) -> str:
    """A code to be mailed, for one use until `now + lasts`. `purpose`: verify or reset."""
    code = secrets.token_urlsafe(24)
    work.add(
        MailToken(
            id=new_id(),
            account_id=account_id,
            purpose=purpose,
            token_hash=digest(code),
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return code


VERIFY_SUBJECT = "Confirm your e-mail address"
RESET_SUBJECT = "Set a new password"
CHANGED_SUBJECT = "Your password was changed"

# No text holds a name: whoever opens an account with somebody else's address chose it.


def verify_text(code: str, public_url: str) -> str:
    """Asks to confirm the address."""
    return (
        "Hello,\n\n"
        f"somebody, hopefully you, opened an account at {public_url} with this address.\n"
        "If it was you, confirm the address within seven days with this code:\n\n"
        f"    {code}\n\n"
        "If it was not you, do nothing.\n"
    )


def reset_text(code: str, public_url: str) -> str:
    """Carries the code for a new password."""
    return (
        "Hello,\n\n"
        f"somebody, hopefully you, wants to set a new password at {public_url}.\n"
        "If it was you, do so within an hour with this code:\n\n"
        f"    {code}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    )


def changed_text(public_url: str) -> str:
    """Says that the password is a new one."""
    return (
        "Hello,\n\n"
        f"your password at {public_url} was changed, and every device was logged out.\n"
        "Look through your API keys and cards: whoever knew the old one could have added some.\n"
        "If it was not you, set a new one at once and tell the operator.\n"
    )
