"""What looks at a rail find of pages, accounts, payouts and what cardholders' banks do."""

from dataclasses import dataclass

from chargehub.units import Money


@dataclass(frozen=True, slots=True)
class PageEnded:
    """A page where people enter cards or confirm holds was completed, or has expired."""

    reference: str


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Something about an owner's account at the rail is another."""

    reference: str


@dataclass(frozen=True, slots=True)
class OwnersBankRefused:
    """The bank of an owner sent back what the rail paid it; it is on the owner's account there.

    `account`: the rail's name of that. `detail`: why, in a sentence.
    """

    account: str
    amount: Money
    detail: str


@dataclass(frozen=True, slots=True)
class PayoutReversed:
    """A whole payout of this reference was taken back at the rail, by hand."""

    reference: str
