"""What a rail that tells its own books promises, for comparison with the hub's."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

LineKind = Literal[
    "payment",
    "refund",
    "refund_back",
    "payout",
    "payout_back",
    "destination",
    "destination_fee",
    "dispute",
    "dispute_back",
    "fee",
    "withdrawal",
    "other",
]


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of a rail's own books: one change of what it keeps for the hub.

    `amount_minor` is added to that, less `fee_minor`. `about` is what Held, Captured, Refunded,
    PaidOut or TakenBack named as `reference`; None: nothing the hub has asked for. `refund_back`,
    `payout_back`: sent away, and come back. `withdrawal`: sent to the hub's own bank account.
    `destination`: all of a payment went to an owner's account at its capture, `destination_fee`:
    what is not the owner's came back; `about` is `transfer` and `fee` of Captured.
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


class KeepsBooks(Protocol):
    """A rail that tells every change of what it keeps for the hub, for comparison."""

    def books(self, since: datetime, until: datetime) -> AsyncIterator[Sequence[BookLine]]:
        """The lines booked from `since` up to, not at, `until`, in pieces, in any order.

        Raises RailUnreachable.
        """
        ...
