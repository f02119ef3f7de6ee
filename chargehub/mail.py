"""How mail travels: by SMTP where one is set, else it is only noted in the log."""

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Self
from urllib.parse import unquote, urlsplit

import structlog

from chargehub.events import MailRequested
from chargehub.people import tables
from chargehub.people.rules import MailOutcome
from chargehub.people.tables import MailView
from chargehub.settings import Settings
from chargehub.store.writer import Store

log = structlog.get_logger(__name__)

TIMEOUT_S = 30.0  # of each SMTP step; the delivery is tried again later
PERMANENT = 500  # Source: RFC 5321, section 4.2.1: from 500 on a repeat is pointless
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

Mailer = Callable[[MailRequested, str], Awaitable[MailOutcome]]


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where mail is handed over. TLS from the start (smtps) or by STARTTLS (smtp).

    Mail carries codes, so without TLS it goes to the same machine only.
    """

    host: str
    port: int
    user: str
    password: str
    is_tls: bool

    @classmethod
    def of(cls, url: str) -> Self:
        """From smtp://user:password@host:port or smtps://… Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("smtp_url must look like smtp://user:password@host:587")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 587),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            is_tls=is_tls,
        )

    @property
    def may_be_plain(self) -> bool:
        return self.host in _LOOPBACK and not self.user


def mailer(settings: Settings, store: Store) -> Mailer:
    """The effect that sends the mail of a `MailRequested`; its key becomes the Message-ID.

    Gives whether it was sent, or why it never will be. What may pass (no line, a busy server)
    is raised, to be tried again. A mail can arrive twice if we stop between sending and noting.
    """
    smtp = Smtp.of(settings.smtp_url) if settings.smtp_url else None

    async def run(event: MailRequested, key: str) -> MailOutcome:
        mail = await store.read(tables.mail, event.mail_id)
        assert mail is not None, event.mail_id
        if mail.sent_at is not None:
            return MailOutcome(is_sent=True)
        if smtp is None:
            return _note(mail, settings)
        message = _message(mail, settings.mail_from, key)
        return await asyncio.to_thread(_send, smtp, message, mail.recipient)

    return run


def _note(mail: MailView, settings: Settings) -> MailOutcome:
    facts = {"mail": mail.id, "to": masked(mail.recipient), "subject": mail.subject}
    if settings.mail_to_log:
        facts["text"] = mail.text
    log.warning("mail not sent: no SMTP configured", **facts)
    return MailOutcome(is_sent=False, error="no SMTP configured")


def masked(address: str) -> str:
    """An address as a log may hold it: a***@example.org."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def _message(mail: MailView, sender: str, key: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{key}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    message.set_content(mail.text)
    return message


def _send(smtp: Smtp, message: EmailMessage, recipient: str) -> MailOutcome:
    try:
        with connected(smtp) as line:
            line.send_message(message, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        if code < PERMANENT:
            raise
        return MailOutcome(is_sent=False, error=f"{code} {reason.decode(errors='replace')}")
    return MailOutcome(is_sent=True)


def connected(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.is_tls:
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            smtp.host, smtp.port, timeout=TIMEOUT_S, context=context
        )
    else:
        line = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_S)
    try:
        if not smtp.is_tls and not smtp.may_be_plain:
            line.starttls(context=context)
        if smtp.user:
            line.login(smtp.user, smtp.password)
    except (smtplib.SMTPException, OSError):
        line.close()
        raise
    return line
