"""What REST takes and gives for payments and payouts."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.payments.confirmations import HoldPage
from chargehub.payments.views import MethodView, PaymentView, Preference
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.units import Money

RailName = Annotated[str, Field(min_length=1, max_length=20)]
RailReference = Annotated[str, Field(min_length=1, max_length=200)]


class NewMethodBody(Body):
    """A means of payment as its rail names it; no card number ever comes here.

    On the rail `sandbox` the reference says what it does: `ok`, `refuse`, `confirm` (on
    a page), `refuse_capture`, `fixed` (holds that do not grow), `limit:<minor units>`,
    `lasts:<minutes>`, `flaky`, `slow`.
    On the rail `prepaid` it is `balance`: what you paid in by POST /top-ups.
    """

    rail: RailName
    reference: RailReference
    is_default: bool = True


class MethodBody(BaseModel):
    """A means of payment. `is_default`: it is what is paid with. `expires_at`: from when on the
    card is over; null: its rail does not say."""

    id: str
    rail: str
    label: str
    is_default: bool
    created_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, method: MethodView) -> Self:
        return cls.model_validate(method, from_attributes=True)


class RefusalBody(BaseModel):
    """What a rail answered instead of doing it."""

    code: str
    detail: str

    @classmethod
    def of(cls, code: str | None, detail: str | None) -> Self | None:
        return None if code is None else cls(code=code, detail=detail or "")


class ConfirmBody(BaseModel):
    """A page on which a payer confirms a hold to the bank, and until when."""

    url: str
    until: datetime


class PaymentBody(BaseModel):
    """A payment of a booking or session: `due` is the cost it answers for, once that is known.

    `state`: requested, authorised, refused, capture_requested, captured, release_requested,
    released, failed. `expires_at`: when the rail lets go of the hold; null: it does not say.
    `confirm`: open its `url` in a browser and confirm by `until`; null: nothing is to be confirmed.
    """

    id: str
    booking_id: str | None
    session_id: str | None
    cdr_id: str | None
    rail: str
    state: str
    hold: MoneyBody
    due: MoneyBody
    credit: MoneyBody
    captured: MoneyBody
    refunded: MoneyBody
    refusal: RefusalBody | None
    confirm: ConfirmBody | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, payment: PaymentView, page: HoldPage | None = None) -> Self:
        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, payment.currency))

        return cls(
            id=payment.id,
            booking_id=payment.booking_id,
            session_id=payment.session_id,
            cdr_id=payment.cdr_id,
            rail=payment.rail,
            state=payment.state,
            hold=money(payment.hold_minor),
            due=money(payment.due_minor),
            credit=money(payment.credit_minor),
            captured=money(payment.captured_minor),
            refunded=money(payment.refunded_minor),
            refusal=RefusalBody.of(payment.refusal_code, payment.refusal_detail),
            confirm=ConfirmBody(url=page.url, until=page.until) if page and page.url else None,
            expires_at=payment.expires_at,
            created_at=payment.created_at,
        )


class PreferenceWish(Body):
    """The rail to be paid by; without a destination the rail's usual one for this account."""

    rail: RailName
    destination: RailReference | None = None


class PreferenceBody(BaseModel):
    """How the account is paid. On a token rail `token_price` is EUR for one token now, as text.

    `withheld`: why nothing is paid out for now, as a sentence that says what to do.
    """

    rail: str
    destination: str
    pays_in: str | None
    token_price: str | None
    chosen_at: datetime
    withheld: str | None

    @classmethod
    def of(cls, place: Preference, token_price: str, withheld: str | None) -> Self:
        return cls(
            rail=place.rail,
            destination=place.destination,
            pays_in=place.pays_in,
            token_price=token_price if place.pays_in else None,
            chosen_at=place.chosen_at,
            withheld=withheld,
        )
