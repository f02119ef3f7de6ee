"""The effect that reads a rail's books and what it told, outside any transaction, in pieces."""

from collections.abc import Awaitable, Callable

from chargehub.clock import Clock
from chargehub.events import ReconciliationAsked
from chargehub.payments import hearing
from chargehub.payments.rails import Rails
from chargehub.reconciliation import actions, tables
from chargehub.store.writer import Store


def fetch(
    rails: Rails, store: Store, clock: Clock
) -> Callable[[ReconciliationAsked, str], Awaitable[int | None]]:
    """How many lines a rail's books had in the time of a run; they are entered as they come.

    None: the run is over, or the hub has no such rail any more. Raises RailUnreachable.
    """

    async def hear_lost(asked: tables.Run) -> None:
        """What the rail has told in that time, in case it was lost on its way."""
        teller = rails.notices.get(asked.rail)
        if teller is None:
            return
        async for notices in teller.told(asked.since, asked.until):
            for notice in notices:
                await store.do(hearing.receive, asked.rail, notice, clock.now())

    async def run(event: ReconciliationAsked, key: str) -> int | None:
        asked = await store.read(tables.run, event.reconciliation_id)
        rail = rails.books.get(event.rail)
        if asked is None or asked.finished_at is not None or rail is None:
            return None
        await hear_lost(asked)
        count = 0
        async for lines in rail.books(asked.since, asked.until):
            await store.do(actions.enter, event.rail, lines, clock.now())
            count += len(lines)
        return count

    return run
