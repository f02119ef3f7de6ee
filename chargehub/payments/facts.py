"""What looks at a rail find of pages, accounts, payouts and what cardholders' banks do."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from chargehub.errors import Invalid
from chargehub.payments.rail import Refusal
from chargehub.units import Money


@dataclass(frozen=True, slots=True)
class PageEnded:
    """A page where people enter cards or confirm holds was completed, or has expired."""

    reference: str


@dataclass(frozen=True, slots=True)
class MethodGone:
    """A card was detached at the rail, by whomever: nothing can be taken of it any more.

    `reference` ends the rail's name for it, after a slash.
    """

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


CardDisputeState = Literal["inquiry", "needs_response", "under_review", "won", "lost", "closed"]
"""How far a cardholder's bank is. inquiry: it asks, and has taken nothing; closed: it asked, and
is content. needs_response: it waits for evidence; won, lost: it has decided."""


@dataclass(frozen=True, slots=True)
class CardDisputed:
    """A cardholder disputes a charge at the bank; how that stands now.

    `reference`: the rail's name of it. `purpose`: what the charge was for, as it was ordered.
    `reason`: in the rail's words. `is_withdrawn`: the amount was taken from the hub;
    `is_reinstated`: and given back. `is_answered`: evidence was sent. `due_by`: until when it may.
    """

    reference: str
    purpose: str
    amount: Money
    reason: str
    state: CardDisputeState
    due_by: datetime | None
    is_withdrawn: bool
    is_reinstated: bool
    is_answered: bool

    @property
    def is_awaited(self) -> bool:
        """The bank waits for evidence; one that only asks takes it once."""
        return self.state == "needs_response" or (self.state == "inquiry" and not self.is_answered)


class NoticeRefused(Invalid):
    """What was told in a rail's name is not signed by it, or no notice at all."""

    code = "notice_refused"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened at a rail. `id` is the rail's own, the same however often it comes.

    `reference`: the thing it happened to. `account`: whose it is, if not the hub's own.
    """

    id: str
    kind: str
    reference: str
    account: str | None


@dataclass(frozen=True, slots=True)
class HoldGone:
    """The hold of this purpose was let go of, by the rail or by us."""

    purpose: str


@dataclass(frozen=True, slots=True)
class RefundReturned:
    """A refund of what was taken for this purpose did not arrive; the money is the hub's again."""

    purpose: str
    reference: str
    why: Refusal


Fact = (
    HoldGone
    | RefundReturned
    | PageEnded
    | AccountChanged
    | MethodGone
    | OwnersBankRefused
    | PayoutReversed
    | CardDisputed
)


class GivesNotice(Protocol):
    """A rail that tells by itself what happened there."""

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of notices that are worth a look; all others are passed over."""
        ...

    async def read(self, body: bytes, signature: str) -> Notice:
        """A notice as it was sent. Raises NoticeRefused, or what is to be set first."""
        ...

    async def look(self, notice: Notice) -> Fact | None:
        """How the thing stands now; None: nothing that matters. Raises RailUnreachable."""
        ...

    def told(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[Notice]]:
        """All notices worth a look from `since` up to, not at, `until`, in pieces: also those
        that were lost on their way. Raises RailUnreachable."""
        ...
