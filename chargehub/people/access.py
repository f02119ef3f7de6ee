"""Who asks, and whether they may: dependencies for every route.

A route takes `CurrentActor`, `CurrentPerson`, `CurrentOperator` or
`Annotated[Actor, Depends(needs(scope))]`. What it takes stands in OpenAPI as the role that the
bearer token must have: a scope of an API key, or `login` where no key will do.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chargehub.errors import Forbidden, Unauthenticated, Unavailable
from chargehub.people import noting, tables
from chargehub.people.actions import KEY_PREFIX, note_key_used
from chargehub.people.rules import KEY_USE_NOTED_EVERY, SCOPES, Actor, Scope
from chargehub.people.tables import KeyView, LoginView
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.writer import Store

_bearer = HTTPBearer(
    scheme_name="bearer", description="The token of a login, or an API key.", auto_error=False
)
_LOG_IN = "An API key may not do this. Log in with the account's password."
_Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def authenticate(store: Store, token: str, now: datetime) -> Actor:
    """Who holds this login token or API key. Raises Unauthenticated, the same for every reason
    but age, for the reason is nobody else's business."""
    if token.startswith(KEY_PREFIX):
        return await _key_holder(store, await store.read(tables.api_key, token), now)
    return _login_holder(await store.read(tables.login, token), now)


def _login_holder(login: LoginView | None, now: datetime) -> Actor:
    if login is None or login.is_revoked:
        raise Unauthenticated("This login is not valid. Log in again.")
    if login.expires_at <= now:
        raise Unauthenticated("This login has expired. Log in again.")
    return Actor(login.account_id, login.is_operator, scopes=None, login_id=login.id)


async def _key_holder(store: Store, key: KeyView | None, now: datetime) -> Actor:
    if key is None or key.is_revoked:
        raise Unauthenticated("This API key is not valid.")
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthenticated("This API key has expired. Make a new one.")
    if key.last_used_at is None or now - key.last_used_at >= KEY_USE_NOTED_EVERY:
        with suppress(Unavailable):  # reading must work while writing does not
            await store.do(note_key_used, key.id, now)
    is_operator = key.is_operator and "operator" in key.scopes
    return Actor(key.account_id, is_operator, frozenset(key.scopes), key_id=key.id)


async def _known_actor(
    request: Request, sent: _Sent, store: CurrentStore, now: Now
) -> Actor | None:
    if sent is None:
        if "Authorization" in request.headers:
            raise Unauthenticated("Send the token as `Authorization: Bearer <token>`.")
        return None
    actor = await authenticate(store, sent.credentials, now)
    if actor.is_operator and request.method not in ("GET", "HEAD"):
        await _noted(request, actor, store, now)
    return actor


async def _noted(request: Request, operator: Actor, store: Store, now: datetime) -> None:
    """Nothing is done by an operator that is not noted first; `operation` notes how it ended."""
    if not hasattr(request.state, "noted"):
        asked = noting.Asked(request.method, request.scope["route"].path, request.path_params)
        request.state.noted = await store.do(noting.begin, operator, asked, now)


KnownActor = Annotated[Actor | None, Depends(_known_actor)]
"""Who asks, or None for somebody who did not say. A wrong token is still refused."""

FOR_ANYBODY: dict[str, Any] = {"security": [{}, {"bearer": []}]}
"""For OpenAPI, of a route that takes a KnownActor: who says who they are gets more."""


async def _any_actor(known: KnownActor) -> Actor:
    if known is None:
        raise Unauthenticated("Log in first, or send an API key.")
    return known


AnyActor = Annotated[Actor, Depends(_any_actor)]


async def _current_actor(request: Request, actor: AnyActor) -> Actor:
    if actor.scopes is not None and request.method not in ("GET", "HEAD"):
        raise Forbidden(_LOG_IN)
    _demand(actor, "read")
    return actor


CurrentActor = Annotated[Actor, Security(_current_actor, scopes=["read"])]
"""Somebody who logged in; or an API key with the scope `read`, for GET alone."""


async def _current_person(actor: AnyActor) -> Actor:
    if actor.scopes is not None:
        raise Forbidden(_LOG_IN)
    return actor


CurrentPerson = Annotated[Actor, Security(_current_person, scopes=["login"])]
"""Somebody who logged in; no API key may do this."""


async def _current_operator(actor: AnyActor) -> Actor:
    if not actor.is_operator:
        raise Forbidden("Only an operator may do this.")
    return actor


CurrentOperator = Annotated[Actor, Security(_current_operator, scopes=["operator"])]
"""An operator who logged in, or an operator's API key with the scope `operator`."""


async def _standing(
    request: Request, sent: _Sent, store: CurrentStore
) -> Callable[[], Awaitable[bool]]:
    async def stands() -> bool:
        try:
            now = request.app.state.hub.clock.now()
            await authenticate(store, sent.credentials if sent else "", now)
        except Unauthenticated:
            return False
        return True

    return stands


Standing = Annotated[Callable[[], Awaitable[bool]], Depends(_standing)]
"""Asks whether the login or key still holds: for answers that go on after it was revoked."""


def needs(scope: Scope) -> Callable[[Actor], Awaitable[Actor]]:
    """Somebody who logged in, or an API key with this scope: `Depends(needs("stations:write"))`."""
    assert scope in SCOPES, scope

    async def permitted(actor: Annotated[Actor, Security(_any_actor, scopes=[scope])]) -> Actor:
        _demand(actor, scope)
        return actor

    return permitted


def _demand(actor: Actor, scope: Scope) -> None:
    if not actor.has(scope):
        raise Forbidden(f"This API key lacks the scope {scope}.")
