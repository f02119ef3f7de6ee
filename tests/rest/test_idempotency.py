"""A request with an Idempotency-Key is done once, however often it is sent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter
from sqlalchemy import func, insert, select
from sqlmodel import col

from chargehub.errors import Conflict
from chargehub.rest.bodies import Body
from chargehub.rest.manners import (
    KEYS_KEPT,
    CurrentStore,
    IdempotencyKey,
    KeyReused,
    forget_keys,
    idempotent,
)
from chargehub.rest.tables import IdempotencyKeyRow
from chargehub.store.columns import new_id
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from tests.rest.app import application, client

router = APIRouter()


class Wanted(Body):
    name: str
    size: int = 1


def build(work: Work, name: str) -> dict[str, Any]:
    """Leaves one row a time it runs; refuses a name that was built before."""
    if work.value(select(func.count()).select_from(EventRow).where(col(EventRow.name) == name)):
        raise Conflict("It is built already.")
    house_id = new_id()
    values = {"id": house_id, "name": name, "aggregate": name, "body": {}}
    work.execute(insert(EventRow).values(**values, recorded_at=datetime.now(UTC)))
    return {"id": house_id, "name": name}


def built(reads: Reads) -> int:
    return int(reads.value(select(func.count()).select_from(EventRow)))


def remembered(reads: Reads) -> int:
    return int(reads.value(select(func.count()).select_from(IdempotencyKeyRow)))


@router.post("/houses", status_code=201)
async def post_house(
    wanted: Wanted, store: CurrentStore, key: IdempotencyKey = None
) -> dict[str, Any]:
    answer: dict[str, Any] = await idempotent(
        store, "ada", key, "POST /houses", wanted, build, wanted.name
    )
    return answer


@pytest.fixture
async def http(store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(application(router, hub=SimpleNamespace(store=store))) as http:
        yield http


async def test_the_same_request_again_gets_the_first_answer(
    store: Store, http: httpx2.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await http.post("/houses", json={"name": "a", "size": 1}, headers=headers)

    second = await http.post(
        "/houses",
        content=b'{"size":1,\n "name":"a"}',
        headers=headers | {"content-type": "application/json"},
    )

    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert await store.read(built) == 1


async def test_two_at_once_are_done_once(store: Store, http: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}

    answers = await asyncio.gather(
        *[http.post("/houses", json={"name": "a"}, headers=headers) for _ in range(20)]
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await store.read(built) == 1


async def test_two_nodes_at_once_do_it_once(store: Store) -> None:
    """Each node has its own writer: the unique key decides, and the loser reads the answer."""
    nodes = [store, Store(store.database), Store(store.database)]

    for number in range(20):
        key, name = f"key {number}", f"house {number}"
        answers = await asyncio.gather(
            *[idempotent(node, "ada", key, "POST /houses", "", build, name) for node in nodes]
        )
        assert len({answer["id"] for answer in answers}) == 1

    for node in nodes[1:]:
        await node.close()
    assert await store.read(built) == 20


@pytest.mark.parametrize("change", [{"name": "b"}, {"size": 2}])
async def test_the_key_with_another_body_is_refused(
    store: Store, http: httpx2.AsyncClient, change: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "one"}
    await http.post("/houses", json={"name": "a"}, headers=headers)

    answer = await http.post("/houses", json={"name": "a"} | change, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert answer.json()["detail"] == (
        "This Idempotency-Key was used for another request. Use a new one."
    )
    assert await store.read(built) == 1


async def test_the_key_on_another_route_is_refused(store: Store) -> None:
    await idempotent(store, "ada", "one", "POST /houses", "body", build, "a")

    with pytest.raises(KeyReused):
        await idempotent(store, "ada", "one", "POST /boats", "body", build, "b")


async def test_the_same_key_of_another_actor_is_another_key(store: Store) -> None:
    first = await idempotent(store, "ada", "one", "POST /houses", "body", build, "a")
    second = await idempotent(store, "bob", "one", "POST /houses", "body", build, "b")

    assert first["id"] != second["id"]


async def test_a_refusal_is_not_remembered(store: Store, http: httpx2.AsyncClient) -> None:
    await http.post("/houses", json={"name": "a"})
    headers = {"Idempotency-Key": "one"}

    refused = await http.post("/houses", json={"name": "a"}, headers=headers)

    assert refused.status_code == 409
    assert await store.read(remembered) == 0
    assert (await http.post("/houses", json={"name": "b"}, headers=headers)).status_code == 201


async def test_without_a_key_every_request_is_done(store: Store, http: httpx2.AsyncClient) -> None:
    await http.post("/houses", json={"name": "a"})
    await http.post("/houses", json={"name": "b"})

    assert await store.read(built) == 2
    assert await store.read(remembered) == 0


@pytest.mark.parametrize("key", ["", "a b", "k" * 201])
async def test_a_key_is_short_visible_ascii(http: httpx2.AsyncClient, key: str) -> None:
    answer = await http.post("/houses", json={"name": "a"}, headers={"Idempotency-Key": key})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"


async def test_old_keys_are_forgotten_fifty_at_a_time(store: Store) -> None:
    for number in range(60):
        await idempotent(store, "ada", f"{number}", "POST /houses", "", build, f"{number}")
    now = datetime.now(UTC)

    too_early = await store.do(forget_keys, now)
    in_time = [await store.do(forget_keys, now + KEYS_KEPT + timedelta(1)) for _ in range(3)]

    assert too_early == 0
    assert in_time == [50, 10, 0]
    assert await store.read(remembered) == 0
