"""What a rail promises: the small protocols through which money comes in and goes out.

Orders and outcomes are plain values, the same for every rail. Refusals are values, because the
caller must look at both; only a rail that cannot be reached raises. More that some rails can do
stands in `page`, `books`, `payee` and `facts`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

RAIL_TIMEOUT_S = 60  # longer than any rail's own time-outs and repeats
AUTHENTICATION_REQUIRED = "authentication_required"  # a refusal that a page may overcome
HOLD_ENDED = "hold_expired"  # the code of a refusal to capture a hold that the rail let go of
NO_DESTINATION = "no_destination"  # of a refusal to pay an owner at the capture of a hold


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
    `destination`: the rail's name of the owner's account that a part of it goes to at the capture;
    a rail that cannot pay it so refuses with NO_DESTINATION.
    """

    method: str
    amount_minor: int
    currency: str
    purpose: str
    destination: str | None = None

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class TakeOrder:
    """Authorise and capture at once: the service was given already. Fields as in HoldOrder, but
    that no part of it goes to an owner."""

    method: str
    amount_minor: int
    currency: str
    purpose: str

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """Take this much of a hold; the rail gives the rest of it back to the driver by itself.

    `owner_minor` of it goes to the hold's destination in the same moment; of a hold without one
    it is refused with NO_DESTINATION.
    """

    hold: str
    amount_minor: int
    currency: str
    owner_minor: int = 0

    def __post_init__(self) -> None:
        assert self.amount_minor > 0, self
        assert 0 <= self.owner_minor <= self.amount_minor, self


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
class TakeBackOrder:
    """Take this much of an earlier payout back from its owner. May be asked repeatedly.

    `payout`: what `PaidOut` named as `reference`. `purpose`: what it is for, as in HoldOrder.
    """

    payout: str
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
    """The money is the hub's. Refunds name `reference`.

    Of a hold with a destination `transfer` is what the rail's books call the way of it all to that
    account, and `fee` the way back of what is not the owner's, if anything is not.
    """

    reference: str
    amount_minor: int
    transfer: str | None = None
    fee: str | None = None


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
class TakenBack:
    """So much of a payout is the hub's again. `reference` is the rail's id of this, not of that."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rail will not do it, now or later. `detail` is a sentence for the person concerned."""

    code: str
    detail: str


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
class TakesBack(Protocol):
    """A rail that can take back what it paid an owner. Keys work as in `Collects`."""

    async def take_back(self, order: TakeBackOrder, key: str) -> TakenBack | Refusal:
        """Take the whole amount, or nothing.

        Refused beyond what was paid and not taken back yet, and where the owner does not have so
        much at the rail any more.
        """
        ...

    async def read_taken_back(self, order: TakeBackOrder, key: str) -> TakenBack | Refusal | None:
        """What became of an order that may have been sent before; None as in `Collects`."""
        ...
