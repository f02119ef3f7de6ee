"""What can happen to a dispute, as `events.py` has it: plain values, past tense, no rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """A driver disputes what was taken, or an owner claims a damage. One subject is set."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeAnswered:
    """The other side contests a dispute: an operator is to decide."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """A dispute was decided: by the facts, by silence, by one side giving in, or by an operator.

    `awarded_minor` of the disputed amount is for who opened it. It is carried out when nobody can
    appeal any more.
    """

    dispute_id: str
    session_id: str | None
    booking_id: str | None
    awarded_minor: int

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeAppealed:
    """One side does not accept the decision: another operator is to decide, for the last time."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeRefundRequested:
    """What a dispute gives a driver is to be sent back.

    In order with what is told of the captures of the same session or fee.
    """

    refund_id: str
    payment_id: str
    dispute_id: str
    session_id: str | None
    booking_id: str | None

    @property
    def aggregate(self) -> str:
        if self.session_id is not None:
            return f"session:{self.session_id}"
        return f"payment:{self.payment_id}"


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """A dispute is over for good. `refunded_minor` went back to the driver; nothing is frozen."""

    dispute_id: str
    session_id: str | None
    booking_id: str | None
    refunded_minor: int

    @property
    def aggregate(self) -> str:
        return f"dispute:{self.dispute_id}"
