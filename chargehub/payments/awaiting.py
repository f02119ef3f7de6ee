"""Why owners' matured balances have not left yet, and when they will."""

from dataclasses import dataclass
from datetime import datetime

from chargehub.payments import due, payees, plans, rules, tables, withheld
from chargehub.payments.payees import PayoutAccountView
from chargehub.payments.plan import Plan
from chargehub.payments.required import sentences
from chargehub.people import tables as people
from chargehub.store.work import Reads
from chargehub.units import Money

SHORTLY = "It is due, and leaves shortly."
ON_ITS_WAY = "An earlier payout is still on its way; this follows."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A matured balance that is not on its way. `blocked`: what the owner must wait for or do, as
    sentences; `planned`: why the owner's own plan keeps it until `next_at`, if it does."""

    amount: Money
    blocked: tuple[str, ...]
    planned: str | None
    next_at: datetime | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """All of it, never nothing."""
        planned = () if self.planned is None else (self.planned,)
        return (*self.blocked, *planned) or (SHORTLY,)


def waiting(
    reads: Reads, owner_id: str, now: datetime, of_rail: str | None = None
) -> tuple[Waiting, ...]:
    """An owner's matured balances that have not left yet, and why. `of_rail`: why the rail that
    was chosen does not pay this owner now, if it does not."""
    kept = withheld.why(reads, owner_id)
    beside = tuple(reason for reason in (kept, of_rail) if reason is not None)
    mine, found = plans.plan(reads, owner_id), []
    for balance in due.payable(reads, owner_id):
        earlier = due.newest_payout(reads, owner_id, balance.currency, "requested")
        if earlier is not None:
            why = (ON_ITS_WAY, *filter(None, (earlier.refusal_detail,)))
            found.append(Waiting(balance, why, None, None))
            continue
        blocked = (*beside, *_blocked(reads, owner_id, balance, now))
        planned, next_at = _planned(mine, balance, now)
        found.append(Waiting(balance, blocked, planned, None if blocked else next_at))
    return tuple(found)


def _blocked(reads: Reads, owner_id: str, balance: Money, now: datetime) -> tuple[str, ...]:
    account = people.account(reads, owner_id)
    is_verified = account is not None and account.is_verified
    place = tables.preference(reads, owner_id)
    refused = due.failed_in_a_row(reads, owner_id, balance.currency)
    payee = payees.of_owner(reads, owner_id)
    unready = None if payee is None else _until_ready(payee)
    found = rules.why_waiting(balance, is_verified, place, refused, now, unready)
    if payee is None or place is None or payee.is_ready or unready is None:
        return found
    is_there = (place.rail, place.destination) == (payee.rail, payee.reference)
    return (unready, *found) if is_there else found


def _until_ready(payee: PayoutAccountView) -> str:
    """Why an owner without another choice waits for an account at a rail."""
    if payee.is_rejected:
        return f"{payee.rail} rejected your account. Choose another rail, or ask {payee.rail}."
    if not payee.due:
        return f"{payee.rail} checks what you told it. Nothing is to be done by you for now."
    wanted = " ".join(sentences(payee.due))
    return f"{payee.rail} needs more: {wanted} Ask for a link: POST /api/v1/payout-accounts/links."


def _planned(
    mine: Plan | None, balance: Money, now: datetime
) -> tuple[str | None, datetime | None]:
    if mine is None:
        return None, None
    least = mine.minimum
    is_small = least is not None and least.currency == balance.currency
    if least is not None and is_small and balance.amount_minor < least.amount_minor:
        return f"You want to be paid from {least} on.", None
    if mine.schedule == "at_once" or (mine.next_at is not None and mine.next_at <= now):
        return None, None
    when = "" if mine.next_at is None else f", next on {mine.next_at:%Y-%m-%d}"
    return f"You are paid {mine.words}{when}.", mine.next_at
