"""The feed of events that the outside may follow, webhooks, and messages on their way to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant, Json


class FeedHead(SQLModel, table=True):
    """The last position that was given; one row.

    Whoever takes the next holds it until the commit: positions are committed in their order.
    """

    __tablename__ = "feed_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int = Field(sa_type=BigInteger)


class FeedEntry(SQLModel, table=True):
    """One published event. `at` is business time."""

    __tablename__ = "feed_entry"

    position: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    name: str = Field(max_length=60)
    resource: str = Field(max_length=80)
    body: Any = Field(sa_type=Json)
    at: datetime = Field(sa_type=Instant, index=True)


class FeedReader(SQLModel, table=True):
    """An account that an event concerns: it may read it."""

    __tablename__ = "feed_reader"

    account_id: str = Field(primary_key=True, max_length=36)
    position: int = Field(
        primary_key=True,
        sa_type=BigInteger,
        sa_column_kwargs={"autoincrement": False},
        index=True,
    )


class Webhook(SQLModel, table=True):
    """Where somebody wants to be told of events. `types` empty: of all that concern them."""

    __tablename__ = "webhook"
    __table_args__ = (
        Index("ix_webhook_account", "account_id", "id"),
        Index(
            "ix_webhook_hub_wide",
            "id",
            sqlite_where=text("is_hub_wide"),
            postgresql_where=text("is_hub_wide"),
        ),
        Index("ix_webhook_failing", "failing_since"),
    )

    id: str = Field(primary_key=True, max_length=36)
    account_id: str = Field(max_length=36, foreign_key="account.id")
    url: str = Field(max_length=500)
    types: Any = Field(sa_type=Json)
    signing: str = Field(max_length=7)
    is_hub_wide: bool
    is_enabled: bool
    disabled_reason: str | None = Field(default=None, max_length=200)
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class WebhookKey(SQLModel, table=True):
    """A key that signs what a webhook is sent. `expires_at`: set once a newer one is there."""

    __tablename__ = "webhook_key"

    id: str = Field(primary_key=True, max_length=36)
    webhook_id: str = Field(max_length=36, foreign_key="webhook.id", index=True)
    sealed: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)


class WebhookMessage(SQLModel, table=True):
    """One event for one webhook, or a ping (`position` None). `state` as in `MessageView`;
    parked ones are pending here: it is their delivery that is parked."""

    __tablename__ = "webhook_message"
    __table_args__ = (
        Index("ix_webhook_message_webhook", "webhook_id", "state", "id"),
        Index("ix_webhook_message_created_at", "created_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    webhook_id: str = Field(max_length=36, foreign_key="webhook.id")
    name: str = Field(max_length=60)
    resource: str = Field(max_length=80)
    position: int | None = Field(default=None, sa_type=BigInteger)
    state: str = Field(max_length=7)
    tries: int = 0
    status: int | None = None
    error: str | None = Field(default=None, max_length=200)
    delivery_id: str | None = Field(default=None, max_length=36)
    created_at: datetime = Field(sa_type=Instant)
    last_at: datetime | None = Field(default=None, sa_type=Instant)
