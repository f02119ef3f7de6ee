"""Overstay over REST: as an owner states it, and as a driver is told."""

from typing import Annotated, Self

from pydantic import Field

from chargehub.bookings import terms
from chargehub.bookings.overstay import Overstay
from chargehub.rest.bodies import Body

_PRICE = r"^[0-9]{1,5}(\.[0-9]{1,4})?$"


class OverstayBody(Body):
    """What staying after the end of a booking costs, VAT included.

    A started minute costs `per_minute` in major units of the tariff's currency, from
    `grace_minutes` after the end on; null: the usual 10 cents, 40 at a plug for direct current, or
    about as much. Twice that while the next booking's driver waits, and 30 euros or about as much
    at most. `night_ok`: nothing from 22:00 to 07:00 by the station's clock.
    """

    per_minute: Annotated[str | None, Field(pattern=_PRICE, examples=["0.10"])] = None
    grace_minutes: Annotated[int, Field(ge=terms.OVERSTAY_GRACE[0], le=terms.OVERSTAY_GRACE[1])] = (
        15
    )
    night_ok: bool = True

    @classmethod
    def of(cls, overstay: Overstay | None) -> Self | None:
        written = terms.write_overstay(overstay)
        return None if written is None else cls.model_validate(written)
