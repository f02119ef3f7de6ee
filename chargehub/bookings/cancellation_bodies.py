"""Until when cancelling costs how much, as it is told over REST before booking and after."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from chargehub.bookings.cancellation import Booked, deadlines
from chargehub.bookings.rules import Cancellation, Policy
from chargehub.rest.bodies import MoneyBody
from chargehub.units import Money


class CancellationTermsBody(BaseModel):
    """What of the deposit is kept if the driver cancels.

    Nothing until `free_until`, then `half_kept` until `half_until`, then `kept_after`. Null: that
    time is over when the booking is made, or the policy has none. Before a booking is confirmed,
    and where the owner changed or broke what was booked, nothing is kept at any time.
    """

    policy: Cancellation
    free_until: datetime | None
    half_until: datetime | None
    half_kept: MoneyBody
    kept_after: MoneyBody

    @classmethod
    def of(cls, policy: Policy, booking: Booked) -> Self:
        found = deadlines(policy, booking)
        return cls(
            policy=policy.cancellation,
            free_until=found.free_until,
            half_until=found.half_until,
            half_kept=MoneyBody.of(Money(found.half_minor, booking.currency)),
            kept_after=MoneyBody.of(Money(found.late_minor, booking.currency)),
        )
