"""The routes of payments and rails: what they give, and what they refuse with which words."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from chargehub.payments import actions, payout, payout_routes, routes
from chargehub.payments.tables import METHODS_PER_ACCOUNT
from chargehub.payments.views import Preference
from chargehub.people import actions as people
from chargehub.people import logins
from chargehub.rails import routes as rail_routes
from chargehub.settings import Settings
from tests.payments.test_payout import earn, verify
from tests.payments.world import World
from tests.rest.app import application, client

OK = {"rail": "sandbox", "reference": "ok"}


@dataclass
class Api:
    """The routes over a world, and whom to ask as."""

    http: httpx2.AsyncClient
    world: World

    async def log_in(self, account_id: str) -> dict[str, str]:
        """The headers of an account."""
        lasts, now = timedelta(days=1), self.world.clock.now()
        opened = await self.world.store.do(logins.open_login, account_id, lasts, now)
        return {"Authorization": f"Bearer {opened.token}"}

    async def somebody(self, name: str = "dora") -> dict[str, str]:
        """The headers of a new account that cannot pay yet."""
        return await self.log_in(await self.world.driver(name, None))

    async def ask(
        self, method: str, path: str, headers: dict[str, str], body: Any = None, status: int = 200
    ) -> Any:
        answer = await self.http.request(method, path, headers=headers, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    hub = SimpleNamespace(
        store=world.store, clock=world.clock, rails=world.rails, settings=Settings()
    )
    routers = routes.router, payout_routes.router, rail_routes.router
    async with client(application(*routers, hub=hub)) as http:
        yield Api(http, world)


async def test_a_method_is_added_listed_and_removed(api: Api) -> None:
    headers = await api.somebody()

    added = await api.ask("POST", "/payment-methods", headers, OK, 201)
    listed = await api.ask("GET", "/payment-methods", headers)
    await api.ask("DELETE", f"/payment-methods/{added['id']}", headers, status=204)

    assert (added["rail"], added["label"], added["is_default"]) == ("sandbox", "Sandbox ok", True)
    assert listed == {"items": [added], "next": None}
    assert (await api.ask("GET", "/payment-methods", headers))["items"] == []


async def test_a_method_is_added_once_by_its_key(api: Api) -> None:
    headers = {**await api.somebody(), "Idempotency-Key": "k1"}

    first = await api.ask("POST", "/payment-methods", headers, OK, 201)
    again = await api.ask("POST", "/payment-methods", headers, OK, 201)
    other = await api.ask("POST", "/payment-methods", headers, {**OK, "reference": "slow"}, 422)

    assert first == again
    assert other["code"] == "idempotency_key_reused"


async def test_what_is_no_method_is_refused(api: Api) -> None:
    headers = await api.somebody()

    for body, code in (
        ({"rail": "gold", "reference": "ok"}, "unknown_rail"),
        ({"rail": "sandbox", "reference": "no such card"}, "method_refused"),
        ({"rail": "sandbox", "reference": ""}, "invalid"),
        ({"rail": "sandbox", "reference": "limit:-1"}, "method_refused"),
        ({"rail": "sandbox"}, "invalid"),
        ({"rail": "sandbox", "reference": 4242}, "invalid"),
        ({"rail": "sandbox", "reference": "ok", "number": "4242"}, "invalid"),
    ):
        problem = await api.ask("POST", "/payment-methods", headers, body, 422)
        assert problem["code"] == code, body


async def test_a_wallet_has_a_limit(api: Api) -> None:
    headers = await api.somebody()
    for _ in range(METHODS_PER_ACCOUNT):
        await api.ask("POST", "/payment-methods", headers, OK, 201)

    problem = await api.ask("POST", "/payment-methods", headers, OK, 409)

    assert problem["code"] == "too_many_methods"


async def test_nobody_sees_or_removes_what_is_somebody_elses(api: Api) -> None:
    owner = await api.somebody()
    method = await api.ask("POST", "/payment-methods", owner, OK, 201)
    stranger = await api.somebody("dirk")

    problem = await api.ask("DELETE", f"/payment-methods/{method['id']}", stranger, status=404)

    assert problem["code"] == "not_found"
    assert (await api.ask("GET", "/payment-methods", stranger))["items"] == []


async def test_nobody_in_particular_is_refused(api: Api) -> None:
    for method, path in (
        ("GET", "/payment-methods"),
        ("POST", "/payment-methods"),
        ("DELETE", "/payment-methods/1"),
        ("GET", "/payments"),
        ("GET", "/payouts"),
        ("GET", "/payout-preference"),
        ("PUT", "/payout-preference"),
        ("GET", "/sandbox/totals"),
        ("GET", "/wallet"),
    ):
        await api.ask(method, path, {}, status=401)


async def test_a_driver_sees_what_was_held_taken_and_refused(api: Api) -> None:
    world = api.world
    driver = await world.driver("dora", "limit:3000")
    first = await world.session(driver)
    await world.flow.follow()
    await world.close(first, 900)
    await world.add_method(driver, "refuse")
    await world.session(driver)
    await world.flow.follow()

    headers = await api.log_in(driver)
    newest = await api.ask("GET", "/payments?limit=1", headers)
    oldest = await api.ask("GET", f"/payments?limit=1&cursor={newest['next']}", headers)

    (refused,), (paid,) = newest["items"], oldest["items"]
    assert refused["refusal"] == {"code": "card_declined", "detail": "The card was declined."}
    assert (paid["state"], paid["session_id"]) == ("captured", first)
    assert paid["captured"] == {"amount_minor": 900, "currency": "EUR"}
    assert paid["hold"]["amount_minor"] == 2200
    assert oldest["next"] is None


async def test_an_owner_chooses_how_to_be_paid(api: Api) -> None:
    headers = await api.log_in(api.world.owner_id)
    unsaid = await api.ask("GET", "/payout-preference", headers, status=404)

    fiat = await api.ask("PUT", "/payout-preference", headers, {"rail": "sandbox"})
    tokens = await api.ask("PUT", "/payout-preference", headers, {"rail": "token"})

    assert unsaid["code"] == "not_found"
    assert (fiat["destination"], fiat["token_price"]) == ("ok", None)
    assert (tokens["destination"], tokens["token_price"]) == (api.world.owner_id, "0.25")
    assert (await api.ask("GET", "/payout-preference", headers))["rail"] == "token"


async def test_where_nobody_can_be_paid_is_refused(api: Api) -> None:
    headers = await api.somebody()

    for body, code in (
        ({"rail": "gold"}, "unknown_rail"),
        ({"rail": "sandbox", "destination": "my bank"}, "method_refused"),
        ({"rail": "token", "destination": "somebody else"}, "method_refused"),
        ({}, "invalid"),
    ):
        problem = await api.ask("PUT", "/payout-preference", headers, body, 422)
        assert problem["code"] == code, body


async def test_an_owner_sees_payouts_and_what_waits(api: Api) -> None:
    world = api.world
    headers = await api.log_in(world.owner_id)
    await earn(world, 810)
    before = await api.ask("GET", "/payouts", headers)

    await verify(world, world.owner_id)
    await api.ask("PUT", "/payout-preference", headers, {"rail": "token"})
    await world.store.do(payout.request_due_payouts, world.clock.now())
    await world.flow.follow()

    after = await api.ask("GET", "/payouts", headers)
    assert before["items"] == []
    assert before["waiting"][0]["amount"] == {"amount_minor": 810, "currency": "EUR"}
    assert "e-mail" in before["waiting"][0]["reasons"][0]
    (paid,) = after["items"]
    assert (paid["state"], paid["tokens"], paid["token_price"]) == ("paid", "32.400000", "0.25")
    assert after["waiting"] == []
    assert await api.ask("GET", "/wallet", headers) == {"asset": "CHG", "amount": "32.400000"}


async def test_an_owner_is_paid_on_request_and_told_what_waits(api: Api) -> None:
    """The plan keeps money until it is asked for; asking twice with one key pays once."""
    world = api.world
    headers = await api.log_in(world.owner_id)
    nothing = await api.ask("POST", "/payouts", headers, {}, 409)
    await earn(world, 810)
    unready = await api.ask("POST", "/payouts", headers, {}, 409)
    await verify(world, world.owner_id)
    await api.ask("PUT", "/payout-preference", headers, {"rail": "sandbox"})
    stated = await api.ask("PUT", "/payout-plan", headers, {"schedule": "on_request"})
    await world.store.do(payout.request_due_payouts, world.clock.now())
    (waiting,) = (await api.ask("GET", "/payouts", headers))["waiting"]

    once = {**headers, "Idempotency-Key": "k1"}
    asked = await api.ask("POST", "/payouts", once, {"currency": "EUR"}, 201)
    again = await api.ask("POST", "/payouts", once, {"currency": "EUR"}, 201)
    on_its_way = await api.ask("POST", "/payouts", headers, {}, 409)
    await earn(world, 500)
    behind = await api.ask("POST", "/payouts", headers, {}, 409)
    await world.flow.follow()

    assert "Nothing matured" in nothing["detail"]
    assert all(word in unready["detail"] for word in ("Verify", "PUT /api/v1/payout-preference"))
    assert stated == await api.ask("GET", "/payout-plan", headers)
    assert waiting["reasons"] == ["You are paid when you ask: POST /api/v1/payouts."]
    assert asked == again
    assert [one["amount"]["amount_minor"] for one in asked["items"]] == [810]
    assert "Nothing matured" in on_its_way["detail"] and "on its way" in behind["detail"]
    (paid,) = (await api.ask("GET", "/payouts", headers))["items"]
    assert paid["state"] == "paid"


async def test_a_rail_that_does_not_pay_there_any_more_says_so_before(api: Api) -> None:
    """What its rail lacks of an owner is told in words while money waits, with all the rest."""
    world = api.world
    headers = await api.log_in(world.owner_id)
    await earn(world, 810)
    gone = Preference(world.owner_id, "sandbox", "gone", None, world.clock.now())
    await world.store.do(actions.choose_payout, gone)

    (waiting,) = (await api.ask("GET", "/payouts", headers))["waiting"]
    refused = await api.ask("POST", "/payouts", headers, {}, 409)

    assert len(waiting["reasons"]) == 2
    assert "pays out to" in waiting["reasons"][0] and "Verify" in waiting["reasons"][1]
    assert refused["code"] == "nothing_to_pay_out"


async def test_an_operator_says_that_a_payout_came_back(api: Api) -> None:
    """For rails that do not say so by themselves; said twice it is booked once."""
    world = api.world
    headers = await api.log_in(world.owner_id)
    operator_id = await world.store.do(
        people.create_operator, "op@example.org", "Op", "hash", world.clock.now()
    )
    operator = await api.log_in(operator_id)
    await earn(world, 810)
    await verify(world, world.owner_id)
    await api.ask("PUT", "/payout-preference", headers, {"rail": "sandbox"})
    await world.store.do(payout.request_due_payouts, world.clock.now())
    await world.flow.follow()
    because = {"because": "The bank wrote that the account is closed."}

    await api.ask("GET", "/payouts?whose=all", headers, status=403)
    (paid,) = (await api.ask("GET", "/payouts?whose=all", operator))["items"]
    await api.ask("POST", f"/payouts/{paid['id']}/return", headers, because, 403)
    back = await api.ask("POST", f"/payouts/{paid['id']}/return", operator, because)
    again = await api.ask("POST", f"/payouts/{paid['id']}/return", operator, because)

    assert (paid["owner_id"], back["state"]) == (world.owner_id, "failed")
    assert again == back and back["refusal"]["detail"] == because["because"]
    (waiting,) = (await api.ask("GET", "/payouts", headers))["waiting"]
    assert waiting["amount"]["amount_minor"] == 810 and "closed" in waiting["reasons"][0]


async def test_a_plan_that_cannot_be_kept_is_refused(api: Api) -> None:
    headers = await api.somebody()

    for plan, word in (
        ({"schedule": "weekly"}, "from 1 to 7"),
        ({"schedule": "weekly", "day": 8}, "from 1 to 7"),
        ({"schedule": "monthly"}, "from 1 to 28"),
        ({"schedule": "daily", "day": 1}, "no day"),
        ({"schedule": "daily", "minimum": {"amount_minor": 99, "currency": "EUR"}}, "1.00 EUR"),
        ({"schedule": "daily", "minimum": {"amount_minor": 10**8, "currency": "CHG"}}, "CHG"),
    ):
        problem = await api.ask("PUT", "/payout-plan", headers, plan, 422)
        assert (problem["code"], word in problem["detail"]) == ("bad_payout_plan", True), plan
    assert (await api.ask("GET", "/payout-plan", headers))["schedule"] == "at_once"


async def test_the_books_of_the_sandbox_are_for_operators(api: Api) -> None:
    world = api.world
    session = await world.session(await world.driver("dora"))
    await world.close(session, 900)
    await world.flow.follow()
    now = world.clock.now()
    operator = await world.store.do(people.create_operator, "op@example.org", "Op", "hash", now)

    await api.ask("GET", "/sandbox/totals", await api.log_in(world.owner_id), status=403)
    found = await api.ask("GET", "/sandbox/totals", await api.log_in(operator))

    (euros,) = found["items"]
    assert euros["captured"] == {"amount_minor": 900, "currency": "EUR"}
