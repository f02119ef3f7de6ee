"""A hub whose books are compared with those of the stand-in of Stripe."""

from dataclasses import dataclass
from datetime import timedelta

from chargehub.reconciliation import actions, again, effects, tables
from chargehub.reconciliation.rules import LineView
from tests.payments.world import World
from tests.stripe_twin.app import Twin


@dataclass
class Bank:
    """A hub whose rail is the stand-in of Stripe, and a driver with a card."""

    world: World
    twin: Twin
    driver_id: str

    async def pass_(self, **of_time: int) -> None:
        """Time goes by for both, and the nightly comparison comes."""
        self.world.clock.advance(timedelta(**of_time))
        self.twin.world.clock.now = int(self.world.clock.now().timestamp())

    async def charge(self, cost_minor: int) -> str:
        session_id = await self.world.session(self.driver_id)
        await self.world.flow.follow()
        await self.world.close(session_id, cost_minor)
        await self.world.flow.follow()
        return session_id

    async def compare(self) -> None:
        """Ask for the books, and follow what they say."""
        store, now = self.world.store, self.world.clock.now()
        await store.do(actions.ask, "stripe", now)
        run = await store.read(tables.newest_run, "stripe")
        assert run is not None
        event = actions.ReconciliationAsked(run.id, "stripe")
        count = await effects.fetch(self.world.rails, store, self.world.clock)(event, "key")
        await store.do(actions.record_run, event, count, now)
        await store.do(actions.judge_due, now)
        await store.do(again.look_due, now)
        await store.do(actions.make_available, now)

    async def lines(self, state: str | None = None) -> list[LineView]:
        return list(await self.world.store.read(tables.page_of, state, None, 100))

    async def with_rail(self) -> tuple[int, int]:
        """psp:available and psp:pending."""
        available = await self.world.balance("psp:available")
        return available, await self.world.balance("psp:pending")
