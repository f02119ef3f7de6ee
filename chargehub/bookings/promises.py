"""What the hub promises to drivers whose booking a station or a stranger spoils. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Promises:
    """What an operator sets of the day of a booking.

    `start_fails_within`: a session that ends so soon, without energy and by the station's fault,
    has failed; a station that says for so long that it is out of order fails who booked it.
    """

    start_fails_within: timedelta = timedelta(minutes=2)


PROMISES = Promises()
