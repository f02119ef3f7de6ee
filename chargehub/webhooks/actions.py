"""What somebody does with a webhook, and what is noted of each try to send."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlmodel import col

from chargehub.events import WebhookRequested
from chargehub.people.mails import write_mail
from chargehub.people.rules import Actor
from chargehub.store.chunk import Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.webhooks import feed, tables
from chargehub.webhooks.publishing import lane, owe
from chargehub.webhooks.rules import (
    MOST_PENDING,
    MOST_WEBHOOKS,
    PING,
    NoSuchMessage,
    NotHubWide,
    NotResendable,
    Outcome,
    Terms,
    TooManyWebhooks,
    WebhookDisabled,
    WebhookView,
    Wish,
)
from chargehub.webhooks.schema import Webhook, WebhookKey, WebhookMessage

ERROR_LONGEST = 200
FORGET_AT_ONCE = 500
GONE = "Its receiver answered 410: it wants no more."
DISABLED_SUBJECT = "Your webhook was disabled"
BEHIND = f"It failed, and more than {MOST_PENDING} messages wait."


def add_webhook(work: Work, actor: Actor, wish: Wish, sealed: str, now: datetime) -> WebhookView:
    """Send events there from now on. Raises TooManyWebhooks, NotHubWide."""
    if wish.is_hub_wide and not actor.is_operator:
        raise NotHubWide
    if tables.count(work, actor.account_id) >= MOST_WEBHOOKS:
        raise TooManyWebhooks
    webhook_id = new_id()
    work.add(
        Webhook(
            id=webhook_id,
            account_id=actor.account_id,
            url=wish.url,
            types=list(wish.types),
            signing=wish.signing,
            is_hub_wide=wish.is_hub_wide,
            is_enabled=True,
            created_at=now,
        )
    )
    _add_key(work, webhook_id, sealed, now)
    return tables.webhook(work, actor.account_id, webhook_id, now)


def held_by(reads: Reads, actor: Actor, webhook_id: str, now: datetime) -> WebhookView:
    """A webhook that the actor may use. One for the whole hub is for who acts as an operator, and
    so not for an operator's key without that scope. Raises NoSuchWebhook, NotHubWide."""
    found = tables.webhook(reads, actor.account_id, webhook_id, now)
    if found.is_hub_wide and not actor.is_operator:
        raise NotHubWide
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None: as it was."""

    url: str | None = None
    types: tuple[str, ...] | None = None
    is_enabled: bool | None = None


def change_webhook(
    work: Work, actor: Actor, webhook_id: str, change: Change, now: datetime
) -> WebhookView:
    """Change a webhook. To enable it begins its record anew. Raises NoSuchWebhook, NotHubWide."""
    found = held_by(work, actor, webhook_id, now)
    is_enabled = found.is_enabled if change.is_enabled is None else change.is_enabled
    is_fresh = is_enabled and not found.is_enabled
    work.execute(
        update(Webhook)
        .where(col(Webhook.id) == webhook_id)
        .values(
            url=change.url or found.url,
            types=list(found.types if change.types is None else change.types),
            is_enabled=is_enabled,
            disabled_reason=None if is_enabled else found.disabled_reason,
            failing_since=None if is_fresh else found.failing_since,
        )
    )
    return tables.webhook(work, actor.account_id, webhook_id, now)


def remove_webhook(work: Work, actor: Actor, webhook_id: str, now: datetime) -> list[str]:
    """Forget a webhook and its messages; parked deliveries, which now come to nothing."""
    held_by(work, actor, webhook_id, now)
    parked = tables.parked(work, webhook_id)
    work.execute(delete(WebhookMessage).where(col(WebhookMessage.webhook_id) == webhook_id))
    work.execute(delete(WebhookKey).where(col(WebhookKey.webhook_id) == webhook_id))
    work.execute(delete(Webhook).where(col(Webhook.id) == webhook_id))
    return parked


def rotate_key(
    work: Work, actor: Actor, webhook_id: str, sealed: str, overlap: timedelta, now: datetime
) -> WebhookView:
    """Sign with a new key; the last one signs too until `now + overlap`, older ones no more."""
    found = held_by(work, actor, webhook_id, now)
    kept = found.keys[0].id if found.keys and overlap else ""
    is_its = col(WebhookKey.webhook_id) == webhook_id
    work.execute(delete(WebhookKey).where(is_its, col(WebhookKey.id) != kept))
    work.execute(update(WebhookKey).where(is_its).values(expires_at=now + overlap))
    _add_key(work, webhook_id, sealed, now)
    return tables.webhook(work, actor.account_id, webhook_id, now)


def _add_key(work: Work, webhook_id: str, sealed: str, now: datetime) -> None:
    work.add(WebhookKey(id=new_id(), webhook_id=webhook_id, sealed=sealed, created_at=now))


def ping(work: Work, actor: Actor, webhook_id: str, now: datetime) -> str:
    """Send a trial message, once; its id. Also to a disabled webhook. Raises NotResendable."""
    held_by(work, actor, webhook_id, now)
    if tables.is_pinging(work, webhook_id):
        raise NotResendable("A ping is under way. Look at the webhook's messages.")
    return owe(work, webhook_id, PING, f"ping:{new_id()}", None, now)


def send_again(
    work: Work, actor: Actor, webhook_id: str, message_id: str, now: datetime
) -> str | None:
    """Send a message once more, under its old id; or the id of its parked delivery, to be retried.

    Raises NoSuchWebhook, NoSuchMessage, WebhookDisabled, NotResendable.
    """
    webhook = held_by(work, actor, webhook_id, now)
    message = tables.message(work, webhook_id, message_id)
    if message is None:
        raise NoSuchMessage
    if not webhook.is_enabled:
        raise WebhookDisabled
    if message.state == "parked":
        return message.delivery_id
    if message.state == "pending":
        raise NotResendable("The message is on its way: it is tried again by itself.")
    it = col(WebhookMessage.id) == message_id
    work.execute(update(WebhookMessage).where(it).values(state="pending", delivery_id=None))
    work.record(WebhookRequested(message_id, lane(webhook_id, message.resource)))
    return None


def note_failure(
    work: Work, message_id: str, delivery_id: str, failure: Outcome, now: datetime
) -> None:
    """A try failed and another follows, or the message is parked."""
    _note(work, message_id, failure, now, delivery_id=delivery_id)
    _note_standing(work, message_id, failing_since=now)


def record_sent(
    work: Work, event: WebhookRequested, outcome: Outcome | None, now: datetime
) -> None:
    """The message needs no further try. None: its webhook is not there any more."""
    if outcome is None:
        return
    _note(work, event.message_id, outcome, now, state=outcome.state, delivery_id=None)
    if outcome.state == "sent":
        _note_standing(work, event.message_id, failing_since=None)
    if outcome.is_gone:
        webhook = tables.of_message(work, event.message_id)
        if webhook is not None and webhook.is_enabled:
            _disable(work, webhook, GONE, now)


def _note(
    work: Work, message_id: str, outcome: Outcome, now: datetime, **values: str | None
) -> None:
    error = None if outcome.error is None else outcome.error[:ERROR_LONGEST]
    work.execute(
        update(WebhookMessage)
        .where(col(WebhookMessage.id) == message_id)
        .values(
            tries=col(WebhookMessage.tries) + 1,
            status=outcome.status,
            error=error,
            last_at=now,
            **values,
        )
    )


def _note_standing(work: Work, message_id: str, failing_since: datetime | None) -> None:
    """Since when the message's webhook fails; what was noted first stays."""
    of_message = select(col(WebhookMessage.webhook_id)).where(col(WebhookMessage.id) == message_id)
    noted = col(Webhook.failing_since)
    is_news = noted.is_not(None) if failing_since is None else noted.is_(None)
    work.execute(
        update(Webhook)
        .where(col(Webhook.id) == of_message.scalar_subquery(), is_news)
        .values(failing_since=failing_since)
    )


