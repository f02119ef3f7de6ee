"""Who gets in where: every route, asked by everybody who must not get anything from it.

The table has a row for every route of the OpenAPI document; a new route without one fails.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from chargehub.clock import HandClock
from chargehub.people.rules import SCOPES
from chargehub.store.work import Reads
from tests.access_table import ROUTES, Row
from tests.busy import Busy, busy
from tests.docs_tables import openapi, operations, who
from tests.hub import Person, RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

GUARDED = {name: row for name, row in ROUTES.items() if row.who != "anybody"}
KINDS = {(row.rightful, row.who): row for row in GUARDED.values()}.values()  # one key for each


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[Busy]:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        yield await busy(hub)
    finally:
        await hub.close()


def filled(template: Any, ids: dict[str, str]) -> Any:
    """A path or body with the ids of the busy hub in the place of their names."""
    if isinstance(template, str) and template.startswith("{") and template.endswith("}"):
        return ids.get(template[1:-1], template)
    if isinstance(template, dict):
        return {name: filled(value, ids) for name, value in template.items()}
    return template


async def ask(world: Busy, name: str, row: Row, token: str | None) -> httpx2.Response:
    method, path = name.split(" ")
    own = {key: filled(value, world.ids) for key, value in row.ids.items()}
    address = path.format_map({**world.ids, **own}) + row.query
    is_outside = path in ("/healthz", "/readyz", "/metrics") or path.startswith("/.well-known/")
    prefix = "" if is_outside else "/api/v1"
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = filled(row.body, world.ids)
    sent: dict[str, Any] = {"content": row.file} if row.file else {"json": body}
    return await world.hub.api.request(method, prefix + address, headers=headers, **sent)


_KEYS: dict[tuple[str, ...], str] = {}  # an account has a hundred; there are more routes


async def key(person: Person, *scopes: str) -> str:
    known = (person.account_id, *scopes)
    if known in _KEYS:
        return _KEYS[known]
    made = await person.post("/api-keys", {"name": "scoped", "scopes": list(scopes)})
    return _KEYS.setdefault(known, str(made["key"]))


def keyholder(world: Busy, row: Row) -> Person:
    """The rightful person, or a driver where that is a guest, who has no login and no key."""
    return world.driver if row.rightful == "guest" else world.person(row.rightful)


class Changes:
    """Tells whether any row was written since it last looked, but for a key's last use."""

    def __init__(self, world: Busy, file: sqlite3.Connection) -> None:
        self._hub = world.hub
        self._file = file
        self._known: tuple[int, Any] = (-1, None)

    async def look(self) -> bool:
        """Where nothing was written nothing became due: then the jobs are spared."""
        await self._hub.hub.relay.idle()
        return self._version() != self._known[0] and await self.look_well()

    async def look_well(self) -> bool:
        await self._hub.settle()
        version = self._version()
        before, now = self._known[1], await self._hub.hub.store.read(everything)
        self._known = version, now
        return bool(before != now)

    def _version(self) -> int:
        version: int = self._file.execute("PRAGMA data_version").fetchone()[0]
        return version


def everything(reads: Reads) -> dict[str, list[Any]]:
    """All rows of all tables."""
    return {
        table.name: [
            tuple(row)
            for row in reads.all(select(*(one for one in table.c if one.name != "last_used_at")))
        ]
        for table in SQLModel.metadata.sorted_tables
    }


def test_the_table_has_every_route_and_who_it_is_for(database: str) -> None:
    routes = {
        f"{method} {path.removeprefix('/api/v1')}": who(operation)
        for method, path, operation in operations(openapi())
    }

    assert {name: row.who for name, row in ROUTES.items()} == routes


async def misled(world: Busy, tokens: dict[str, str | None], expected: dict[str, int]) -> Any:
    """Ask the guarded routes with these tokens: which answered another status, told what is
    private, or changed something though they refused."""
    wrong = {}
    with closing(sqlite3.connect(world.hub.database.removeprefix("sqlite:///"))) as file:
        changes = Changes(world, file)
        await changes.look()
        for name, token in tokens.items():
            answer = await ask(world, name, GUARDED[name], token)
            told, has_changed = leaked(world, answer, name), await changes.look()
            is_refused = answer.status_code >= 400
            if answer.status_code != expected[name] or told or (is_refused and has_changed):
                wrong[name] = answer.status_code, told, has_changed, answer.text[:200]
        if await changes.look_well():
            wrong["afterwards"] = "something changed that nobody was let do"
    return wrong


def leaked(world: Busy, answer: httpx2.Response, name: str) -> set[str]:
    """What of others' an answer tells that was not in the question."""
    row = ROUTES[name]
    asked = f"{name.format_map({**world.ids, **row.ids})} {filled(row.body, world.ids)}"
    return {text for text in world.private if text in answer.text and text not in asked}


async def test_nobody_gets_in_without_a_login(world: Busy, database: str) -> None:
    wrong = await misled(world, dict.fromkeys(GUARDED), dict.fromkeys(GUARDED, 401))

    assert wrong == {}


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_a_login_that_is_over_opens_nothing(world: Busy, database: str, how: str) -> None:
    tokens = {}
    for person in (world.owner, world.driver, world.operator):
        login = await world.hub.ask(
            "POST", "/logins", {"email": person.email, "password": "correct horse"}, 201
        )
        tokens[person.account_id] = login["token"]
        if how == "revoked":
            await person.ask("DELETE", f"/logins/{login['id']}", expect=204)
    if how == "expired":
        await world.hub.advance(days=31)

    asked = {name: tokens[keyholder(world, row).account_id] for name, row in GUARDED.items()}
    wrong = await misled(world, dict(asked), dict.fromkeys(GUARDED, 401))

    assert wrong == {}


async def test_a_key_without_the_scope_opens_nothing(world: Busy, database: str) -> None:
    """The rightful person's own key, with every scope but the one that is needed."""
    keys: dict[tuple[str, str], str] = {}
    for row in KINDS:
        person = keyholder(world, row)
        others = [one for one in SCOPES if one != row.who and one != "operator"]
        keys[row.rightful, row.who] = await key(person, *others)

    asked = {name: keys[row.rightful, row.who] for name, row in GUARDED.items()}
    wrong = await misled(world, dict(asked), dict.fromkeys(GUARDED, 403))

    assert wrong == {}


async def test_a_stranger_gets_nothing_of_others(world: Busy, database: str) -> None:
    expected = {name: row.stranger or 200 for name, row in GUARDED.items()}

    wrong = await misled(world, dict.fromkeys(GUARDED, world.stranger.token), expected)

    assert wrong == {}


async def test_the_rightful_get_in_with_a_key_of_that_one_scope(world: Busy, database: str) -> None:
    """So the refusals above are for who asked, and not for what was asked."""
    keys = {
        (row.rightful, row.who): await token_for(world, row)
        for row in KINDS
        if row.who not in ("login", "guest")
    }
    wrong = {}
    for name, row in ROUTES.items():
        login = world.person(row.rightful).token
        token = None if row.who == "anybody" else keys.get((row.rightful, row.who), login)
        answer = await ask(world, name, row, token)
        await world.hub.hub.relay.idle()  # what is topped up can be paid back
        if answer.status_code != row.done:
            wrong[name] = answer.status_code, answer.text[:200]

    assert wrong == {}


async def token_for(world: Busy, row: Row) -> str:
    return await key(world.person(row.rightful), row.who)
