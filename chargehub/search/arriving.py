"""Who may know exactly where a booked station stands, and how to get in; and when. Pure."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

from chargehub.bookings.rules import Status
from chargehub.people.rules import Actor
from chargehub.units import Span

Role = Literal["driver", "owner", "operator"]
# A booking that is only held is not paid for, and one that is over by anything but its use opens
# no door.
_OPENS_THE_DOOR: tuple[Status, ...] = ("confirmed", "active", "completed")


class Booked(Protocol):
    """What counts of a booking."""

    @property
    def status(self) -> str: ...

    @property
    def driver_id(self) -> str: ...

    @property
    def owner_id(self) -> str: ...

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...


def told_during(booking: Booked, before: timedelta, after: timedelta) -> Span | None:
    """When the driver is told, from `before` the slot to `after` it. None: never."""
    if booking.status not in _OPENS_THE_DOOR:
        return None
    return Span(booking.starts_at - before, booking.ends_at + after)


def role_of(actor: Actor, booking: Booked) -> Role:
    """As who somebody asks, who may see the booking. Who booked their own EVSE is its owner."""
    if actor.account_id == booking.owner_id:
        return "owner"
    return "driver" if actor.account_id == booking.driver_id else "operator"
