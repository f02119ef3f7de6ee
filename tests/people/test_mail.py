"""How mail travels: to a real server on loopback, or into the log."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from chargehub.clock import HandClock
from chargehub.events import MailRequested
from chargehub.mail import Smtp, mailer, masked
from chargehub.people import actions, tables
from chargehub.people.mails import write_mail
from chargehub.people.rules import MailOutcome
from chargehub.settings import Settings
from chargehub.store.writer import Store

TEXT = "Hello Ada,\n\nyour code is 4711.\n"


@dataclass
class Postman:
    """An SMTP server that keeps what it is given, and answers to RCPT as it is told."""

    recipient_answer: str = "250 ok"
    received: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 postman\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.split(":")[0].split()[0].upper()
            if word == "RCPT":
                self.recipients.append(line)
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                self.received.append((await reader.readuntil(b"\r\n.\r\n")).decode())
            writer.write(self._answer(word).encode() + b"\r\n")
            await writer.drain()
            if word == "QUIT":
                break
        writer.close()

    def _answer(self, word: str) -> str:
        return {"RCPT": self.recipient_answer, "QUIT": "221 bye"}.get(word, "250 ok")


@pytest.fixture
async def postman() -> AsyncIterator[Postman]:
    postman = Postman()
    server = await asyncio.start_server(postman.serve, "127.0.0.1", 0)
    postman.port = server.sockets[0].getsockname()[1]
    yield postman
    server.close()
    await server.wait_closed()


@pytest.fixture
async def event(store: Store, clock: HandClock) -> MailRequested:
    """A mail that waits to be sent."""
    subject = "Set a new password"
    mail_id = await store.do(write_mail, "ada@example.org", subject, TEXT, clock.now())
    return MailRequested(mail_id)


def smtp_settings(postman: Postman) -> Settings:
    url = f"smtp://127.0.0.1:{postman.port}"
    return Settings(smtp_url=url, mail_from="ChargeHub <hub@hub.example>")


async def send(
    store: Store, settings: Settings, event: MailRequested, now: datetime
) -> MailOutcome:
    outcome = await mailer(settings, store)(event, "delivery-1")
    await store.do(actions.record_mail_sent, event, outcome, now)
    return outcome


async def test_a_mail_is_sent_and_its_text_forgotten(
    store: Store, clock: HandClock, postman: Postman, event: MailRequested
) -> None:
    outcome = await send(store, smtp_settings(postman), event, clock.now())

    [received] = postman.received
    assert outcome == MailOutcome(is_sent=True)
    assert "From: ChargeHub <hub@hub.example>\r\n" in received
    assert "To: ada@example.org\r\n" in received
    assert "Subject: Set a new password\r\n" in received
    assert "Message-ID: <delivery-1@hub.example>\r\n" in received
    assert "your code is 4711." in received
    mail = await store.read(tables.mail, event.mail_id)
    assert mail is not None
    assert (mail.sent_at, mail.text, mail.error) == (clock.now(), "", None)


async def test_a_mail_that_was_sent_is_not_sent_again(
    store: Store, clock: HandClock, postman: Postman, event: MailRequested
) -> None:
    await send(store, smtp_settings(postman), event, clock.now())

    outcome = await send(store, smtp_settings(postman), event, clock.now())

    assert outcome.is_sent
    assert len(postman.received) == 1


async def test_a_mailbox_that_does_not_exist_is_noted_and_given_up(
    store: Store, clock: HandClock, postman: Postman, event: MailRequested
) -> None:
    postman.recipient_answer = "550 no such mailbox"

    outcome = await send(store, smtp_settings(postman), event, clock.now())

    assert outcome == MailOutcome(is_sent=False, error="550 no such mailbox")
    mail = await store.read(tables.mail, event.mail_id)
    assert mail is not None
    assert (mail.sent_at, mail.error) == (None, "550 no such mailbox")


async def test_a_busy_server_and_a_dead_line_are_raised_to_be_tried_again(
    store: Store, postman: Postman, event: MailRequested
) -> None:
    postman.recipient_answer = "450 later"

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await mailer(smtp_settings(postman), store)(event, "delivery-1")
    with pytest.raises(OSError, match="refused"):
        await mailer(Settings(smtp_url="smtp://127.0.0.1:1"), store)(event, "delivery-1")


async def test_a_server_without_tls_gets_no_password(
    store: Store, postman: Postman, event: MailRequested
) -> None:
    settings = Settings(smtp_url=f"smtp://hub:secret@127.0.0.1:{postman.port}")

    with pytest.raises(smtplib.SMTPNotSupportedError):
        await mailer(settings, store)(event, "delivery-1")

    assert postman.received == []


@pytest.mark.parametrize("mail_to_log", [True, False])
async def test_without_smtp_a_mail_is_noted_and_its_code_shown_only_if_that_is_set(
    store: Store, clock: HandClock, event: MailRequested, mail_to_log: bool
) -> None:
    with capture_logs() as logs:
        outcome = await send(store, Settings(mail_to_log=mail_to_log), event, clock.now())

    assert outcome == MailOutcome(is_sent=False, error="no SMTP configured")
    [entry] = logs
    assert entry["event"] == "mail not sent: no SMTP configured"
    assert entry["to"] == "a***@example.org"
    assert ("4711" in str(entry)) is mail_to_log
    mail = await store.read(tables.mail, event.mail_id)
    assert mail is not None
    assert (mail.sent_at, mail.text) == (None, TEXT)


def test_addresses_in_the_log_are_masked() -> None:
    assert masked("ada.lovelace@example.org") == "a***@example.org"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Smtp("mail.example", 587, "", "", is_tls=False)),
        ("smtps://mail.example", Smtp("mail.example", 465, "", "", is_tls=True)),
        (
            "smtp://hub%40example:p%3Aw@mail.example:2525",
            Smtp("mail.example", 2525, "hub@example", "p:w", is_tls=False),
        ),
    ],
)
def test_the_server_is_named_by_a_url(url: str, expected: Smtp) -> None:
    assert Smtp.of(url) == expected
    assert not expected.may_be_plain


@pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://"])
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp_url must look like"):
        Smtp.of(url)
