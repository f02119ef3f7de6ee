"""A dispute, its room and its evidence as others see them. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chargehub.settlement.contest import Bearer

Kind = Literal["energy", "price", "no_access", "overstay", "fraud", "damage"]
Party = Literal["driver", "owner"]
Status = Literal["open", "contested", "decided", "appealed", "refunding", "closed"]
How = Literal["facts", "silence", "accepted", "withdrawn", "operator", "too_late"]

OPEN: tuple[Status, ...] = ("open", "contested", "decided", "appealed", "refunding")


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A dispute as it stands; the fields of its row. Amounts in minor units."""

    id: str
    kind: Kind
    opened_by: Party
    session_id: str | None
    booking_id: str | None
    station_id: str
    owner_id: str
    driver_id: str
    currency: str
    amount_minor: int
    statement: str
    status: Status
    due_at: datetime | None
    answer: str | None
    how: How | None
    awarded_minor: int
    bearer: Bearer
    reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    appealed_by: Party | None
    appeal: str | None
    refund_id: str | None
    refunded_minor: int
    evidence_sha256: str
    revision: int
    opened_at: datetime
    closed_at: datetime | None

    @property
    def respondent(self) -> Party:
        return "owner" if self.opened_by == "driver" else "driver"

    @property
    def is_about_money_taken(self) -> bool:
        """False for a damage: nothing was taken for it, and nothing is."""
        return self.kind != "damage"

    def account_of(self, party: Party) -> str:
        return self.driver_id if party == "driver" else self.owner_id

    def party(self, account_id: str) -> Party | None:
        """Which side an account is on, or None."""
        if account_id == self.driver_id:
            return "driver"
        return "owner" if account_id == self.owner_id else None


@dataclass(frozen=True, slots=True)
class MessageView:
    """What somebody said in the room of a dispute. `photo_id`: a photo they showed."""

    id: str
    dispute_id: str
    author: Literal["driver", "owner", "operator"]
    text: str
    photo_id: str | None
    said_at: datetime
