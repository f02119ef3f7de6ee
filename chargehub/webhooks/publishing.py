"""The reaction to every event that the outside may know: a place in the feed, and messages."""

from datetime import datetime

from chargehub import events
from chargehub.store.columns import derived_id, new_id
from chargehub.store.work import Work
from chargehub.webhooks import feed, tables
from chargehub.webhooks.rules import is_wanted
from chargehub.webhooks.schema import WebhookMessage


def publish(work: Work, event: events.Event, now: datetime) -> None:
    """Publish an event, and owe it to every webhook that asks for it."""
    readers = feed.readers_of(work, event)
    entry = feed.add(work, event, readers, now)
    for webhook in tables.listeners(work, readers):
        if is_wanted(webhook.types, entry.name):
            owe(work, webhook.id, entry.name, entry.resource, entry.position, now)


def owe(
    work: Work, webhook_id: str, name: str, resource: str, position: int | None, now: datetime
) -> str:
    """Write a message to a webhook, behind those about the same resource; its id."""
    message_id = new_id()
    work.insert(
        WebhookMessage,
        id=message_id,
        webhook_id=webhook_id,
        name=name,
        resource=resource,
        position=position,
        state="pending",
        created_at=now,
    )
    work.record(events.WebhookRequested(message_id, lane(webhook_id, resource)))
    return message_id


def lane(webhook_id: str, resource: str) -> str:
    """The same for all messages to one webhook about one resource."""
    return derived_id("webhook", webhook_id, resource)
