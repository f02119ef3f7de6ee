"""What a rail promises: the small protocols through which money comes in and goes out.

Orders and outcomes are plain values, the same for every rail. Refusals are values, because the
caller must look at both; only a rail that cannot be reached raises. What a rail tells by itself
is a notice, a hint to look; what the look finds is a fact.
"""

from collections.abc import (
    AsyncIterator,
    Collection,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from chargehub.errors import Invalid
from chargehub.payments.facts import (
    AccountChanged,
    CardDisputed,
    MethodGone,
    OwnersBankRefused,
    PageEnded,
    PayoutReversed,
)

RAIL_TIMEOUT_S = 60  # longer than any rail's own time-outs and repeats
AUTHENTICATION_REQUIRED = "authentication_required"  # a refusal that a page may overcome
HOLD_ENDED = "hold_expired"  # the code of a refusal to capture a hold that the rail let go of


class RailUnreachable(Exception):
    """The rail gave no answer, so nobody knows whether the order was carried out. Ask again."""


class KeyReused(Exception):
    """An idempotency key came back with another order. The program is wrong."""


class RailBroken(Exception):
    """A rail gave an answer that this protocol forbids, such as capturing more than was asked."""


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """Keep this much of a driver's money, to be captured or released later.

    `method` is the rail's own name for the driver's means of payment. `purpose` names the booking
    or session ("session:<id>"); all orders of one purpose are found together at the rail.
    """

    method: str
    amount_minor: int
    currency: str
    purpose: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """Authorise and capture at once: the service was given already. Fields as in HoldOrder."""

    method: str
    amount_minor: int
    currency: str
    purpose: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """Take this much of a hold; the rail gives the rest of it back to the driver by itself."""

    hold: str
    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class IncreaseOrder:
    """Have a hold keep at least this much in all, so that more can be captured."""

    hold: str
    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """Give a whole hold back; nothing is taken."""

    hold: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Give back this much of what was captured of a hold, or taken. May be asked repeatedly."""

    hold: str
    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Send this much to an owner. `destination` is the rail's own name for where to.

    For a rail that pays in tokens the currency is the token's and the amount its base units.
    """

    destination: str
    amount_minor: int
    currency: str
    purpose: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class Held:
    """The money is kept. `reference` is the rail's id, for capture, release and refund.

    `capturable_minor` is the most that may be captured: the amount, or more where the rail says
    so for this very hold. `expires_at` is when the rail lets go of it; None: it does not say.
    """

    reference: str
    amount_minor: int
    capturable_minor: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Captured:
    """The money is the hub's. Refunds name `reference`."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Released:
    """Nothing of the hold is kept any more."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """The money is on its way back to the driver."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    """The money, or the tokens, are with the owner."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rail will not do it, now or later. `detail` is a sentence for the person concerned."""

    code: str
    detail: str


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


@dataclass(frozen=True, slots=True)
class AccountOrder:
    """An account at the rail for an owner in this country (two letters of ISO 3166)."""

    owner_id: str
    email: str
    country: str


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Where an owner tells the rail what it requires; it works once, before `expires_at`."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccountState:
    """How an owner's account stands at the rail. `is_ready`: it can be paid to.

    `due`: the rail's codes of what it wants to know, `due_by`: until when; None: it says none.
    """

    is_ready: bool
    is_rejected: bool
    due: tuple[str, ...]
    due_by: datetime | None


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
LineKind = Literal[
    "payment",
    "refund",
    "refund_back",
    "payout",
    "payout_back",
    "dispute",
    "dispute_back",
    "fee",
    "withdrawal",
    "other",
]


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of a rail's own books: one change of what it keeps for the hub.

    `amount_minor` is added to that, less `fee_minor`. `about` is what Held, Captured, Refunded or
    PaidOut named as `reference`; None: nothing the hub has asked for. `refund_back`,
    `payout_back`: sent away, and come back. `withdrawal`: sent to the hub's own bank account.
    `dispute`: a cardholder's bank took it, `dispute_back`: and gave it back. From `available_at`
    on it can be sent away.
    """

    reference: str
    kind: LineKind
    about: str | None
    amount_minor: int
    fee_minor: int
    currency: str
    booked_at: datetime
    available_at: datetime

    @property
    def net_minor(self) -> int:
        """By how much the balance changes."""
        return self.amount_minor - self.fee_minor


CollectOrder = HoldOrder | TakeOrder | CaptureOrder | ReleaseOrder | RefundOrder
CollectOutcome = Held | Captured | Released | Refunded | Refusal


class Collects(Protocol):
    """A rail that brings drivers' money in.

    Of every call that takes a `key`: the same key with the same order gives the same outcome and
    moves the money once, also after a crash on either side; with another order it raises
    KeyReused. RailUnreachable means that nothing is known; the caller reads back, then repeats.
    """

    async def describe(self, method: str) -> str | Refusal:
        """How the driver knows this means of payment ("Visa •••• 4242"), or why it is unfit."""
        ...

    async def authorise(self, order: HoldOrder, key: str) -> Held | Refusal:
        """Keep the whole amount, or nothing."""
        ...

    async def take(self, order: TakeOrder, key: str) -> Captured | Refusal:
        """Take the whole amount, or nothing."""
        ...

    async def capture(self, order: CaptureOrder, key: str) -> Captured | Refusal:
        """Take up to `capturable_minor` of a hold. A hold is captured or released once."""
        ...

    async def release(self, order: ReleaseOrder, key: str) -> Released | Refusal:
        """Give a hold back. Refused if it was captured or released under another key."""
        ...

    async def refund(self, order: RefundOrder, key: str) -> Refunded | Refusal:
        """Give back captured money. Refused beyond what was captured and not yet refunded."""
        ...

    async def read_back(self, order: CollectOrder, key: str) -> CollectOutcome | None:
        """What became of an order that may have been sent before.

        None: nothing is known, or sending it again under this key is known to be safe. A rail
        that forgets keys (Stripe after 24 hours) looks for the order's traces instead.
        """
        ...


@runtime_checkable
class NamesMethods(Protocol):
    """A rail on which what accounts pay with is their own by its very name."""

    def method_of(self, account_id: str, wanted: str) -> str | Refusal:
        """The rail's name for what this account pays with, given what its holder calls it."""
        ...


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


class KeepsBooks(Protocol):
    """A rail that tells every change of what it keeps for the hub, for comparison."""

    def books(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[BookLine]]:
        """The lines booked from `since` up to, not at, `until`, in pieces, in any order.

        Raises RailUnreachable.
        """
        ...


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


@runtime_checkable
class GrowsHolds(Protocol):
    """A rail whose holds can grow; whether this one may, its card and the bank say each time."""

    async def increase(self, order: IncreaseOrder, key: str) -> Held | Refusal:
        """The hold as it is then; one that keeps as much already is left as it is.

        A refusal leaves the hold as it was. Nothing needs reading back, also after a crash: an
        increase that was carried out is not carried out again. Raises RailUnreachable, KeyReused.
        """
        ...


class PaysOut(Protocol):
    """A rail that sends owners their money. Keys work as in `Collects`."""

    pays_in: str | None
    """The asset of all its payouts; None: whatever currency the owner's balance is in."""

    async def destination(self, owner_id: str, wanted: str | None) -> str | Refusal:
        """The rail's name for where this owner is paid, given the owner's wish, if any."""
        ...

    async def pay_out(self, order: PayoutOrder, key: str) -> PaidOut | Refusal:
        """Send the whole amount, or nothing."""
        ...

    async def read_back(self, order: PayoutOrder, key: str) -> PaidOut | Refusal | None:
        """What became of a payout that may have been sent before; None as in `Collects`."""
        ...


@runtime_checkable
class TellsReturns(Protocol):
    """A rail that can be asked whether what it paid came back, as from a bank that refused."""

    async def returned(self, reference: str) -> Refusal | None:
        """Why the payout with this reference came back; None: it has not, as far as is known.

        The same answer from then on. Raises RailUnreachable.
        """
        ...


@runtime_checkable
class Onboards(Protocol):
    """A rail at which owners have accounts of their own. Keys as in `Collects`; all raise
    RailUnreachable."""

    async def open_account(self, order: AccountOrder, key: str) -> str | Refusal:
        """Open an account; the rail's name of it."""
        ...

    async def link_account(
        self, reference: str, refresh_url: str, return_url: str
    ) -> AccountLink | Refusal:
        """A fresh link for its owner. `refresh_url`: where a link that is over leads."""
        ...

    async def read_account(self, reference: str) -> AccountState | Refusal:
        """How an account stands now."""
        ...


@dataclass(frozen=True, slots=True)
class Rails:
    """Every rail of this hub by the name people choose it by, built once at the start."""

    collecting: Mapping[str, Collects]
    paying_out: Mapping[str, PaysOut]
    books: Mapping[str, KeepsBooks]
    notices: Mapping[str, GivesNotice] = field(default_factory=dict)
