"""The log of what operators did: all of it, refused or not, and never what they sent."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.people import noting
from chargehub.people.noting import ids_of
from tests.hub import Person, RunningHub

REASON = {"account": "bank:operating", "because": "seen in the bank's books"}


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def log(operator: Person, query: str = "") -> list[Any]:
    found: list[Any] = (await operator.get(f"/operator/log{query}"))["items"]
    return found


async def test_what_an_operator_does_is_noted_done_or_refused(hub: RunningHub) -> None:
    operator = await hub.operator()
    await operator.get("/money")
    await operator.post("/receipt-keys")
    await operator.post("/balance-lines/nowhere/resolution", REASON, 404)
    await operator.post("/balance-lines/nowhere/resolution", {"because": "x"}, 422)

    found = await log(operator)

    assert [(one["method"], one["route"], one["status"]) for one in found] == [
        ("POST", "/balance-lines/{line_id}/resolution", 422),
        ("POST", "/balance-lines/{line_id}/resolution", 404),
        ("POST", "/receipt-keys", 201),
    ]
    assert found[0]["ids"] == {"line_id": "nowhere"}
    assert {(one["account_id"], one["name"], one["means"]) for one in found} == {
        (operator.account_id, "Op", "login")
    }
    assert REASON["because"] not in json.dumps(found)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_an_api_key_is_named_and_others_are_not_noted(hub: RunningHub) -> None:
    operator, driver = await hub.operator(), await hub.person("driver")
    key = await operator.post("/api-keys", {"name": "robot", "scopes": ["read", "operator"]})
    robot = Person(hub, operator.account_id, operator.email, key["key"])

    await robot.post("/deliveries/nowhere/retry", expect=404)
    await driver.post("/deliveries/nowhere/retry", expect=403)

    newest, made = await log(operator)
    assert (newest["means"], newest["means_id"], newest["status"]) == ("key", key["id"], 404)
    assert (made["means"], made["route"]) == ("login", "/api-keys")
    assert await log(operator, f"?account_id={driver.account_id}") == []
    await driver.get("/operator/log", 403)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_nothing_is_done_that_could_not_be_noted(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await hub.operator()
    before = (await hub.api.get("/.well-known/chargehub-receipt-keys.json")).json()

    def full(*_: Any) -> str:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(noting, "begin", full)
    await operator.post("/receipt-keys", expect=500)

    assert (await hub.api.get("/.well-known/chargehub-receipt-keys.json")).json() == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_log_is_read_page_after_page(hub: RunningHub) -> None:
    operator = await hub.operator()
    for _ in range(3):
        await operator.post("/receipt-keys")

    first = await operator.get("/operator/log?limit=2")
    rest = await operator.get(f"/operator/log?limit=2&cursor={first['next']}")

    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert len(ids) == 3 and ids == sorted(ids, reverse=True)
    assert rest["next"] is None


def test_what_opens_something_is_not_kept() -> None:
    named = {"session_id": "s", "rail": "stripe", "token": "t", "code": "c", "value": "CARD-1"}

    assert ids_of(named) == {"session_id": "s", "rail": "stripe"}
