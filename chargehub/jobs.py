"""What the clock starts. APScheduler only ticks; what is due stands in tables, by business time."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from chargehub.bookings import actions as bookings
from chargehub.bookings import (
    approving,
    cancelling,
    depositing,
    failing,
    following,
    promising,
    retiring,
)
from chargehub.bookings.promises import PROMISES, Promises
from chargehub.card_disputes import answering
from chargehub.checkups import actions as checkups
from chargehub.checkups import renewing as regrading
from chargehub.checkups.actions import Checking
from chargehub.clock import Clock
from chargehub.disputes import actions as disputes
from chargehub.disputes import lines
from chargehub.energy import balancing
from chargehub.errors import Unavailable
from chargehub.guests import actions as guests
from chargehub.guests import paying, scanning, walking_up
from chargehub.invoices import actions as invoices
from chargehub.invoices import monthly
from chargehub.listings import suspending
from chargehub.owing import actions as owing
from chargehub.payments import (
    budgeting,
    coming_back,
    confirming,
    dropping,
    expiring,
    netting,
    notices,
    onboarding,
    payout,
    renewing,
    resuming,
    setting_up,
)
from chargehub.personal import departing, retaining
from chargehub.prices import fetching, moving
from chargehub.prices.dayahead import Source
from chargehub.prices.market import Market
from chargehub.reconciliation import actions as reconciliation
from chargehub.reconciliation import again
from chargehub.reporting import asking
from chargehub.reputation import measuring, reviewing, trusting
from chargehub.rest import manners
from chargehub.search import blocking, noticing, watching
from chargehub.sessions import (
    leaving,
    overstaying,
    telling,
    yielding,
)
from chargehub.sessions import remote as sessions
from chargehub.settlement import actions as settlement
from chargehub.settlement import dividing, sharing, split, writing_off
from chargehub.stations import actions as stations
from chargehub.stations import certificates, frames, pairing
from chargehub.store.chunk import SIZE, Chunk
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.webhooks import actions as webhooks
from chargehub.webhooks.rules import Terms

log = structlog.get_logger(__name__)

Job = Callable[[Work, datetime, Chunk], int]
RETRY_AFTER = timedelta(hours=1)  # a row that failed once will most likely fail again
MOST_PUT_OFF = 1_000  # rows of one job; with more of them it is the job that is wrong
ROUNDS = 200  # a job that still finds work after so many chunks goes on at the next tick


def due(
    token_price: Decimal,
    cost_every: timedelta,
    told: Terms,
    promises: Promises = PROMISES,
) -> Sequence[Job]:
    """What to look at, in an order in which one makes the next due: a slot opens before a
    no-show is released, earnings mature before they are paid out. `cost_every` 0: never."""

    def request_due_payouts(work: Work, now: datetime, chunk: Chunk) -> int:
        return payout.request_due_payouts(work, now, token_price, chunk)

    def fail_broken(work: Work, now: datetime, chunk: Chunk) -> int:
        return failing.fail_broken(work, now, promises, chunk)

    def tell_costs(work: Work, now: datetime, chunk: Chunk) -> int:
        return telling.tell_costs(work, now, cost_every, chunk) if cost_every else 0

    def disable_webhooks(work: Work, now: datetime, chunk: Chunk) -> int:
        return webhooks.disable_failing(work, now, told, chunk)

    return (
        stations.expire_commands,
        certificates.ask_renewals,
        pairing.expire_pairings,
        bookings.expire_holds,
        approving.decline_overdue,
        retiring.cancel_at_retired,
        depositing.lapse_unpaid,
        depositing.ask_due_deposits,
        bookings.open_due_windows,
        yielding.take_up_early,
        yielding.warn_walk_ups,
        yielding.end_walk_ups,
        leaving.warn_before_owners,
        leaving.end_before_owners,
        blocking.tell_blocked,
        overstaying.warn_overstaying,
        fail_broken,
        cancelling.release_no_shows,
        following.follow_due_lists,
        suspending.relist_due,
        renewing.renew_due_holds,
        budgeting.look_at_budgets,
        sessions.close_overdue,
        tell_costs,
        balancing.look_due,
        disputes.follow_deadlines,
        settlement.mature_due,
        dividing.mature_due_fees,
        sharing.divide_due,
        netting.net_due,
        coming_back.look_due,
        resuming.resume_due,
        writing_off.write_off_due,
        asking.ask_sellers,
        asking.remind_sellers,
        request_due_payouts,
        disable_webhooks,
    )


def due_of_keeping(
    frames_kept: timedelta, told: Terms, kept: retaining.Kept = retaining.KEPT
) -> Sequence[Job]:
    """What is forgotten when its time is over."""

    def forget_keys(work: Work, now: datetime, _chunk: Chunk) -> int:
        return manners.forget_keys(work, now)

    def forget_frames(work: Work, now: datetime, _chunk: Chunk) -> int:
        return frames.forget(work, now - frames_kept)

    def forget_quotes(work: Work, now: datetime, _chunk: Chunk) -> int:
        return promising.forget_quotes(work, now)

    def forget_guest_links(work: Work, now: datetime, _chunk: Chunk) -> int:
        return guests.forget_links(work, now)

    def forget_lines(work: Work, now: datetime, _chunk: Chunk) -> int:
        return lines.forget(work, now)

    def forget_events(work: Work, now: datetime, _chunk: Chunk) -> int:
        return webhooks.forget(work, now, told)

    def forget_notices(work: Work, now: datetime, _chunk: Chunk) -> int:
        return notices.forget(work, now)

    def forget_watches(work: Work, now: datetime, _chunk: Chunk) -> int:
        return watching.forget_watches(work, now)

    def forget_people(work: Work, now: datetime, chunk: Chunk) -> int:
        return retaining.forget(work, now, kept) + departing.forget_guests(work, now, chunk)

    return (
        forget_keys,
        forget_frames,
        forget_lines,
        forget_events,
        forget_quotes,
        forget_people,
        forget_guest_links,
        forget_watches,
        forget_notices,
    )


def due_of_pay_codes(terms: scanning.CodeTerms) -> Sequence[Job]:
    """Codes that change, on displays of stations."""

    def show_pay_codes(work: Work, now: datetime, chunk: Chunk) -> int:
        return scanning.show_due(work, now, terms, chunk)

    return (show_pay_codes,)


def due_of_reputation(facts_kept: timedelta) -> Sequence[Job]:
    """Reviews that are shown, what is measured, and how stations stand by it.

    `facts_kept`: how long days and the timeline are.
    """

    def measure_due(work: Work, now: datetime, chunk: Chunk) -> int:
        return measuring.measure_due(work, now, facts_kept, chunk)

    return (
        reviewing.close_windows,
        measure_due,
        measuring.work_out_due,
        trusting.reassess_due,
    )


def due_of_prices(market: Market, source: Source | None = None) -> Sequence[Job]:
    """Prices that move, by what this market knows; and the wholesale prices that are fetched."""

    def ask_wholesale(work: Work, now: datetime, chunk: Chunk) -> int:
        return fetching.ask_due(work, now, source, chunk) if source else 0

    def move_prices(work: Work, now: datetime, chunk: Chunk) -> int:
        return moving.move_due(work, now, market, chunk)

    return (ask_wholesale, move_prices)


def due_of_wallets() -> Sequence[Job]:
    """Pages and accounts of owners that nobody looks at, cards that nobody keeps, and what is to be
    said to cards' banks."""

    def ask_pages(work: Work, now: datetime, chunk: Chunk) -> int:
        return setting_up.ask_due(work, now, chunk)

    def ask_accounts(work: Work, now: datetime, chunk: Chunk) -> int:
        return onboarding.ask_due(work, now, chunk)

    def forget_setups(work: Work, now: datetime, _chunk: Chunk) -> int:
        return setting_up.forget(work, now)

    return (
        confirming.look_at_pages,
        walking_up.look_at_pages,
        paying.look_at_pages,
        ask_pages,
        ask_accounts,
        dropping.drop_due,
        expiring.tell_due,
        answering.answer_due,
        forget_setups,
    )


