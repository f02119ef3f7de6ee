"""Top-ups, spending, paybacks, disputes and debts of one driver in any order: nothing is lost."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from chargehub import events
from chargehub.audit import claims, debts, prepaid
from chargehub.card_disputes import actions
from chargehub.errors import Refused
from chargehub.owing import actions as owing
from chargehub.owing.actions import Wanted
from chargehub.payments import prepaid as books
from chargehub.payments import topping_up
from chargehub.payments.facts import CardDisputed, RefundReturned
from chargehub.payments.funds import Limits
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    Held,
    HoldOrder,
    Refunded,
    RefundOrder,
    Refusal,
    ReleaseOrder,
)
from chargehub.rails.prepaid import carry_out
from chargehub.store.work import Reads
from chargehub.units import Money
from tests.payments.world import World
from tests.people.conftest import mails

LAWS = claims.rails, claims.credit, debts.debts
NO = Refusal("card_closed", "The card is closed.")
LIMITS = Limits(daily=Decimal(100_000), new_daily=Decimal(100_000))
STEPS = 40
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Driver:
    """One who does all that there is; `moved`: what every part of the money should have moved."""

    world: World
    random: Random
    driver_id: str
    holds: list[Held] = field(default_factory=list)
    spent: list[Captured] = field(default_factory=list)
    paid_back: list[tuple[str, str]] = field(default_factory=list)
    disputes: dict[str, CardDisputed] = field(default_factory=dict)
    moved: Counter[str] = field(default_factory=Counter)
    done: list[str] = field(default_factory=list)

    async def do(self, action: Any, *arguments: Any) -> Any:
        return await self.world.store.do(action, *arguments, self.world.clock.now())

    def key(self) -> str:
        return f"k{len(self.done)}"

    async def step(self) -> None:
        steps: Sequence[Any] = (
            *(self.top_up, self.top_up, self.hold, self.hold, self.end_hold, self.end_hold),
            *(self.give_back, self.pay_back, self.come_back, self.dispute, self.dispute),
            *(self.decide, self.decide, self.pay_debts, self.wait),
        )
        happens = self.random.choice(steps)
        self.done.append(happens.__name__)
        await happens()

    async def top_up(self) -> None:
        amount = Money(self.random.randrange(500, 5000), "EUR")
        try:
            asked = await self.do(topping_up.top_up, self.driver_id, amount, None, LIMITS)
        except Refused:
            return
        told = Captured(f"ch_{asked.id}", amount.amount_minor)
        await self.do(topping_up.record_top_up, events.TopUpRequested(asked.id), told)
        self.moved["in"] += amount.amount_minor

    async def hold(self) -> None:
        order = HoldOrder(self.driver_id, self.random.randrange(1, 3000), "EUR", "payment:x")
        held = await self.do(carry_out, order, self.key())
        if isinstance(held, Held):
            self.holds.append(held)

    async def end_hold(self) -> None:
        if not self.holds:
            return
        held = self.holds.pop()
        if self.random.random() < 0.3:
            await self.do(carry_out, ReleaseOrder(held.reference), self.key())
            return
        amount_minor = self.random.randrange(1, held.amount_minor + 1)
        order = CaptureOrder(held.reference, amount_minor, "EUR")
        self.spent.append(await self.do(carry_out, order, self.key()))
        self.moved["spent"] += amount_minor

    async def give_back(self) -> None:
        """A correction."""
        if self.spent:
            captured = self.spent.pop()
            amount_minor = self.random.randrange(1, captured.amount_minor + 1)
            order = RefundOrder(captured.reference, amount_minor, "EUR")
            await self.do(carry_out, order, self.key())
            self.moved["spent"] -= amount_minor

    async def pay_back(self) -> None:
        try:
            asked = await self.do(topping_up.pay_back, self.driver_id, "EUR", None)
        except Refused:
            return
        for one in asked:
            is_refused = self.random.random() < 0.5
            told = NO if is_refused else Refunded(f"re_{one.id}", one.amount_minor)
            await self.do(topping_up.record_payback, events.PaybackRequested(one.id), told)
            if not is_refused:
                self.paid_back.append((one.top_up_id, f"re_{one.id}"))
                self.moved["back"] += one.amount_minor

    async def come_back(self) -> None:
        """The bank would not take what had gone back; it is told twice."""
        if self.paid_back:
            top_up_id, reference = self.paid_back.pop()
            fact = RefundReturned(f"top_up:{top_up_id}", reference, NO)
            found = await self.world.store.read(books.payback_known_as, top_up_id, reference)
            for _ in range(2):
                await self.do(topping_up.payback_returned, top_up_id, fact)
            self.moved["back"] -= found.amount_minor

    async def dispute(self) -> None:
        """The bank takes all of a top-up, or a part."""
        left = [one for one in await self.world.store.read(_taken) if one.id not in self.disputes]
        if not left:
            return
        top_up = self.random.choice(left)
        fact = CardDisputed(
            reference=f"dp_{top_up.id}",
            purpose=f"top_up:{top_up.id}",
            amount=Money(self.random.randrange(1, top_up.amount_minor + 1), "EUR"),
            reason="fraudulent",
            state="needs_response",
            due_by=None,
            is_withdrawn=True,
            is_reinstated=False,
            is_answered=False,
        )
        self.disputes[top_up.id] = fact
        await self.hear(fact)

    async def decide(self) -> None:
        waits = [of for of, one in self.disputes.items() if one.state == "needs_response"]
        if not waits:
            return
        of, is_won = self.random.choice(waits), self.random.random() < 0.4
        before = self.disputes[of]
        after = replace(before, state="won" if is_won else "lost", is_reinstated=is_won)
        self.disputes[of] = after
        for fact in (after, before, after):
            await self.hear(fact)
        if not is_won:
            self.moved["lost"] += after.amount.amount_minor

    async def pay_debts(self) -> None:
        try:
            asked = await self.do(owing.pay, self.driver_id, Wanted())
        except Refused:
            return
        for payment in asked:
            taken_minor = self.random.choice((payment.ask_minor, max(1, payment.ask_minor // 2)))
            is_refused = self.random.random() < 0.3
            told = NO if is_refused else Captured(f"ch_{payment.id}", taken_minor)
            await self.do(owing.record_payment, events.DebtPaymentRequested(payment.id), told)
            self.moved["debts"] += 0 if is_refused else taken_minor

    async def wait(self) -> None:
        """A month or so, in which debts may be written off."""
        self.world.clock.advance(timedelta(days=self.random.choice((1, 31))))
        await self.do(owing.write_off_due)

    async def hear(self, fact: CardDisputed) -> None:
        await self.do(actions.hear, "sandbox", fact)

    async def check(self) -> None:
        """The laws, and that every cent is where its moves say."""
        read, moved = self.world.store.read, self.moved
        for law in LAWS:
            found = await read(law)
            assert found.state != "broken", (found, self.done)
        assert (await read(prepaid.lots))[0].count == 0, self.done
        waits = sum(
            one.amount.amount_minor
            for one in self.disputes.values()
            if one.state == "needs_response"
        )
        with_rails = moved["in"] - moved["back"] - moved["spent"] - moved["lost"] + moved["debts"]
        assert await self.world.balance("psp:disputed") == waits, self.done
        assert await self.world.balance("psp:pending") == with_rails - waits, self.done
        assert await self.world.balance("psp:suspense") == 0, self.done


def _taken(reads: Reads) -> list[books.TopUpView]:
    rows = reads.all(books.TOP_UP.select().where(books.TOP_UP.c.state == "taken"))
    return [books.TopUpView(*row) for row in rows]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_a_bank_does_to_top_ups(world: World, seed: int) -> None:
    """The sum of all moves, and the audit, after each of them."""
    driver = Driver(world, Random(seed), await world.driver("ok"))

    for _ in range(STEPS):
        await driver.step()
        await driver.check()


async def test_a_payback_that_is_refused_is_the_drivers_again_and_told(world: World) -> None:
    """The card is closed: the balance is whole, and a mail says why and what to do."""
    driver = Driver(world, Random(0), await world.driver("ok"))
    await driver.top_up()
    (asked,) = await driver.do(topping_up.pay_back, driver.driver_id, "EUR", None)
    await driver.do(topping_up.record_payback, events.PaybackRequested(asked.id), NO)

    found = await world.store.read(books.balance, driver.driver_id, "EUR")
    told = [text for _, _, text in await world.store.read(mails)]
    assert (found.available, found.held.amount_minor) == (asked.amount, 0)
    assert any("The card is closed." in one and "POST /api/v1/paybacks" in one for one in told)
    await driver.check()
