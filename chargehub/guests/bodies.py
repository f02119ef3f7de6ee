"""What guests send and are told: as little as one booking needs."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from chargehub.bookings import deposits, policies
from chargehub.bookings.cancellation import Reason
from chargehub.bookings.cancellation_bodies import CancellationTermsBody
from chargehub.bookings.cancelling import Price
from chargehub.bookings.deposits import Deposit
from chargehub.bookings.overstay_bodies import OverstayBody
from chargehub.bookings.rules import Status, Wanted
from chargehub.bookings.tables import BookingView
from chargehub.disputes.bodies import Text
from chargehub.guests.actions import Confirmed, Wish
from chargehub.guests.pages import GuestPageView
from chargehub.payments.bodies import NewMethodBody
from chargehub.people.bodies import Email
from chargehub.rest.bodies import Body, Instant, MoneyBody
from chargehub.tariffs.quoting import MAX_ENERGY_WH


class GuestRequest(Body):
    """The slot a guest would book, the energy that is needed, and where the link is mailed."""

    email: Email
    evse_id: Annotated[str, Field(min_length=1, max_length=36)]
    starts_at: Instant
    ends_at: Instant
    energy_wh: Annotated[int, Field(ge=1, le=MAX_ENERGY_WH)]

    def wish(self) -> Wish:
        slot = Wanted(self.evse_id, self.starts_at, self.ends_at)
        return Wish(self.email, slot, self.energy_wh)


class GuestConfirmation(Body):
    """How the guest pays; null where nothing is to pay, or where cards are entered on a page.

    `credit_code`: of a credit from an earlier booking as a guest. It is spent before the method.
    """

    payment_method: NewMethodBody | None = None
    credit_code: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class GuestDisputeRequest(Body):
    """What you dispute of your booking, for how much, and why.

    Of a session: energy, price, no_access, overstay or fraud. Of a fee for no session: no_access
    or fraud.
    """

    kind: Literal["energy", "price", "no_access", "overstay", "fraud"]
    amount: MoneyBody
    statement: Text


class GuestDepositBody(Body):
    """To have a deposit that is missing asked for again: of another means of payment, if named."""

    payment_method: NewMethodBody | None = None


class GuestBookingBody(BaseModel):
    """A guest's booking as it stands; the words are those of every booking.

    `requested` until the owner agrees, by `approve_by` at the latest; `held` until `pay_by`, then
    confirmed or gone; `arrive_by`: not there by then is a no-show, which may cost `fee`.
    `deposit_state`: none, later (it is held from `deposit_at` on), asked (of the rail), held, or
    missing: it was refused, and the booking ends at `mend_by` unless it is held by then.
    `cancellation`: until when how much of the deposit goes back. `overstay`: what staying after
    `ends_at` costs; null: nothing.
    """

    id: str
    status: Status
    evse_id: str
    starts_at: datetime
    ends_at: datetime
    arrive_by: datetime
    approve_by: datetime | None
    pay_by: datetime | None
    deposit: MoneyBody | None
    deposit_state: Deposit
    deposit_at: datetime | None
    mend_by: datetime | None
    fee: MoneyBody | None
    cancellation: CancellationTermsBody
    overstay: OverstayBody | None
    tariff_snapshot_id: str

    @classmethod
    def of(cls, booking: BookingView) -> Self:
        def money(amount_minor: int) -> dict[str, Any] | None:
            amount = {"amount_minor": amount_minor, "currency": booking.currency}
            return amount if amount_minor else None

        policy = policies.of_booking(booking)
        terms = {
            "cancellation": CancellationTermsBody.of(policy, booking),
            "overstay": OverstayBody.of(policy.overstay),
        }
        same = ("id", "status", "evse_id", "starts_at", "ends_at", "arrive_by", "approve_by")
        return cls.model_validate(
            {name: getattr(booking, name) for name in (*same, "pay_by", "tariff_snapshot_id")}
            | {"deposit": money(booking.deposit_minor), "fee": money(booking.fee_minor)}
            | deposits.told(booking.deposit_state, booking.starts_at)
            | terms
        )


class GuestCancellationBody(BaseModel):
    """What cancelling costs at this moment: of the deposit `kept` stays and `returned` goes back.

    `free_because`: the price or the station is not what was booked, the station has failed a driver
    since (quality), or another's car blocks it, so the policy does not count.
    """

    kept: MoneyBody
    returned: MoneyBody
    free_because: Reason | None

    @classmethod
    def of(cls, price: Price, currency: str) -> Self:
        kept, returned = price.parting.capture_minor, price.parting.release_minor
        return cls(
            kept=MoneyBody(amount_minor=kept, currency=currency),
            returned=MoneyBody(amount_minor=returned, currency=currency),
            free_because=price.free_because,
        )


class ConfirmedBody(BaseModel):
    """The booking, and the `credential` that sees, cancels and starts it, and nothing else.

    Send it as `Authorization: Bearer …`; keep it as you would a ticket. `page_url`: pay there
    before `page_expires_at`, or the booking ends free of charge; null: nothing is to be done.
    """

    credential: str
    credential_until: datetime
    booking: GuestBookingBody
    page_url: str | None
    page_expires_at: datetime | None

    @classmethod
    def of(cls, confirmed: Confirmed, paid_on: GuestPageView | None) -> Self:
        is_open = paid_on is not None and paid_on.state == "open" and paid_on.url is not None
        return cls(
            credential=confirmed.credential,
            credential_until=confirmed.credential_until,
            booking=GuestBookingBody.of(confirmed.booking),
            page_url=paid_on.url if paid_on and is_open else None,
            page_expires_at=paid_on.until if paid_on and is_open else None,
        )
