"""What the hub uses of Stripe is listed, each is used, and the twin was asked nothing odd."""

import ast
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chargehub.clock import HandClock
from chargehub.payments.evidence import Evidence
from chargehub.payments.facts import Notice
from chargehub.payments.page import PageExpired, SetUpPageOrder
from chargehub.payments.payee import AccountOrder
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    HoldOrder,
    IncreaseOrder,
    PayoutOrder,
    RailBroken,
    RefundOrder,
    Refusal,
    ReleaseOrder,
    TakeBackOrder,
    TakeOrder,
)
from chargehub.payments.rails import Rails
from chargehub.rails import registry
from chargehub.settings import Settings
from chargehub.store.writer import Store
from tests.stories.stripe_hub import browse
from tests.stripe_twin import balances, disputes, payouts
from tests.stripe_twin.app import KEY, Twin
from tests.stripe_twin.operations import USED
from tests.stripe_twin.server import running_twin
from tests.stripe_twin.specification import document
from tests.stripe_twin.world import PLATFORM
from tests.tree import sources, syntax

DRIVER, OWNER = "0198b2a0-0000-7000-8000-000000000001", "0198b2a0-0000-7000-8000-000000000002"
BACK = "http://127.0.0.1:1/back"
ADD = "list it in tests/stripe_twin/operations.py, and use it in a step of test_operations.py"


@dataclass
class Play:
    """A hub's rails before the twin; steps leave what later ones need."""

    rails: Rails
    twin: Twin
    clock: HandClock
    method: str = ""

    @property
    def cards(self) -> Any:
        return self.rails.collecting["stripe"]

    @property
    def owners(self) -> Any:
        return self.rails.paying_out["stripe"]

    async def enter_card(self) -> None:
        """On a page; another page is closed unused."""
        order = SetUpPageOrder(DRIVER, "driver@example.com", BACK)
        page = await self.cards.open_page(order, "page")
        await browse(page.url, number="4242424242424242")
        self.method = (await self.cards.read_page(page.reference)).method
        unused = await self.cards.open_page(order, "unused")
        assert await self.cards.close_page(unused.reference) == PageExpired()
        assert await self.cards.describe(self.method) == "Visa •••• 4242"

    async def pay(self) -> None:
        """A hold that grows and is taken, with some of it given back; one that is let go of."""
        hold = HoldOrder(self.method, 4000, "EUR", "session:s1")
        held = await self.cards.authorise(hold, "hold")
        more = IncreaseOrder(held.reference, 5000, "EUR")
        assert (await self.cards.increase(more, "more")).amount_minor == 5000
        await self.cards.capture(CaptureOrder(held.reference, 4500, "EUR"), "capture")
        refund = RefundOrder(held.reference, 450, "EUR")
        refunded = await self.cards.refund(refund, "refund")
        assert await self.cards.read_back(refund, "refund") == refunded
        released = HoldOrder(self.method, 900, "EUR", "session:s2")
        other = await self.cards.authorise(released, "other")
        assert await self.cards.read_back(released, "other") == other
        await self.cards.release(ReleaseOrder(other.reference), "release")
        taken = await self.cards.take(TakeOrder(self.method, 900, "EUR", "fee:f1"), "take")
        assert isinstance(taken, Captured)

    async def pay_owner(self) -> None:
        """Who onboards first."""
        account = await self.owners.open_account(
            AccountOrder(OWNER, "owner@example.com", "DE"), "account"
        )
        link = await self.owners.link_account(account, BACK, BACK)
        await browse(link.url, done="yes")
        assert (await self.owners.read_account(account)).is_ready
        assert await self.owners.destination(OWNER, account) == account
        self.twin.world.clock.advance(balances.CARD_DELAY_S)
        order = PayoutOrder(account, 810, "EUR", "payout:1")
        paid = await self.owners.pay_out(order, "payout")
        assert await self.owners.read_back(order, "payout") == paid
        back = TakeBackOrder(paid.reference, 10, "EUR", "reversal:1")
        taken = await self.owners.take_back(back, "back")
        assert await self.owners.read_taken_back(back, "back") == taken

    async def hear(self) -> None:
        """Everything that is worth a look is looked at."""
        reader = self.rails.notices["stripe"]
        world = self.twin.world
        charges = [one for one in world.all(PLATFORM, "charge").values() if one["captured"]]
        first, second = (disputes.opened(world, one, "fraudulent")["id"] for one in charges[:2])
        answers = self.rails.disputes["stripe"]
        said = Evidence("Charging", "2026-03-02", "plugged in", None, "d@example.com", "20 kWh")
        assert not isinstance(await answers.answer(first, said, "evidence"), Refusal)
        assert not isinstance(await answers.give_in(second, "give in"), Refusal)
        (owner,) = world.all(PLATFORM, "account")
        payouts.sent(world, owner, 100, "eur", is_automatic=True)
        for kind in reader.kinds:
            thing = kind.rpartition(".")[0].removeprefix("charge.")
            account = owner if thing == "payout" else PLATFORM
            found = world.all(account, thing)
            await reader.look(Notice("evt_1", kind, next(iter(found)), account or None))
        until = self.clock.now() + timedelta(days=3)
        assert [piece async for piece in reader.told(self.clock.now(), until)]

    async def read_books(self) -> None:
        """All that happened."""
        since, until = self.clock.now() - timedelta(days=1), self.clock.now() + timedelta(days=3)
        lines = [
            one async for piece in self.rails.books["stripe"].books(since, until) for one in piece
        ]
        assert {one.kind for one in lines} == {
            *("payment", "refund", "payout", "payout_back", "dispute")
        }
        books: Any = self.rails.books["stripe"]
        assert await books.balance()

    async def forget(self) -> None:
        """The card, then its holder."""
        await self.cards.forget_method(self.method)
        assert isinstance(await self.cards.describe(self.method), Refusal)
        await self.cards.forget_payer(DRIVER)


