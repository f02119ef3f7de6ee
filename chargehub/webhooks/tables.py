"""Queries on webhooks and their messages; who listens, what is parked. They give values."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlmodel import col

from chargehub.people.tables import Account
from chargehub.store.hot import Hot
from chargehub.store.tables import DeliveryRow
from chargehub.store.work import Reads, table_of
from chargehub.webhooks import feed
from chargehub.webhooks.rules import (
    MOST_WEBHOOKS,
    KeyView,
    MessageView,
    NoSuchWebhook,
    Parcel,
    WebhookView,
)
from chargehub.webhooks.schema import Webhook, WebhookKey, WebhookMessage

PARKED_AT_ONCE = 1_000  # that one request sends again

_WEBHOOKS: Select[Any] = select(table_of(Webhook))
_OF = col(Webhook.account_id) == bindparam("account_id")
_LISTENING: Select[Any] = _WEBHOOKS.where(col(Webhook.is_enabled)).order_by(col(Webhook.id))
_OF_ACCOUNT = Hot(_LISTENING.where(_OF, ~col(Webhook.is_hub_wide)))
_HUB_WIDE = Hot(
    _LISTENING.join(Account, col(Account.id) == col(Webhook.account_id)).where(
        col(Webhook.is_hub_wide), col(Account.is_operator)
    )
)
_KEYS: Select[Any] = (
    select(table_of(WebhookKey))
    .where(
        col(WebhookKey.webhook_id) == bindparam("webhook_id"),
        or_(col(WebhookKey.expires_at).is_(None), col(WebhookKey.expires_at) > bindparam("moment")),
    )
    .order_by(col(WebhookKey.id).desc())
)
_MESSAGES: Select[Any] = select(
    table_of(WebhookMessage), col(DeliveryRow.state).label("delivery_state")
).outerjoin(DeliveryRow, col(DeliveryRow.id) == col(WebhookMessage.delivery_id))
_IS_PARKED = col(DeliveryRow.state) == "parked"


def listeners(reads: Reads, readers: frozenset[str]) -> tuple[WebhookView, ...]:
    """Enabled webhooks of these accounts, and those of operators for the whole hub."""
    found = [_webhook(row) for row in reads.all(_HUB_WIDE)]
    for account_id in sorted(readers):
        found += [_webhook(row) for row in reads.all(_OF_ACCOUNT, account_id=account_id)]
    return tuple(found)


def webhook(reads: Reads, account_id: str, webhook_id: str, now: datetime) -> WebhookView:
    """A webhook of this account, with the keys that sign now. Raises NoSuchWebhook."""
    row = reads.one(_WEBHOOKS.where(col(Webhook.id) == webhook_id, _OF), account_id=account_id)
    if row is None:
        raise NoSuchWebhook
    return _with_keys(reads, _webhook(row), now)


def page_of(
    reads: Reads, account_id: str, after: str | None, limit: int, now: datetime
) -> tuple[WebhookView, ...]:
    """An account's webhooks, oldest first, those after the id `after`."""
    statement = _WEBHOOKS.where(_OF, col(Webhook.id) > (after or "")).order_by(col(Webhook.id))
    rows = reads.all(statement.limit(min(limit, MOST_WEBHOOKS + 1)), account_id=account_id)
    return tuple(_with_keys(reads, _webhook(row), now) for row in rows)


def count(reads: Reads, account_id: str) -> int:
    """How many webhooks an account has."""
    statement = select(func.count()).select_from(Webhook).where(_OF)
    found: int = reads.value(statement, account_id=account_id)
    return found


def messages(
    reads: Reads, webhook_id: str, state: str | None, after: str | None, limit: int
) -> tuple[MessageView, ...]:
    """Messages to a webhook, newest first, those before the id `after`. `state` None: all."""
    statement = _MESSAGES.where(col(WebhookMessage.webhook_id) == webhook_id)
    if state == "parked":
        statement = statement.where(col(WebhookMessage.state) == "pending", _IS_PARKED)
    elif state == "pending":
        is_moving = or_(col(DeliveryRow.state).is_(None), ~_IS_PARKED)
        statement = statement.where(col(WebhookMessage.state) == "pending", is_moving)
    elif state is not None:
        statement = statement.where(col(WebhookMessage.state) == state)
    if after is not None:
        statement = statement.where(col(WebhookMessage.id) < after)
    rows = reads.all(statement.order_by(col(WebhookMessage.id).desc()).limit(limit))
    return tuple(_message(row) for row in rows)