def due_of_debts(least: Decimal) -> Sequence[Job]:
    """What drivers owe. `least`: what keeps them from charging on, in coins of about a euro."""

    def ask_debts(work: Work, now: datetime, chunk: Chunk) -> int:
        return owing.ask_due(work, now, chunk, least)

    return (ask_debts, owing.clear_paid)


def due_of_watches(every: timedelta) -> Sequence[Job]:
    """Watches for which something came free. `every`: none is told more often."""

    def tell_watching(work: Work, now: datetime, chunk: Chunk) -> int:
        return noticing.tell_watching(work, now, every, chunk)

    return (tell_watching,)


def due_of_reconciliation(rails: Sequence[str]) -> Sequence[Job]:
    """Rails' books that are compared with the hub's each night. `rails`: those that tell them."""

    def ask_rails(work: Work, now: datetime, chunk: Chunk) -> int:
        return reconciliation.ask_due(work, now, rails, chunk)

    judging = reconciliation.judge_due, again.look_due, reconciliation.make_available
    return (ask_rails, *judging)


def due_of_invoices(terms: split.Terms) -> Sequence[Job]:
    """Invoices that waited for a fact, owners' monthly documents, and texts that are too old."""

    def issue_months(work: Work, now: datetime, chunk: Chunk) -> int:
        return monthly.issue_due(work, terms, now, chunk)

    def forget_invoices(work: Work, now: datetime, _chunk: Chunk) -> int:
        return invoices.forget_texts(work, now)

    return (invoices.look_again, issue_months, forget_invoices)


