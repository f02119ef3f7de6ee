"""The operator's one look at the money: what stands where, what waits, and what resolves it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.ledger.actions import post
from chargehub.ledger.rules import Transfer, moved
from chargehub.operation.board import TOPICS
from chargehub.store.work import Work
from tests.hub import RunningHub
from tests.ledger.test_posting import NOON
from tests.operation.test_deliveries import parked_mail
from tests.stories.steps import charge
from tests.stories.stripe_hub import stripe_hub
from tests.stories.test_money import town


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


def topic(desk: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in desk["topics"] if one["topic"] == name)
    return found


async def test_every_action_that_is_named_exists(hub: RunningHub) -> None:
    """Who reads what to do can do it: by this path, with this method, as the API describes it."""
    described = (await hub.api.get("/openapi.json")).json()["paths"]

    named = [(one.action.method.lower(), one.action.path) for one in TOPICS]

    assert len(named) == len({one.name for one in TOPICS})
    assert [one for one in named if one[0] not in described.get(one[1], {})] == []


async def test_a_hub_at_rest_says_what_stands_where_and_that_nothing_waits(
    hub: RunningHub,
) -> None:
    _, place = await town(hub, "2.0.1")
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)

    desk = await operator.get("/money")

    (euros,) = desk["ledger"]
    assert euros["pending"] == {"amount_minor": 900, "currency": "EUR"}
    assert [(one["rail"], one["kept"], one["why"]) for one in desk["rails"]] == [
        ("sandbox", None, None)
    ]
    assert desk["differences"] == []  # the sandbox tells no balance
    waiting = {"waiting_invoices"}  # nobody has said yet who runs the hub
    assert {one["topic"] for one in desk["topics"] if one["count"]} <= waiting


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_only_deliveries_that_move_money_are_shown(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await hub.operator()
    await parked_mail(hub, monkeypatch)

    desk = await operator.get("/money")

    assert topic(desk, "parked_deliveries")["count"] == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_a_driver_did_not_pay_is_told_with_the_oldest(hub: RunningHub) -> None:
    _, place = await town(hub, "2.0.1")
    driver, operator = await hub.person("driver"), await hub.operator()
    await charge(hub, place, driver.id_token)
    await hub.hub.store.do(_owe, driver.account_id)

    owed = topic(await operator.get("/money"), "driver_debts")

    assert (owed["count"], owed["sums"]) == (1, [{"amount_minor": 70, "currency": "EUR"}])
    assert owed["items"][0]["id"] == driver.account_id


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_rail_that_tells_its_balance_is_compared_and_one_that_is_silent_says_so(
    database: str, clock: HandClock
) -> None:
    async with stripe_hub(database, clock) as both:
        operator = await both.hub.operator()

        told = await operator.get("/money")
        both.twin.faults.next.append("drop_before")
        silent = await operator.get("/money")

    (rail,), (no_answer,) = told["rails"], silent["rails"]
    assert rail["rail"] == "stripe" and rail["why"] is None
    assert no_answer["kept"] is None and no_answer["why"]
    assert silent["differences"] == [] and silent["topics"] == told["topics"]
    assert [one["available"]["currency"] for one in rail["kept"]] == ["EUR"]
    assert [one["difference"]["amount_minor"] for one in told["differences"]] == [0]


def _owe(work: Work, driver_id: str) -> None:
    entries = moved(70, "EUR", f"driver:receivable:{driver_id}", "income:rounding")
    post(work, Transfer("owed", "gift", entries, NOON))
