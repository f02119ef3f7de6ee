"""The effect that reads a rail's books, outside any transaction, piece by piece."""

from collections.abc import Awaitable, Callable

from chargehub.clock import Clock
from chargehub.events import ReconciliationAsked
from chargehub.payments.rail import Rails
from chargehub.reconciliation import actions, tables
from chargehub.store.writer import Store


def fetch(
    rails: Rails, store: Store, clock: Clock
) -> Callable[[ReconciliationAsked, str], Awaitable[int | None]]:
    """How many lines a rail's books had in the time of a run; they are entered as they come.

    None: the run is over, or the hub has no such rail any more. Raises RailUnreachable.
    """

    async def run(event: ReconciliationAsked, key: str) -> int | None:
        asked = await store.read(tables.run, event.reconciliation_id)
        rail = rails.books.get(event.rail)
        if asked is None or asked.finished_at is not None or rail is None:
            return None
        count = 0
        async for lines in rail.books(asked.since, asked.until):
            await store.do(actions.enter, event.rail, lines, clock.now())
            count += len(lines)
        return count

    return run