def due_of_checkups(checking: Checking) -> Sequence[Job]:
    """Check-ups whose running step's time is up, and grades that are too old to count."""

    def check_due(work: Work, now: datetime, chunk: Chunk) -> int:
        return checkups.advance_due(work, checking, now, chunk)

    def renew_grades(work: Work, now: datetime, chunk: Chunk) -> int:
        return regrading.renew_due(work, checking.renewal, now, chunk)

    return (check_due, renew_grades)


def _run(
    work: Work, job: Job, now: datetime, put_off: Collection[str]
) -> tuple[int, dict[str, Exception]]:
    """How many rows the job has done, and which it could not do."""
    chunk = Chunk(put_off)
    return job(work, now, chunk), chunk.failed


class Jobs:
    """Looks at what is due, every tick of real time."""

    def __init__(self, store: Store, clock: Clock, tick_s: float, due: Sequence[Job]) -> None:
        self._store = store
        self._clock = clock
        self._due = due
        self._put_off: dict[str, dict[str, datetime]] = {job.__name__: {} for job in due}
        self._failing: set[str] = set()
        self.ended_at_s = time.time()  # the last round, in Unix time; before the first: the start
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._tick, "interval", seconds=tick_s, coalesce=True, max_instances=1
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _tick(self) -> None:
        with suppress(asyncio.CancelledError):  # at the shutdown; the store finishes what it has
            await self.run_due()

    async def run_due(self) -> int:
        """Do everything that is due now; how much it was."""
        done = 0
        for job in self._due:
            try:
                done += await self._run_job(job)
                self._failing.discard(job.__name__)
            except Unavailable as error:
                log.warning("job postponed", job=job.__name__, error=str(error))
            except Exception as error:  # what one job cannot do must not stop the others
                self._failing.add(job.__name__)
                log.error("job failed", job=job.__name__, exc_info=error)
        self.ended_at_s = time.time()
        return done

    @property
    def failing(self) -> int:
        """How many jobs failed when they last ran."""
        return len(self._failing)

    @property
    def put_off(self) -> int:
        """How many rows could not be done and are tried again later."""
        return sum(len(rows) for rows in self._put_off.values())

    async def _run_job(self, job: Job) -> int:
        done = 0
        for _ in range(ROUNDS):
            now = self._clock.now()
            put_off = self._still_put_off(job, now)
            found, failed = await self._store.do(_run, job, now, frozenset(put_off))
            for row, error in failed.items():
                log.error("row put off", job=job.__name__, row=row, exc_info=error)
                if len(put_off) < MOST_PUT_OFF:
                    put_off[row] = now + RETRY_AFTER
            done += found
            if found + len(failed) < SIZE:
                break
        return done

    def _still_put_off(self, job: Job, now: datetime) -> dict[str, datetime]:
        kept = {row: at for row, at in self._put_off[job.__name__].items() if at > now}
        self._put_off[job.__name__] = kept
        return kept
