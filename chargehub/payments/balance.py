"""What a rail itself says that it keeps for the hub, now and soon. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


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


@runtime_checkable
class TellsBalance(Protocol):
    """A rail that can be asked what it keeps for the hub."""

    async def balance(self) -> Sequence[RailBalance]:
        """One for each currency. Raises RailUnreachable, RailBroken."""
        ...
