"""What owners owe is taken back from what they were paid: asked by an operator, or by the clock.

The newest payouts first, for their money is the likeliest to be there still: of each no more than
was paid by it and has not been taken back, of all no more than is owed at that moment. The debt
leaves `owner:receivable` in the commit that asks the rail, so later earnings do not pay it a second
time; a refusal puts it back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, assert_never

import structlog
from sqlalchemy import update

from chargehub import events
from chargehub.errors import Conflict
from chargehub.ledger import actions as ledger
from chargehub.ledger import rules as postings
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments import netting, reversals, rules, tables
from chargehub.payments.payout import PayoutMoved
from chargehub.payments.rail import (
    RAIL_TIMEOUT_S,
    RailBroken,
    RailUnreachable,
    Refusal,
    TakeBackOrder,
    TakenBack,
    TakesBack,
)
from chargehub.payments.rails import Rails
from chargehub.payments.reversals import REVERSAL, PayoutReversalRow, ReversalView
from chargehub.payments.steps import told
from chargehub.payments.tables import PAYOUT
from chargehub.payments.views import PayoutView
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.store.writer import Store
from chargehub.units import Money

log = structlog.get_logger(__name__)

SUBJECT = "A part of your payouts was taken back"
PAUSE = timedelta(days=7)  # after the clock asked for a debt, until it does again
BY_THE_CLOCK = "You have owed it for long, and your earnings have not paid it."
CANNOT = Refusal("not_taken_back", "This rail does not take back what it has paid.")


class NothingToTakeBack(Conflict):
    """Nothing can be taken back from an owner now; the text says why, and what to do."""

    code = "nothing_to_take_back"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be taken back. `most`: None: all that is owed, in every currency. `payout_id`:
    None: the newest first. `asked_by`: None: the clock."""

    because: str
    asked_by: str | None = None
    most: Money | None = None
    payout_id: str | None = None


def taking_back(rails: Rails) -> tuple[str, ...]:
    """The rails that can."""
    return tuple(name for name, rail in rails.paying_out.items() if isinstance(rail, TakesBack))


def ask(
    work: Work, owner_id: str, wanted: Wanted, rails: Sequence[str], now: datetime
) -> tuple[ReversalView, ...]:
    """Ask back what an owner owes once the balance has paid what it can. `rails`: those that can.

    Raises NothingToTakeBack.
    """
    netting.net_of(work, owner_id, now)
    currency = None if wanted.most is None else wanted.most.currency
    owed = [one for one in reversals.owed(work, owner_id) if currency in (None, one.currency)]
    if not owed:
        raise NothingToTakeBack("This owner owes nothing of it now: GET /api/v1/owner-debts.")
    asked = [made for debt in owed for made in _ask(work, owner_id, debt, wanted, rails, now)]
    if not asked:
        raise NothingToTakeBack(
            "No payout to this owner can be taken back: the newest are back already, or were made "
            "by a rail that cannot. What the owner earns from now on pays the debt."
        )
    return tuple(asked)


def ask_due(
    work: Work, now: datetime, after: timedelta, rails: Sequence[str], chunk: Chunk = ALL
) -> int:
    """The same for what has been owed for so long, at most 50 debts; how many."""
    found = [
        (owner_id, currency)
        for owner_id, currency in reversals.takeable(work, rails, now - PAUSE)
        if netting.owed_since(work, owner_id, currency) <= now - after
    ]
    return chunk.each(work, found, " ".join, partial(_ask_old, rails=rails, now=now))


def _ask_old(work: Work, debt: tuple[str, str], rails: Sequence[str], now: datetime) -> None:
    owner_id, currency = debt
    netting.net_of(work, owner_id, now)
    for owed in reversals.owed(work, owner_id):
        if owed.currency == currency:
            _ask(work, owner_id, owed, Wanted(BY_THE_CLOCK), rails, now)


def _ask(
    work: Work, owner_id: str, owed: Money, wanted: Wanted, rails: Sequence[str], now: datetime
) -> list[ReversalView]:
    most = owed.amount_minor if wanted.most is None else wanted.most.amount_minor
    left, asked = min(owed.amount_minor, most), []
    for source in reversals.sources(work, owner_id, owed.currency, rails):
        amount_minor = min(left, source.amount_minor - source.reversed_minor)
        amount_minor = rules.payable(amount_minor, owed.currency)
        if amount_minor and wanted.payout_id in (None, source.id):
            asked.append(_take(work, source, amount_minor, wanted, now))
            left -= amount_minor
    return asked


def _take(
    work: Work, source: PayoutView, amount_minor: int, wanted: Wanted, now: datetime
) -> ReversalView:
    _change(work, source, amount_minor)
    values: dict[str, Any] = {
        "id": new_id(),
        "payout_id": source.id,
        "owner_id": source.owner_id,
        "rail": source.rail,
        "currency": source.currency,
        "amount_minor": amount_minor,
        "state": "requested",
        "because": wanted.because,
        "asked_by": wanted.asked_by,
        **dict.fromkeys(("rail_reference", "refusal_code", "refusal_detail", "finished_at")),
        "requested_at": now,
    }
    work.insert(PayoutReversalRow, **values)
    asked = ReversalView(**values)
    _post(work, asked, "requested", postings.reversal_requested, now)
    work.record(events.PayoutReversalRequested(asked.id, source.id))
    log.info("payout asked back", reversal=asked.id, payout=source.id, rail=source.rail)
    return asked


