"""Another end of a booking over REST: as it is asked for, and what it means."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from chargehub.bookings.extending import NewEnd
from chargehub.rest.bodies import Body, Instant, MoneyBody
from chargehub.units import Money


class EndRequest(Body):
    """When the slot is to end."""

    ends_at: Instant


class EndQuote(BaseModel):
    """What another end means: `deposit` is held then, `deposit_change` more of it than now.

    `expected`: what the whole slot comes to with full power; `expected_change` more than now.
    """

    ends_at: datetime
    deposit: MoneyBody
    deposit_change: MoneyBody
    expected: MoneyBody
    expected_change: MoneyBody

    @classmethod
    def of(cls, new: NewEnd) -> Self:
        booking = new.booking

        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, booking.currency))

        return cls(
            ends_at=new.ends_at,
            deposit=money(new.deposit_minor),
            deposit_change=money(new.deposit_minor - booking.deposit_minor),
            expected=money(new.expected_minor),
            expected_change=money(new.expected_minor - booking.expected_minor),
        )
