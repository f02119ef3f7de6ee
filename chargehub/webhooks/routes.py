"""REST for events and webhooks: follow what happens, by asking or by being told."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request

from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.settings import Settings
from chargehub.store.outbox import Relay
from chargehub.webhooks import actions, bodies, feed, keys, signing, tables
from chargehub.webhooks.rules import (
    NoSuchMessage,
    NotHubWide,
    WebhookDisabled,
    WebhookView,
    check_types,
    check_url,
)

router = APIRouter(tags=["webhooks"])

Writer = Annotated[Actor, Depends(needs("webhooks:write"))]
Id = Annotated[str, Path(max_length=36)]
State = Annotated[Literal["pending", "parked", "sent", "failed", "dropped"] | None, Query()]
Whose = Annotated[Literal["own", "all"], Query()]


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.hub.settings
    return settings


async def _relay(request: Request) -> Relay:
    relay: Relay = request.app.state.hub.relay
    return relay


CurrentSettings = Annotated[Settings, Depends(_settings)]
CurrentRelay = Annotated[Relay, Depends(_relay)]


@router.get("/events")
async def get_events(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage, whose: Whose = "own"
) -> bodies.EventsBody:
    """What happened to your stations, bookings, sessions and payouts, after a cursor.

    Without a cursor from the oldest that is kept. Operators see everything with `whose=all`.
    """
    if whose == "all" and not actor.is_operator:
        raise NotHubWide
    key = asked.after_key(int)
    after = None if key is None else int(key[0])
    account_id = None if whose == "all" else actor.account_id
    found = await store.read(feed.stretch, account_id, after, asked.limit)
    return bodies.EventsBody.of(found)


@router.post("/webhooks", status_code=201)
async def post_webhook(
    wanted: bodies.NewWebhookBody,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
) -> bodies.KeyedWebhookBody:
    """Have events sent to you. The secret that signs them is shown this once."""
    wish = wanted.wish(settings.webhook_private_addresses)
    key = keys.new_key()
    sealed = keys.seal(settings.secret, key)
    made = await store.do(actions.add_webhook, actor, wish, sealed, now)
    return _keyed(made, key, settings)


@router.get("/webhooks")
async def get_webhooks(
    actor: CurrentActor,
    store: CurrentStore,
    asked: CurrentPage,
    settings: CurrentSettings,
    now: Now,
) -> Page[bodies.WebhookBody]:
    """Your webhooks, oldest first."""
    who, after = actor.account_id, asked.after_id()
    found = await store.read(tables.page_of, who, after, asked.fetch, now)
    return page(found, asked, lambda one: (one.id,), lambda one: _shown(one, settings))


@router.get("/webhooks/{webhook_id}")
async def get_webhook(
    webhook_id: Id, actor: CurrentActor, store: CurrentStore, settings: CurrentSettings, now: Now
) -> bodies.WebhookBody:
    """A webhook of yours, and whether it works."""
    found = await store.read(tables.webhook, actor.account_id, webhook_id, now)
    return _shown(found, settings)


@router.patch("/webhooks/{webhook_id}")
async def patch_webhook(
    webhook_id: Id,
    wanted: bodies.WebhookChangeBody,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    relay: CurrentRelay,
    now: Now,
) -> bodies.WebhookBody:
    """Change where events are sent and which, disable a webhook, or enable it again."""
    change = actions.Change(
        None if wanted.url is None else check_url(wanted.url, settings.webhook_private_addresses),
        None if wanted.types is None else check_types(wanted.types),
        wanted.is_enabled,
    )
    changed = await store.do(actions.change_webhook, actor, webhook_id, change, now)
    if wanted.is_enabled:
        await _retry(relay, await store.read(tables.parked, webhook_id))
    return _shown(changed, settings)


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def delete_webhook(
    webhook_id: Id, actor: Writer, store: CurrentStore, relay: CurrentRelay, now: Now
) -> None:
    """Remove a webhook; what was still to be sent to it is not."""
    await _retry(relay, await store.do(actions.remove_webhook, actor, webhook_id, now))


@router.post("/webhooks/{webhook_id}/secret")
async def post_webhook_secret(
    webhook_id: Id,
    wanted: bodies.RotationBody,
    actor: Writer,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
) -> bodies.KeyedWebhookBody:
    """Sign with a new secret, shown this once. The old one signs too for a while."""
    key = keys.new_key()
    sealed, overlap = keys.seal(settings.secret, key), timedelta(hours=wanted.overlap_hours)
    found = await store.do(actions.rotate_key, actor, webhook_id, sealed, overlap, now)
    return _keyed(found, key, settings)


@router.post("/webhooks/{webhook_id}/ping", status_code=202)
async def post_webhook_ping(
    webhook_id: Id, actor: Writer, store: CurrentStore, now: Now
) -> bodies.WebhookMessageBody:
    """Send a trial message, once. Look at it in the webhook's messages for what came of it."""
    message_id = await store.do(actions.ping, actor, webhook_id, now)
    found = await store.read(tables.message, webhook_id, message_id)
    if found is None:
        raise NoSuchMessage
    return bodies.WebhookMessageBody.of(found)