def _change(work: Work, source: PayoutView, more_minor: int) -> None:
    """Compare-and-set: a payout gives up no more than it paid, and not what came back."""
    is_it = PAYOUT.c.id == source.id, PAYOUT.c.state == "paid"
    as_read = PAYOUT.c.reversed_minor == source.reversed_minor
    after = source.reversed_minor + more_minor
    assert 0 <= after <= source.amount_minor, (source, more_minor)
    if work.execute(update(PAYOUT).where(*is_it, as_read).values(reversed_minor=after)) != 1:
        raise PayoutMoved(source.id)


Asked = events.PayoutReversalRequested


def take_back(
    rails: Rails, store: Store
) -> Callable[[Asked, str], Awaitable[TakenBack | Refusal | None]]:
    """The effect that has a rail take it back. None: it is not wanted any more."""

    async def run(event: Asked, key: str) -> TakenBack | Refusal | None:
        asked = await store.read(reversals.reversal, event.reversal_id)
        source = await store.read(tables.payout, event.payout_id)
        if asked is None or source is None or asked.state != "requested":
            return None
        rail = rails.paying_out.get(asked.rail)
        if not isinstance(rail, TakesBack):
            return CANNOT
        of, purpose = source.rail_reference or "", f"reversal:{asked.id}"
        order = TakeBackOrder(of, asked.amount_minor, asked.currency, purpose)
        try:
            async with asyncio.timeout(RAIL_TIMEOUT_S):
                known = await rail.read_taken_back(order, key)
                return known if known is not None else await rail.take_back(order, key)
        except TimeoutError as error:
            raise RailUnreachable(f"no answer within {RAIL_TIMEOUT_S} s") from error

    return run


def record_taken_back(
    work: Work, event: Asked, outcome: TakenBack | Refusal | None, now: datetime
) -> None:
    """Note what the rail did: the debt is paid, or is one again."""
    asked = reversals.reversal(work, event.reversal_id)
    if asked is None or outcome is None or asked.state != "requested":
        return
    match outcome:
        case TakenBack():
            _taken(work, asked, outcome, now)
        case Refusal():
            _refused(work, asked, outcome, now)
        case _:
            assert_never(outcome)


def _taken(work: Work, asked: ReversalView, outcome: TakenBack, now: datetime) -> None:
    if outcome.amount_minor != asked.amount_minor:
        raise RailBroken(f"{asked.rail} was asked for {asked.amount_minor} and said {outcome}")
    _finish(work, asked, now, state="taken", rail_reference=outcome.reference)
    _post(work, asked, "taken", postings.reversal_confirmed, now)
    account = people.account(work, asked.owner_id)
    amount = Money(asked.amount_minor, asked.currency)
    text = (
        f"Hello,\n\n{amount} of what you were paid were taken back, for you owed them: after "
        f"refunds, lost disputes or penalties.\n{asked.because}\n\n"
        "See GET /api/v1/payout-reversals, and your statement.\n"
    )
    mails.write_mail(work, account.email if account else "", SUBJECT, text, now)


def _refused(work: Work, asked: ReversalView, why: Refusal, now: datetime) -> None:
    """It is owed as before; what the owner has earned meanwhile pays it first."""
    log.warning("payout not taken back", reversal=asked.id, rail=asked.rail, code=why.code)
    _finish(work, asked, now, state="refused", **told(why))
    source = tables.payout(work, asked.payout_id)
    assert source is not None, asked
    _change(work, source, -asked.amount_minor)
    undone = transfer_id("payout_reversal", asked.id, "refused")
    requested = transfer_id("payout_reversal", asked.id, "requested")
    ledger.reverse(work, requested, undone, why.code, now)
    netting.net_of(work, asked.owner_id, now)


def _finish(work: Work, asked: ReversalView, now: datetime, **values: str) -> None:
    """Compare-and-set: it ends once. Raises PayoutMoved."""
    is_it = REVERSAL.c.id == asked.id, REVERSAL.c.state == "requested"
    if work.execute(update(REVERSAL).where(*is_it).values(finished_at=now, **values)) != 1:
        raise PayoutMoved(asked.id)
    work.record(events.PayoutReversalEnded(asked.id, asked.payout_id, values["state"]))


def _post(
    work: Work,
    asked: ReversalView,
    step: str,
    entries: Callable[[str, int, str], tuple[Entry, ...]],
    now: datetime,
) -> None:
    transfer = Transfer(
        id=transfer_id("payout_reversal", asked.id, step),
        kind=f"payout_reversal_{step}",
        entries=entries(asked.owner_id, asked.amount_minor, asked.currency),
        effective_at=now,
        payout_id=asked.payout_id,
    )
    ledger.post(work, transfer)
