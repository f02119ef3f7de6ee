"""What a rail with pages of its own promises: there people enter cards, or confirm holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from chargehub.payments.rail import Held, Refusal


@dataclass(frozen=True, slots=True)
class SetUpPageOrder:
    """Have an account's holder enter a card, to be kept for later; nothing is held or taken.

    `back_url`: where the page leads when it is done with, or given up.
    """

    account_id: str
    email: str
    back_url: str


@dataclass(frozen=True, slots=True)
class HoldPageOrder:
    """Have somebody confirm a hold in person: at the bank, or with a card entered for this alone.

    `account_id` None: nobody we know, whose card is not kept. `email` None: the page asks nobody.
    Amount, currency and purpose as in HoldOrder.
    """

    account_id: str | None
    email: str | None
    amount_minor: int
    currency: str
    purpose: str
    back_url: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


PageOrder = SetUpPageOrder | HoldPageOrder


@dataclass(frozen=True, slots=True)
class PageOpen:
    """A page of the rail's where a person does what was asked; `url` leads there, once.

    `reference` is the rail's id of it. After `expires_at` it cannot be completed any more.
    """

    reference: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PageDone:
    """It was completed. `method` is the card that is kept for the account, by the rail's name and
    as its holder knows it; None: none is kept. `held`: what is held, if that was asked for.
    `expires_at`: from when on the card is over; None: the rail does not say."""

    method: str | None
    label: str | None
    held: Held | None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PageExpired:
    """Nobody completed it, and nobody can any more; nothing is held."""


PageState = PageOpen | PageDone | PageExpired


@runtime_checkable
class HasPages(Protocol):
    """A rail where people enter cards, or confirm holds, on pages of its own. Keys as above.

    Nothing needs reading back: the same key opens the same page, and a page whose opening nobody
    heard of expires by itself, with nothing held.
    """

    enters_cards: bool
    """True: what people pay with is entered on its pages alone, and named by nobody."""

    async def open_page(self, order: PageOrder, key: str) -> PageOpen | Refusal:
        """Open a page. Raises RailUnreachable."""
        ...

    async def read_page(self, reference: str) -> PageState:
        """What became of a page. Done and expired are final. Raises RailUnreachable."""
        ...

    async def close_page(self, reference: str) -> PageState:
        """Let nobody complete a page any more: expired then, unless it was done before."""
        ...

    async def forget_method(self, method: str) -> None:
        """Keep a card no more; again, or one it never kept, changes nothing."""
        ...

    async def forget_payer(self, account_id: str) -> None:
        """Keep nothing of an account any more, its cards included; again changes nothing."""
        ...


LOOK_EVERY = timedelta(minutes=2)  # at a page that somebody may have completed and left
LOOK_LATEST = timedelta(minutes=30)


def look_at(unanswered: int, now: datetime) -> datetime:
    """When to look at a page again: later each time, while the rail answers none of the looks."""
    return now + min(LOOK_EVERY * (1 << min(unanswered, 10)), LOOK_LATEST)
