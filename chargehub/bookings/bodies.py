"""What people are told of a booking over REST."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from chargehub.bookings import deposits, policies
from chargehub.bookings.cancellation_bodies import CancellationTermsBody
from chargehub.bookings.deposits import Deposit
from chargehub.bookings.overstay_bodies import OverstayBody
from chargehub.bookings.rules import Status
from chargehub.bookings.tables import BookingView
from chargehub.rest.bodies import MoneyBody


class ConfirmDepositBody(BaseModel):
    """A page on which the driver confirms the deposit to the bank, and until when."""

    url: str
    until: datetime


class BookingBody(BaseModel):
    """A booking as it stands.

    `requested` until the owner agrees, by `approve_by` at the latest; `held` until `pay_by`, then
    confirmed or gone; `arrive_by`: not there by then is a no-show.
    `deposit` null: nothing is held. `deposit_state`: none, later (it is held from `deposit_at`
    on), asked (of the rail), held, or missing: it was refused, and the booking ends at `mend_by`
    unless it is held by then. `is_reserved`: the station itself keeps the EVSE. Of the id
    token the last characters are shown. `policy_version`: which of the station's policies counts
    for it, 0 for none. `fee` was kept of the deposit, `penalty` is what the owner owes for
    cancelling. `cancellation`: until when the driver gets back how much of the deposit.
    `confirm`: the bank asks the driver, who reads here where to answer.
    `overstay`: what staying after `ends_at` costs; null: nothing.
    """

    id: str
    status: Status
    evse_id: str
    station_id: str
    starts_at: datetime
    ends_at: datetime
    arrive_by: datetime
    approve_by: datetime | None
    pay_by: datetime | None
    deposit: MoneyBody | None
    deposit_state: Deposit
    deposit_at: datetime | None
    mend_by: datetime | None
    confirm: ConfirmDepositBody | None = None
    fee: MoneyBody | None
    penalty: MoneyBody | None
    policy_version: int
    cancellation: CancellationTermsBody
    overstay: OverstayBody | None
    tariff_snapshot_id: str
    id_token: str
    is_reserved: bool
    session_id: str | None
    cancelled_by: Literal["driver", "owner", "operator"] | None
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, booking: BookingView) -> Self:
        def money(amount_minor: int) -> dict[str, Any] | None:
            amount = {"amount_minor": amount_minor, "currency": booking.currency}
            return amount if amount_minor else None

        policy = policies.of_booking(booking)
        return cls.model_validate(
            {
                "id": booking.id,
                "status": booking.status,
                "evse_id": booking.evse_id,
                "station_id": booking.station_id,
                "starts_at": booking.starts_at,
                "ends_at": booking.ends_at,
                "arrive_by": booking.arrive_by,
                "approve_by": booking.approve_by,
                "pay_by": booking.pay_by,
                "deposit": money(booking.deposit_minor),
                **deposits.told(booking.deposit_state, booking.starts_at),
                "fee": money(booking.fee_minor),
                "penalty": money(booking.penalty_minor),
                "policy_version": booking.policy_version,
                "cancellation": CancellationTermsBody.of(policy, booking),
                "overstay": OverstayBody.of(policy.overstay),
                "tariff_snapshot_id": booking.tariff_snapshot_id,
                "id_token": f"…{booking.id_token[-4:]}",
                "is_reserved": booking.reservation == "made",
                "session_id": booking.session_id,
                "cancelled_by": booking.cancelled_by,
                "created_at": booking.created_at,
                "ended_at": booking.ended_at,
            }
        )
