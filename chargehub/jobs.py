"""What the clock starts, and in which order. What is due stands in tables, by business time;
`Seldom` is what need not be looked for at every tick."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

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
from chargehub.disputes import actions as disputes
from chargehub.disputes import lines
from chargehub.energy import balancing
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
    paying_in,
    payout,
    renewing,
    resuming,
    reversing,
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
from chargehub.store.chunk import Chunk
from chargehub.store.looking import Job
from chargehub.store.work import Work
from chargehub.ticks import Seldom
from chargehub.webhooks import actions as webhooks
from chargehub.webhooks.rules import Terms


def due(
    token_price: Decimal,
    cost_every: timedelta,
    told: Terms,
    promises: Promises = PROMISES,
) -> Sequence[Job | Seldom]:
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
        Seldom(certificates.ask_renewals),
        pairing.expire_pairings,
        bookings.expire_holds,
        approving.decline_overdue,
        Seldom(retiring.cancel_at_retired),
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
        Seldom(following.follow_due_lists),
        Seldom(suspending.relist_due),
        renewing.renew_due_holds,
        budgeting.look_at_budgets,
        sessions.close_overdue,
        tell_costs,
        balancing.look_due,
        Seldom(disputes.follow_deadlines),
        Seldom(settlement.mature_due),
        Seldom(dividing.mature_due_fees),
        Seldom(sharing.divide_due),
        Seldom(netting.net_due),
        Seldom(coming_back.look_due),
        resuming.resume_due,
        Seldom(writing_off.write_off_due),
        Seldom(asking.ask_sellers),
        Seldom(asking.remind_sellers),
        Seldom(request_due_payouts),
        Seldom(disable_webhooks),
    )


def due_of_keeping(
    frames_kept: timedelta, told: Terms, kept: retaining.Kept = retaining.KEPT
) -> Sequence[Job | Seldom]:
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
        Seldom(forget_keys),
        Seldom(forget_frames),
        Seldom(forget_lines),
        Seldom(forget_events),
        Seldom(forget_quotes),
        Seldom(forget_people),
        Seldom(forget_guest_links),
        Seldom(forget_watches),
        Seldom(forget_notices),
    )


def due_of_pay_codes(terms: scanning.CodeTerms) -> Sequence[Job | Seldom]:
    """Codes that change, on displays of stations."""

    def show_pay_codes(work: Work, now: datetime, chunk: Chunk) -> int:
        return scanning.show_due(work, now, terms, chunk)

    return (show_pay_codes,)


def due_of_reputation(facts_kept: timedelta) -> Sequence[Job | Seldom]:
    """Reviews that are shown, what is measured, and how stations stand by it.

    `facts_kept`: how long days and the timeline are.
    """

    def measure_due(work: Work, now: datetime, chunk: Chunk) -> int:
        return measuring.measure_due(work, now, facts_kept, chunk)

    return (
        Seldom(reviewing.close_windows),
        Seldom(measure_due),
        Seldom(measuring.work_out_due),
        Seldom(trusting.reassess_due),
    )


def due_of_prices(market: Market, source: Source | None = None) -> Sequence[Job | Seldom]:
    """Prices that move, by what this market knows; and the wholesale prices that are fetched."""

    def ask_wholesale(work: Work, now: datetime, chunk: Chunk) -> int:
        return fetching.ask_due(work, now, source, chunk) if source else 0

    def move_prices(work: Work, now: datetime, chunk: Chunk) -> int:
        return moving.move_due(work, now, market, chunk)

    return (Seldom(ask_wholesale), move_prices)


def due_of_wallets() -> Sequence[Job | Seldom]:
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
        Seldom(dropping.drop_due),
        Seldom(expiring.tell_due),
        Seldom(answering.answer_due),
        Seldom(forget_setups),
    )


def due_of_debts(least: Decimal) -> Sequence[Job | Seldom]:
    """What drivers owe. `least`: what keeps them from charging on, in coins of about a euro."""

    def ask_debts(work: Work, now: datetime, chunk: Chunk) -> int:
        return owing.ask_due(work, now, chunk, least)

    rest = owing.write_off_due, ask_debts, owing.clear_paid
    return (paying_in.ask_due, *(Seldom(job) for job in rest))


def due_of_owner_debts(after: timedelta, rails: Sequence[str]) -> Sequence[Job]:
    """What owners owe for so long; after 0: never. `rails`: those that take payouts back."""

    def take_back_old(work: Work, now: datetime, chunk: Chunk) -> int:
        return reversing.ask_due(work, now, after, rails, chunk)

    return (take_back_old,) if after and rails else ()


def due_of_watches(every: timedelta) -> Sequence[Job | Seldom]:
    """Watches for which something came free. `every`: none is told more often."""

    def tell_watching(work: Work, now: datetime, chunk: Chunk) -> int:
        return noticing.tell_watching(work, now, every, chunk)

    return (tell_watching,)


def due_of_reconciliation(rails: Sequence[str]) -> Sequence[Job | Seldom]:
    """Rails' books that are compared with the hub's each night. `rails`: those that tell them."""

    def ask_rails(work: Work, now: datetime, chunk: Chunk) -> int:
        return reconciliation.ask_due(work, now, rails, chunk)

    judging = reconciliation.judge_due, again.look_due, reconciliation.make_available
    return tuple(Seldom(job) for job in (ask_rails, *judging))


def due_of_invoices(terms: split.Terms) -> Sequence[Job | Seldom]:
    """Invoices that waited for a fact, owners' monthly documents, and texts that are too old."""

    def issue_months(work: Work, now: datetime, chunk: Chunk) -> int:
        return monthly.issue_due(work, terms, now, chunk)

    def forget_invoices(work: Work, now: datetime, _chunk: Chunk) -> int:
        return invoices.forget_texts(work, now)

    return (Seldom(invoices.look_again), Seldom(issue_months), Seldom(forget_invoices))


def due_of_checkups(checking: Checking) -> Sequence[Job | Seldom]:
    """Check-ups whose running step's time is up, and grades that are too old to count."""

    def check_due(work: Work, now: datetime, chunk: Chunk) -> int:
        return checkups.advance_due(work, checking, now, chunk)

    def renew_grades(work: Work, now: datetime, chunk: Chunk) -> int:
        return regrading.renew_due(work, checking.renewal, now, chunk)

    return (check_due, Seldom(renew_grades))
