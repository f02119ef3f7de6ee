"""Who gets in where: no token, wrong tokens, logins, API keys and their scopes, operators."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends

from chargehub.people import routes
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from tests.people.conftest import Api, bearer
from tests.rest.app import application, client

router = APIRouter()


@router.get("/mine")
async def get_mine(actor: CurrentActor) -> dict[str, Any]:
    scopes = None if actor.scopes is None else sorted(actor.scopes)
    return {"account_id": actor.account_id, "is_operator": actor.is_operator, "scopes": scopes}


@router.post("/mine", status_code=204)
async def post_mine(actor: CurrentActor) -> None: ...


@router.post("/stations", status_code=204)
async def post_station(
    actor: Annotated[Actor, Depends(needs("stations:write"))],
) -> None: ...


@router.post("/corrections", status_code=204)
async def post_correction(actor: CurrentOperator) -> None: ...


PLACES = (("GET", "/mine"), ("POST", "/mine"), ("POST", "/stations"), ("POST", "/corrections"))


@asynccontextmanager
async def guarded(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """The routes above, over the same hub."""
    async with client(application(routes.router, router, hub=api.app.state.hub)) as http:
        yield http


async def visit(http: httpx2.AsyncClient, headers: dict[str, str]) -> list[int]:
    answers = [await http.request(method, path, headers=headers) for method, path in PLACES]
    return [answer.status_code for answer in answers]


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "Log in first, or send an API key."),
        ({"Authorization": "Basic YTpi"}, "Send the token as `Authorization: Bearer <token>`."),
        ({"Authorization": "Bearer"}, "Send the token as `Authorization: Bearer <token>`."),
        (bearer("nonsense"), "This login is not valid. Log in again."),
        (bearer("chl_nonsense"), "This login is not valid. Log in again."),
        (bearer("chk_nonsense"), "This API key is not valid."),
        (bearer("' OR 1=1 --"), "This login is not valid. Log in again."),
    ],
)
async def test_without_a_valid_token_nobody_gets_anywhere(
    api: Api, headers: dict[str, str], detail: str
) -> None:
    async with guarded(api) as http:
        statuses = await visit(http, headers)
        answer = await http.get("/mine", headers=headers)

    assert statuses == [401, 401, 401, 401]
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"
    assert answer.json()["detail"] == detail


async def test_a_login_may_do_everything_of_its_account(api: Api) -> None:
    account = await api.sign_up("ada")

    async with guarded(api) as http:
        statuses = await visit(http, bearer(account["token"]))
        mine = await http.get("/mine", headers=bearer(account["token"]))

    assert statuses == [200, 204, 204, 403]
    assert mine.json() == {"account_id": account["id"], "is_operator": False, "scopes": None}


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["read"], [200, 403, 403, 403]),
        (["stations:write"], [403, 403, 204, 403]),
        (["read", "stations:write"], [200, 403, 204, 403]),
        (["bookings:write", "payments:write"], [403, 403, 403, 403]),
    ],
)
async def test_a_key_may_do_what_its_scopes_name_and_nothing_else(
    api: Api, scopes: list[str], expected: list[int]
) -> None:
    key = await api.key(await api.token("ada"), *scopes)

    async with guarded(api) as http:
        assert await visit(http, key) == expected


async def test_a_key_is_told_which_scope_it_lacks(api: Api) -> None:
    key = await api.key(await api.token("ada"), "read")

    async with guarded(api) as http:
        lacking = await http.post("/stations", headers=key)
        personal = await http.post("/mine", headers=key)

    assert lacking.json()["detail"] == "This API key lacks the scope stations:write."
    assert lacking.json()["code"] == "forbidden"
    assert personal.json()["detail"] == (
        "An API key may not do this. Log in with the account's password."
    )


async def test_an_operator_is_one_by_login_or_by_a_key_with_that_scope(api: Api) -> None:
    operator = await api.operator()
    key = await api.key(operator, "operator", "read")
    reader = await api.key(operator, "read")

    async with guarded(api) as http:
        assert await visit(http, operator) == [200, 204, 204, 204]
        assert await visit(http, key) == [200, 403, 403, 204]
        assert await visit(http, reader) == [200, 403, 403, 403]
        mine = await http.get("/mine", headers=reader)
        refused = await http.post("/corrections", headers=reader)

    assert mine.json()["is_operator"] is False
    assert refused.json()["detail"] == "Only an operator may do this."


async def test_nobody_else_gives_a_key_the_scope_operator(api: Api) -> None:
    answer = await api.http.post(
        "/api-keys",
        json={"name": "k", "scopes": ["operator"]},
        headers=await api.token("ada"),
    )

    assert answer.status_code == 403
    assert answer.json()["detail"] == "Only an operator may give a key the scope operator."


async def test_a_key_is_shown_once_and_listed_by_its_beginning(api: Api) -> None:
    headers = await api.token("ada")
    wanted = {"name": "replay", "scopes": ["read", "stations:write"]}

    made = await api.http.post("/api-keys", json=wanted, headers=headers)
    listed = await api.http.get("/api-keys", headers=headers)

    body = made.json()
    assert made.status_code == 201
    shown = {"id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at"}
    assert set(body) == {*shown, "key"}
    assert body["key"].startswith(body["prefix"])
    assert body["scopes"] == ["read", "stations:write"]
    assert listed.json() == {
        "items": [{name: body[name] for name in body if name != "key"}],
        "next": None,
    }


async def test_the_use_of_a_key_is_noted_at_most_once_a_minute(api: Api) -> None:
    headers = await api.token("ada")
    key = await api.key(headers, "read")
    seen = []

    for _ in range(4):
        await api.http.get("/accounts/me", headers=key)
        listed = (await api.http.get("/api-keys", headers=headers)).json()
        seen.append(listed["items"][0]["last_used_at"])
        api.clock.advance(timedelta(seconds=30))

    assert seen == [
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:01:00Z",
        "2026-03-02T08:01:00Z",
    ]


async def test_a_revoked_key_works_no_longer(api: Api) -> None:
    headers = await api.token("ada")
    key = await api.key(headers, "read")
    listed = (await api.http.get("/api-keys", headers=headers)).json()
    path = f"/api-keys/{listed['items'][0]['id']}"

    revoked = await api.http.delete(path, headers=headers)
    used = await api.http.get("/accounts/me", headers=key)
    repeated = await api.http.delete(path, headers=headers)

    assert revoked.status_code == 204
    assert used.status_code == 401
    assert repeated.status_code == 404
    assert (await api.http.get("/api-keys", headers=headers)).json()["items"] == []


async def test_nobody_sees_or_revokes_the_key_of_somebody_else(api: Api) -> None:
    ada, bob = await api.token("ada"), await api.token("bob")
    key = await api.key(ada, "read")
    key_id = (await api.http.get("/api-keys", headers=ada)).json()["items"][0]["id"]

    listed = await api.http.get("/api-keys", headers=bob)
    answer = await api.http.delete(f"/api-keys/{key_id}", headers=bob)

    assert listed.json()["items"] == []
    assert answer.status_code == 404
    assert answer.json()["detail"] == "You have no such API key."
    assert (await api.http.get("/accounts/me", headers=key)).status_code == 200


async def test_a_key_makes_no_keys_and_ends_no_logins(api: Api) -> None:
    key = await api.key(await api.token("ada"), "read", "accounts:write")
    wanted = {"name": "k", "scopes": ["read"]}

    made = await api.http.post("/api-keys", json=wanted, headers=key)
    ended = [
        await api.http.delete(f"/logins/{login_id}", headers=key) for login_id in ("current", "x")
    ]

    assert [answer.status_code for answer in (made, *ended)] == [403, 403, 403]


@pytest.mark.parametrize(
    "scopes", [[], ["read", "read"], ["everything"], ["read"] * 9, "read", [None]]
)
async def test_a_key_with_impossible_scopes_is_refused(api: Api, scopes: Any) -> None:
    answer = await api.http.post(
        "/api-keys", json={"name": "k", "scopes": scopes}, headers=await api.token("ada")
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
