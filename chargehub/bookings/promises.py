"""What the hub promises to drivers whose booking a station or a stranger spoils. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from chargehub.tariffs.pricing import coins
from chargehub.units import minor


@dataclass(frozen=True, slots=True)
class Promises:
    """What an operator sets of the day of a booking.

    `start_fails_within`: a session that ends so soon, without energy and by the station's fault,
    has failed; a station that says for so long that it is out of order fails who booked it.
    `credit` in coins of about a euro; a driver gets `credits_in_30_days` at most, and one for each
    station, and the stations of one owner bring `credits_of_owner_in_30_days` at most: accounts
    cost nothing, so who fails drivers of their own would else draw without end. For the same
    reason what an owner's stations cost the hub in credits within a year is bound by what the hub
    has of their sessions, and `owner_start` (coins) for the time before there are any. So many
    `owner_cancels` of a station in 30 days have it `delisted` so long; 0: never.
    `address_before`: how long before a slot its driver is told the address.
    Source: design page of the market, section 1.1.
    """

    start_fails_within: timedelta = timedelta(minutes=2)
    credit: Decimal = Decimal(5)
    credits_in_30_days: int = 3
    credits_of_owner_in_30_days: int = 10
    owner_start: Decimal = Decimal(20)
    owner_cancels: int = 3
    delisted: timedelta = timedelta(days=7)
    address_before: timedelta = timedelta(hours=1)

    def credit_minor(self, currency: str) -> int:
        """The credit in minor units of a currency."""
        return minor(self.credit * coins(currency), currency)

    def owner_start_minor(self, currency: str) -> int:
        """The same of an owner's start, in minor units."""
        return minor(self.owner_start * coins(currency), currency)


PROMISES = Promises()
