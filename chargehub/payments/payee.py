"""What a rail promises that opens accounts for owners, by which they are paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from chargehub.payments.rail import Refusal


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
