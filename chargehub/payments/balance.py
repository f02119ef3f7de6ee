"""What a rail itself says that it keeps for the hub, now and soon; when it is enough. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

FUNDS_MISSING: Final = "funds_missing"
"""The code of a refusal to pay out what the rail keeps for the hub, but not yet to be sent."""
PAYEE_NOT_READY: Final = "not_onboarded"
"""The code of a refusal to pay an account that the rail does not pay, or does not pay any more."""


@dataclass(frozen=True, slots=True)
class RailBalance:
    """What a rail keeps of one currency, in minor units.

    `available_minor` can be sent away now and may be negative, `pending_minor` later. `coming`:
    the instants at which some of it comes, and how much; the earliest first, maybe not all of it.
    """

    currency: str
    available_minor: int
    pending_minor: int
    coming: tuple[tuple[datetime, int], ...] = ()

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.available_minor + self.pending_minor


def enough_at(balance: RailBalance | None, amount_minor: int) -> datetime | None:
    """When enough will have come to send this much away; None: that is not known."""
    if balance is None:
        return None
    free_minor = balance.available_minor
    for at, coming_minor in balance.coming:
        free_minor += coming_minor
        if free_minor >= amount_minor:
            return at
    return None


def funds_awaited(at: datetime | None) -> str:
    """Why a payout waits, for its owner. `at`: as `enough_at` says."""
    when = "" if at is None else f", about {at:%Y-%m-%d}"
    return f"It waits until the cards' money has come{when}, and leaves then by itself."


@runtime_checkable
class TellsBalance(Protocol):
    """A rail that can be asked what it keeps for the hub."""

    async def balance(self) -> Sequence[RailBalance]:
        """One for each currency. Raises RailUnreachable, RailBroken."""
        ...