STEPS: tuple[Callable[[Play], Any], ...] = (
    *(Play.enter_card, Play.pay, Play.pay_owner),
    *(Play.hear, Play.read_books, Play.forget),
)


@pytest.fixture
async def play(store: Store, clock: HandClock) -> AsyncIterator[Play]:
    twin = Twin()
    twin.world.clock.now = int(clock.now().timestamp())
    async with running_twin(twin) as address:
        settings = Settings(stripe_key=KEY, stripe_url=address)
        yield Play(registry.build(store, clock, settings), twin, clock)
    assert (twin.shortcomings, twin.misasked) == ([], [])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_every_listed_operation_is_used_and_no_other(play: Play) -> None:
    for step in STEPS:
        await step(play)

    assert play.twin.hit - USED.keys() == set(), ADD
    assert USED.keys() - play.twin.hit == set(), "no step uses these: drop them, or add a step"


def test_every_call_of_the_rails_code_is_listed() -> None:
    """Also one that no step reaches, such as a rare branch."""
    called = {
        name
        for path in sources("chargehub/rails/stripe")
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call) and (name := _called_of_the_sdk(node.func))
    }

    assert called == {name for name, _ in USED.values()}, ADD


def _called_of_the_sdk(function: ast.expr) -> str:
    """`v1.payment_intents.create` as payment_intents.create; "" for what is none of the SDK's."""
    *parts, first = ast.unparse(function).split(".")[::-1]
    return ".".join(reversed(parts)) if first == "v1" and parts else ""


def test_the_listed_operations_are_stripes_own() -> None:
    known = {
        told["operationId"]
        for methods in document()["paths"].values()
        for told in methods.values()
        if isinstance(told, dict) and "operationId" in told
    }

    assert USED.keys() - known == set()
    assert all(why for _, why in USED.values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_stripe_would_not_understand_is_remembered(play: Play) -> None:
    """A rail that hides a refusal must not hide that it asked wrongly."""
    with pytest.raises(RailBroken):
        await play.cards._line.ask(lambda v1: v1.refunds.list({"colour": "red"}))
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as browser:
        await browser.get(f"{play.twin.world.pages}/v1/no_such_thing")

    parameter, path = play.twin.misasked
    assert "GetRefunds" in parameter and path == "GET /v1/no_such_thing"
    play.twin.misasked.clear()
