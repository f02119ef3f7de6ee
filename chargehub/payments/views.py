"""Means of payment, payments, refunds and payouts as others see them. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MethodView:
    """A means of payment as it stands."""

    id: str
    account_id: str
    rail: str
    reference: str
    label: str
    is_default: bool
    created_at: datetime
    removed_at: datetime | None
    dropped_at: datetime | None = None
    expires_at: datetime | None = None
    expiry_told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment as it stands; see the row."""

    id: str
    driver_id: str | None
    booking_id: str | None
    session_id: str | None
    rail: str
    method: str
    currency: str
    hold_minor: int
    capturable_minor: int
    ask_minor: int
    captured_minor: int
    refunded_minor: int
    cdr_id: str | None
    due_minor: int
    state: str
    wish: str | None
    rail_reference: str | None
    expires_at: datetime | None
    renew_at: datetime | None
    renews: str | None
    refusal_code: str | None
    refusal_detail: str | None
    revision: int
    created_at: datetime
    changed_at: datetime
    credit_minor: int = 0
    destination: str | None = None
    owner_minor: int | None = None
    rail_transfer: str | None = None
    rail_fee: str | None = None

    @property
    def purpose(self) -> str:
        """What the rail is told the money is for; the same for all orders of a payment."""
        return f"payment:{self.id}"


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund as it stands."""

    id: str
    payment_id: str
    amount_minor: int
    currency: str
    state: str
    rail_reference: str | None
    refusal_code: str | None
    refusal_detail: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutView:
    """A payout as it stands."""

    id: str
    owner_id: str
    rail: str
    destination: str
    currency: str
    amount_minor: int
    token_units: int | None
    token_price: str | None
    state: str
    rail_reference: str | None
    refusal_code: str | None
    refusal_detail: str | None
    requested_at: datetime
    finished_at: datetime | None
    look_at: datetime | None = None
    reversed_minor: int = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """How an owner wants to be paid. `pays_in` None: in the currency of the balance."""

    owner_id: str
    rail: str
    destination: str
    pays_in: str | None
    chosen_at: datetime
