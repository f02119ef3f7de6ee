"""What the clock starts: one job that cannot do its work does not stop the others."""

from datetime import datetime

from chargehub.clock import HandClock
from chargehub.jobs import Jobs
from chargehub.store.work import Work
from chargehub.store.writer import Store


async def test_a_job_that_fails_does_not_stop_those_after_it(
    store: Store, clock: HandClock
) -> None:
    """Or else one row that cannot be closed would keep every owner from being paid."""
    seen = []

    def broken(work: Work, now: datetime) -> int:
        raise ValueError("a row that nobody can handle")

    def sound(work: Work, now: datetime) -> int:
        seen.append(now)
        return 1

    done = await Jobs(store, clock, tick_s=3600, due=(broken, sound)).run_due()

    assert (done, seen) == (1, [clock.now()])