@router.get("/webhooks/{webhook_id}/messages")
async def get_webhook_messages(
    webhook_id: Id,
    actor: CurrentActor,
    store: CurrentStore,
    asked: CurrentPage,
    now: Now,
    state: State = None,
) -> Page[bodies.WebhookMessageBody]:
    """What was sent to a webhook, or is to be, newest first, and what came of it."""
    await store.read(actions.held_by, actor, webhook_id, now)
    found = await store.read(tables.messages, webhook_id, state, asked.after_id(), asked.fetch)
    return page(found, asked, lambda one: (one.id,), bodies.WebhookMessageBody.of)


@router.post("/webhooks/{webhook_id}/resend", status_code=202)
async def post_webhook_resend(
    webhook_id: Id,
    actor: Writer,
    store: CurrentStore,
    relay: CurrentRelay,
    settings: CurrentSettings,
    now: Now,
) -> bodies.WebhookBody:
    """Send all parked messages again, up to 1,000, and then what waits behind them."""
    found = await store.read(actions.held_by, actor, webhook_id, now)
    if not found.is_enabled:
        raise WebhookDisabled
    await _retry(relay, await store.read(tables.parked, webhook_id))
    return _shown(found, settings)


@router.post("/webhooks/{webhook_id}/messages/{message_id}/resend", status_code=202)
async def post_message_resend(
    webhook_id: Id,
    message_id: Id,
    actor: Writer,
    store: CurrentStore,
    relay: CurrentRelay,
    now: Now,
) -> bodies.WebhookMessageBody:
    """Send a message once more, also one that arrived; it keeps its id."""
    parked = await store.do(actions.send_again, actor, webhook_id, message_id, now)
    await _retry(relay, [] if parked is None else [parked])
    found = await store.read(tables.message, webhook_id, message_id)
    if found is None:
        raise NoSuchMessage
    return bodies.WebhookMessageBody.of(found)


async def _retry(relay: Relay, delivery_ids: list[str]) -> None:
    for delivery_id in delivery_ids:
        await relay.retry(delivery_id)


def _keyed(made: WebhookView, key: bytes, settings: Settings) -> bodies.KeyedWebhookBody:
    body = bodies.KeyedWebhookBody.of(made, _public(made, settings))
    secret = signing.secret(key) if made.signing == "hmac" else None
    return body.model_copy(update={"secret": secret})


def _shown(found: WebhookView, settings: Settings) -> bodies.WebhookBody:
    return bodies.WebhookBody.of(found, _public(found, settings))


def _public(found: WebhookView, settings: Settings) -> list[str | None]:
    opened = [keys.unseal(settings.secret, one.sealed) for one in found.keys]
    is_public = found.signing == "ed25519"
    return [signing.public_key(one) if is_public and one else None for one in opened]
