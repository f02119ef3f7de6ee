"""Refunds, disputes at the bank and at the hub, payouts and corrections, in any order."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

import pytest

from chargehub import events
from chargehub.audit import claims, debts
from chargehub.card_disputes import actions
from chargehub.payments.facts import CardDisputed
from chargehub.settlement import actions as settlement
from chargehub.settlement import contesting, contests
from chargehub.settlement.contests import Subject
from chargehub.units import Money
from tests.payments.test_payout import choose, request, verify
from tests.payments.world import World

LAWS = (claims.taken, claims.lifetimes, claims.rails, debts.debts)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SESSIONS, STEPS = 4, 14


@dataclass
class Bank:
    """Sessions that were paid, and what their cardholders' bank says of them."""

    world: World
    random: Random
    sessions: dict[str, int] = field(default_factory=dict)  # and the version of its CDR
    disputes: dict[str, CardDisputed] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        driver_id = await self.world.driver("bank")
        for _ in range(SESSIONS):
            session_id = await self.world.session(driver_id)
            await self.world.flow.follow()
            await self.world.close(session_id, self.random.randrange(1, 2000))
            await self.world.flow.follow()
            self.sessions[session_id] = 1

    async def step(self) -> None:
        """Something happens to one of them."""
        session_id = self.random.choice(list(self.sessions))
        happens = self.random.choice(
            (self.correct, self.open, self.open, self.decide, self.decide, self.pay, self.award)
        )
        self.done.append(f"{happens.__name__} {session_id[-4:]}")
        await happens(session_id)
        await self.world.flow.follow(twice=self.random.random() < 0.3)

    async def correct(self, session_id: str) -> None:
        self.sessions[session_id] += 1
        cost_minor = self.random.randrange(0, 2000)
        await self.world.correct(session_id, cost_minor, self.sessions[session_id])

    async def open(self, session_id: str) -> None:
        """The bank takes all that is left; it may be told late."""
        payment = await self.world.payment(session_id)
        left = payment.captured_minor - payment.refunded_minor
        if session_id in self.disputes or not left:
            return
        reason = self.random.choice(("fraudulent", "product_not_received"))
        self.disputes[session_id] = CardDisputed(
            reference=f"dp_{session_id}",
            purpose=payment.purpose,
            amount=Money(left, "EUR"),
            reason=reason,
            state="needs_response",
            due_by=None,
            is_withdrawn=True,
            is_reinstated=False,
            is_answered=False,
        )
        await self.hear(self.disputes[session_id])

    async def decide(self, session_id: str) -> None:
        """And what was told before comes once more."""
        before = self.disputes.get(session_id)
        if before is None or before.state == "won":
            return
        is_won = before.state == "lost" or self.random.random() < 0.5
        state = "won" if is_won else "lost"
        after = replace(before, state=state, is_reinstated=is_won)
        self.disputes[session_id] = after
        for fact in (after, before, after):
            await self.hear(fact)

    async def pay(self, _session_id: str) -> None:
        self.world.clock.advance(timedelta(days=2))
        await self.world.store.do(settlement.mature_due, self.world.clock.now())
        await request(self.world)

    async def award(self, session_id: str) -> None:
        """The hub gives back a part, which a rail that has it no more refuses."""
        read, subject = self.world.store.read, Subject(session_id)
        dispute_id = f"hub-{session_id[-30:]}"
        most = await read(contesting.contestable_minor, subject)
        is_disputed = session_id in self.disputes
        if not most or not is_disputed or await read(contests.contest, dispute_id):
            return
        if self.disputes[session_id].state != "needs_response":
            return
        amount, now = self.random.randrange(1, most + 1), self.world.clock.now()
        await self.world.store.do(contesting.freeze, dispute_id, subject, amount, now)
        await self.world.store.do(contesting.give_back, dispute_id, amount, now, "owner", False)

    async def hear(self, fact: CardDisputed) -> None:
        await self.world.store.do(actions.hear, "sandbox", fact, self.world.clock.now())

    async def check(self) -> None:
        for law in LAWS:
            found = await self.world.store.read(law)
            assert found.state != "broken", (found, self.done)


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_order_the_whole_audit_holds(world: World, seed: int) -> None:
    world.flow.followers[events.CdrCorrected].append(actions.follow_corrected)
    await verify(world, world.owner_id)
    await choose(world, "sandbox", "ok")
    bank = Bank(world, Random(seed))
    await bank.begin()

    for _ in range(STEPS):
        await bank.step()
        await bank.check()

    assert await world.balance("psp:disputed") == sum(
        one.amount.amount_minor for one in bank.disputes.values() if one.state == "needs_response"
    )