def disable_failing(work: Work, now: datetime, terms: Terms, chunk: Chunk) -> int:
    """Disable webhooks that failed for too long or fell too far behind, and write to who has them;
    how many they were."""
    due = [
        (webhook, reason)
        for webhook in tables.failing(work, chunk.limit)
        if (reason := _hopeless(work, webhook, now, terms)) is not None
    ]

    def disable(work: Work, row: tuple[WebhookView, str]) -> None:
        _disable(work, *row, now)

    return chunk.each(work, due, lambda row: row[0].id, disable)


def _hopeless(work: Work, webhook: WebhookView, now: datetime, terms: Terms) -> str | None:
    assert webhook.failing_since is not None, webhook
    if webhook.failing_since + terms.failing <= now:
        return f"Nothing arrived since {webhook.failing_since:%Y-%m-%d %H:%M} UTC."
    return BEHIND if tables.is_behind(work, webhook.id, MOST_PENDING) else None


def _disable(work: Work, webhook: WebhookView, reason: str, now: datetime) -> None:
    work.execute(
        update(Webhook)
        .where(col(Webhook.id) == webhook.id)
        .values(is_enabled=False, disabled_reason=reason)
    )
    address = tables.address_of(work, webhook.account_id)
    write_mail(work, address, DISABLED_SUBJECT, _disabled_text(webhook, reason), now)


def _disabled_text(webhook: WebhookView, reason: str) -> str:
    host = urlsplit(webhook.url).hostname
    return (
        "Hello,\n\n"
        f"your webhook {webhook.id} to {host} was disabled, and nothing is sent to it any more.\n"
        f"{reason}\n\n"
        f"Once its receiver works, enable it (PATCH /api/v1/webhooks/{webhook.id}),\nand read what "
        "it missed from the last cursor it got (GET /api/v1/events).\n"
    )


def forget(work: Work, now: datetime, terms: Terms) -> int:
    """Delete some of the events and messages that are older than they are kept; how many."""
    before = now - terms.kept
    old = (
        select(col(WebhookMessage.id))
        .where(col(WebhookMessage.created_at) < before, col(WebhookMessage.state) != "pending")
        .limit(FORGET_AT_ONCE)
    )
    messages = work.execute(delete(WebhookMessage).where(col(WebhookMessage.id).in_(old)))
    return messages + feed.forget(work, before)
