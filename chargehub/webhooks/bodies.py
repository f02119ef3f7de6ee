"""What is asked and answered about events and webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from chargehub.rest.bodies import Body, StorableText
from chargehub.rest.manners import cursor
from chargehub.webhooks.feed import Stretch
from chargehub.webhooks.rules import (
    LONGEST_OVERLAP_HOURS,
    URL_LONGEST,
    VOCABULARY,
    Entry,
    MessageView,
    Signing,
    WebhookView,
    Wish,
    check_types,
    check_url,
)

Url = Annotated[str, Field(max_length=URL_LONGEST)]
Types = Annotated[
    list[Annotated[StorableText, Field(max_length=60)]], Field(max_length=len(VOCABULARY))
]


def cursor_of(position: int) -> str:
    """A position as the text to go on after."""
    return cursor((position,))


class EventBody(BaseModel):
    """Something that happened. `data`: the fields of its type; `cursor`: to go on after it."""

    cursor: str
    type: str
    timestamp: datetime
    resource: str
    facts: dict[str, Any] = Field(serialization_alias="data")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            cursor=cursor_of(entry.position),
            type=entry.name,
            timestamp=entry.at,
            resource=entry.resource,
            facts=entry.facts,
        )


class EventsBody(BaseModel):
    """Events in the order in which they were published.

    `next` is always there: keep it, and ask again with it later. With fewer than `limit` items
    you have read all there is for now.
    """

    items: list[EventBody]
    next: str

    @classmethod
    def of(cls, found: Stretch) -> Self:
        return cls(items=[EventBody.of(one) for one in found.entries], next=cursor_of(found.until))


class NewWebhookBody(Body):
    """Where to send events. `types` empty: all that concern you.

    `is_hub_wide`: for operators, everything that happens in the hub.
    """

    url: Url
    types: Types = Field(default_factory=list)
    signing: Signing = "hmac"
    is_hub_wide: bool = False

    def wish(self, may_be_private: bool) -> Wish:
        """Raises BadWebhookUrl, UnknownEventType."""
        url = check_url(self.url, may_be_private)
        return Wish(url, check_types(self.types), self.signing, self.is_hub_wide)


class WebhookChangeBody(Body):
    """What is to be different. To enable a webhook sends again what is parked."""

    url: Url | None = None
    types: Types | None = None
    is_enabled: bool | None = None


class RotationBody(Body):
    """For how many hours the old secret still signs beside the new one; 0: not at all."""

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS)] = 24


class WebhookKeyBody(BaseModel):
    """A key that signs. `public_key`: with ed25519, to check with; `expires_at`: until when."""

    public_key: str | None
    created_at: datetime
    expires_at: datetime | None


class WebhookBody(BaseModel):
    """A webhook. `failing_since`: nothing arrived since; `keys`: newest first, each signs."""

    id: str
    url: str
    types: list[str]
    signing: Signing
    is_hub_wide: bool
    is_enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    keys: list[WebhookKeyBody]

    @classmethod
    def of(cls, found: WebhookView, public_keys: list[str | None]) -> Self:
        plain = {name: getattr(found, name) for name in WebhookBody.model_fields if name != "keys"}
        keys = [
            WebhookKeyBody(public_key=public, created_at=key.created_at, expires_at=key.expires_at)
            for key, public in zip(found.keys, public_keys, strict=True)
        ]
        return cls(**{**plain, "types": list(found.types)}, keys=keys)


class KeyedWebhookBody(WebhookBody):
    """A webhook with a new key. `secret`: shown this once; null with ed25519."""

    secret: str | None = None


class WebhookMessageBody(BaseModel):
    """One event on its way to one webhook; `status`: what the last try was answered with.

    `state`: pending (tried again by itself), parked (waits to be sent again by hand, and keeps
    later ones of its `resource` waiting), sent, failed (a ping, or the receiver wants no more),
    dropped (the webhook was disabled). `cursor`: its event's, null for a ping.
    """

    id: str
    type: str
    resource: str
    cursor: str | None
    state: Literal["pending", "parked", "sent", "failed", "dropped"]
    tries: int
    status: int | None
    error: str | None
    created_at: datetime
    last_at: datetime | None

    @classmethod
    def of(cls, found: MessageView) -> Self:
        return cls.model_validate(
            {
                "id": found.id,
                "type": found.name,
                "resource": found.resource,
                "cursor": None if found.position is None else cursor_of(found.position),
                "state": found.state,
                "tries": found.tries,
                "status": found.status,
                "error": found.error,
                "created_at": found.created_at,
                "last_at": found.last_at,
            }
        )