def message(reads: Reads, webhook_id: str, message_id: str) -> MessageView | None:
    """A message to this webhook, or None."""
    row = reads.one(
        _MESSAGES.where(
            col(WebhookMessage.id) == message_id, col(WebhookMessage.webhook_id) == webhook_id
        )
    )
    return None if row is None else _message(row)


def is_pinging(reads: Reads, webhook_id: str) -> bool:
    """Whether a ping is under way."""
    return (
        reads.one(
            select(col(WebhookMessage.id)).where(
                col(WebhookMessage.webhook_id) == webhook_id,
                col(WebhookMessage.state) == "pending",
                col(WebhookMessage.position).is_(None),
            )
        )
        is not None
    )


def parked(reads: Reads, webhook_id: str) -> list[str]:
    """Ids of the parked deliveries to a webhook, oldest first; at most 1,000."""
    statement = (
        select(col(DeliveryRow.id))
        .join(WebhookMessage, col(WebhookMessage.delivery_id) == col(DeliveryRow.id))
        .where(
            col(WebhookMessage.webhook_id) == webhook_id,
            col(WebhookMessage.state) == "pending",
            _IS_PARKED,
        )
        .order_by(col(DeliveryRow.id))
        .limit(PARKED_AT_ONCE)
    )
    return [row.id for row in reads.all(statement)]


def failing(reads: Reads, limit: int) -> tuple[WebhookView, ...]:
    """Enabled webhooks whose last try failed, the longest failing first."""
    statement = (
        _WEBHOOKS.where(col(Webhook.is_enabled), col(Webhook.failing_since).is_not(None))
        .order_by(col(Webhook.failing_since))
        .limit(limit)
    )
    return tuple(_webhook(row) for row in reads.all(statement))


def is_behind(reads: Reads, webhook_id: str, most: int) -> bool:
    """Whether more than `most` messages to a webhook wait."""
    statement = (
        select(col(WebhookMessage.id))
        .where(col(WebhookMessage.webhook_id) == webhook_id, col(WebhookMessage.state) == "pending")
        .offset(most)
        .limit(1)
    )
    return reads.one(statement) is not None


def address_of(reads: Reads, account_id: str) -> str:
    """Where the holder of an account reads mail."""
    found: str = reads.value(select(col(Account.email)).where(col(Account.id) == account_id))
    return found


def of_message(reads: Reads, message_id: str) -> WebhookView | None:
    """The webhook that a message is for; None: it was removed."""
    its = select(col(WebhookMessage.webhook_id)).where(col(WebhookMessage.id) == message_id)
    row = reads.one(_WEBHOOKS.where(col(Webhook.id) == its.scalar_subquery()))
    return None if row is None else _webhook(row)


def parcel(reads: Reads, message_id: str, now: datetime) -> Parcel | None:
    """What is needed to send a message; None: its webhook was removed."""
    found = reads.one(select(table_of(WebhookMessage)).where(col(WebhookMessage.id) == message_id))
    if found is None:
        return None
    webhook = of_message(reads, message_id)
    if webhook is None:
        return None
    entry = None if found.position is None else feed.one(reads, found.position)
    whole = _with_keys(reads, webhook, now)
    return Parcel(found.id, found.name, found.position is None, found.created_at, whole, entry)


def _with_keys(reads: Reads, found: WebhookView, now: datetime) -> WebhookView:
    rows: Sequence[Any] = reads.all(_KEYS, webhook_id=found.id, moment=now)
    keys = tuple(KeyView(row.id, row.sealed, row.created_at, row.expires_at) for row in rows)
    return replace(found, keys=keys)


def _webhook(row: Any) -> WebhookView:
    return WebhookView(
        id=row.id,
        account_id=row.account_id,
        url=row.url,
        types=tuple(row.types),
        signing=row.signing,
        is_hub_wide=row.is_hub_wide,
        is_enabled=row.is_enabled,
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
    )


def _message(row: Any) -> MessageView:
    is_parked = row.state == "pending" and row.delivery_state == "parked"
    return MessageView(
        id=row.id,
        name=row.name,
        resource=row.resource,
        position=row.position,
        state="parked" if is_parked else row.state,
        tries=row.tries,
        status=row.status,
        error=row.error,
        delivery_id=row.delivery_id,
        created_at=row.created_at,
        last_at=row.last_at,
    )
