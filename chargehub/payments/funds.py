"""What drivers have prepaid: how much it may be, what moves it in the ledger, refusals. Pure.

It is money that a driver paid in, and may have back; goodwill of the hub's is `credits.py`. It
stands on driver:prepaid; what a hold keeps, or is on its way back, on driver:prepaid_held. Until
it is spent the money itself lies with the rail that it came by (psp:pending): to spend it takes
it out there, and the settlement of what was bought puts it in again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from chargehub.errors import Conflict, Invalid, NotFound
from chargehub.ledger.rules import Entry, moved
from chargehub.payments.rules import payable_step
from chargehub.tariffs.pricing import coins
from chargehub.units import CURRENCIES, Money, minor

RAIL = "prepaid"
OWN = "balance"  # what drivers call it when they add it as a means of payment
SOURCE = "psp:pending"
MOST = Decimal(150)  # in coins of about a euro
LEAST = Decimal(5)  # less is eaten by the fee of the card
DAY, NEW = timedelta(days=1), timedelta(days=30)

RECEIVABLE = "driver:receivable"
BAD_DEBT = "expense:bad_debt"

Change = Literal["top_up", "payback", "spent", "returned", "charged_back"]


class TopUpRefused(Invalid):
    """An amount that cannot be paid in, or a means of payment that nothing can be paid in by."""

    code = "top_up_refused"


class TopUpUnderWay(Conflict):
    """One top-up of a currency at a time, so that its balance stays within the limit."""

    code = "top_up_under_way"


class NothingPrepaid(Conflict):
    """More is asked back than there is, or nothing can go back now."""

    code = "nothing_prepaid"


class NoSuchTopUp(NotFound):
    """There is no such top-up, or it is somebody else's."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of a top-up that a bank took back for good: what was kept of the balance, what
    was there besides, and what is gone and owed."""

    frozen: Money
    available: Money
    owed: Money


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be prepaid with the hub, in coins of about a euro; `most` 0: nothing.

    `daily`: topped up within a day; `new_daily`: by an account in its first 30 days.
    """

    most: Decimal = MOST
    least: Decimal = LEAST
    daily: Decimal = MOST
    new_daily: Decimal = MOST

    def check_day(self, wanted: Money, earlier: Iterable[Money], *, is_new: bool) -> None:
        """May this much be added to what was topped up within a day, in whatever currencies?

        Raises TopUpRefused, saying how much may.
        """
        bound = min(self.daily, self.new_daily) if is_new else self.daily
        used = sum((_coins(one) for one in earlier), Decimal())
        if used + _coins(wanted) <= bound:
            return
        currency = wanted.currency
        left = minor(max(Decimal(), bound - used) * coins(currency), currency)
        room = Money(left - left % payable_step(currency), currency)
        why = " as your account is new" if is_new and self.new_daily < self.daily else ""
        raise TopUpRefused(
            f"You can top up by {room} more within this day{why}. Come back tomorrow for the"
            " rest, or pay your sessions by card."
        )

    def check(self, wanted: Money, has_minor: int) -> None:
        """May this much be added to what there is? Raises TopUpRefused, saying how much may."""
        currency = wanted.currency
        if currency not in CURRENCIES:
            raise TopUpRefused("Top up in a currency of money, such as EUR.")
        step = payable_step(currency)
        if wanted.amount_minor % step:
            raise TopUpRefused(f"Top up in steps of {Money(step, currency)}; less cannot be paid.")
        most = Money(minor(self.most * coins(currency), currency), currency)
        least = Money(minor(self.least * coins(currency), currency), currency)
        room = Money(max(0, most.amount_minor - has_minor), currency)
        if room.amount_minor < least.amount_minor:
            raise TopUpRefused(
                f"At most {most} can be prepaid, and you have {Money(has_minor, currency)}. Pay"
                " your sessions from it first, or by card."
            )
        if not least.amount_minor <= wanted.amount_minor <= room.amount_minor:
            raise TopUpRefused(f"Top up by {least} to {room}.")


def _coins(amount: Money) -> Decimal:
    return Decimal(amount.amount_minor) / minor(coins(amount.currency), amount.currency)


def available_account(account_id: str) -> str:
    """Where what a driver can spend stands in the ledger."""
    return f"driver:prepaid:{account_id}"


def held_account(account_id: str) -> str:
    """Where what is held of it stands."""
    return f"driver:prepaid_held:{account_id}"


def paid_in(account_id: str, amount: Money) -> tuple[Entry, ...]:
    """A rail took it; the hub owes it. Source: money.md 1.4, "Prepaid top-up"."""
    return moved(amount.amount_minor, amount.currency, SOURCE, available_account(account_id))


def set_aside(account_id: str, amount: Money) -> tuple[Entry, ...]:
    """A part cannot be spent on anything else any more."""
    held, available = held_account(account_id), available_account(account_id)
    return moved(amount.amount_minor, amount.currency, available, held)


def free_again(account_id: str, amount: Money) -> tuple[Entry, ...]:
    """What was set aside can be spent again."""
    held, available = held_account(account_id), available_account(account_id)
    return moved(amount.amount_minor, amount.currency, held, available)


def left(account_id: str, amount: Money) -> tuple[Entry, ...]:
    """What was set aside is the driver's no more: it was spent, or paid back."""
    return moved(amount.amount_minor, amount.currency, held_account(account_id), SOURCE)


def spent(account_id: str, amount: Money) -> tuple[Entry, ...]:
    """Spent without having been set aside."""
    return moved(amount.amount_minor, amount.currency, available_account(account_id), SOURCE)


def returned(account_id: str, amount: Money) -> tuple[Entry, ...]:
    """What was spent goes back to the balance."""
    return moved(amount.amount_minor, amount.currency, SOURCE, available_account(account_id))


def charged_back(account_id: str, lost: Lost) -> tuple[Entry, ...]:
    """A bank took a top-up back for good: the hub owes so much less, and is owed the rest.

    Source: money.md 1.4, the rows of disputes and of what no hold covers.
    """
    parts = {
        held_account(account_id): lost.frozen,
        available_account(account_id): lost.available,
        f"{RECEIVABLE}:{account_id}": lost.owed,
    }
    return tuple(
        entry
        for account, part in parts.items()
        if part.amount_minor
        for entry in moved(part.amount_minor, part.currency, account, SOURCE)
    )


def written_off(account_id: str, owed: Money) -> tuple[Entry, ...]:
    """Nobody counts on it any more: the hub's loss."""
    return moved(owed.amount_minor, owed.currency, BAD_DEBT, f"{RECEIVABLE}:{account_id}")


def recovered(account_id: str, paid: Money) -> tuple[Entry, ...]:
    """What was written off is owed again, for it is being paid."""
    return moved(paid.amount_minor, paid.currency, f"{RECEIVABLE}:{account_id}", BAD_DEBT)


def debt_paid(account_id: str, paid: Money, beyond: Money) -> tuple[Entry, ...]:
    """A driver pays what is owed. `beyond`: paid, but not owed any more; an operator must say."""
    parts = {f"{RECEIVABLE}:{account_id}": paid, "psp:suspense": beyond}
    return tuple(
        entry
        for account, part in parts.items()
        if part.amount_minor
        for entry in moved(part.amount_minor, part.currency, SOURCE, account)
    )
