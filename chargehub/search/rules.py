"""Where is it, how far, and what may be asked for? Geography in whole microdegrees and metres.

Float trigonometry is fine here: it is geography, not money.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, ceil, cos, degrees, radians, sin, sqrt

from chargehub.errors import Invalid
from chargehub.listings.rules import Access
from chargehub.units import Span

MAX_RADIUS_M = 100_000
MAX_RANGE = timedelta(days=30)  # no calendar is known further ahead
MAX_PRICED = timedelta(hours=24)  # as long as a booking may be; each window in it costs work
# Source: mean Earth radius R1, IUGG. Against the ellipsoid distances are off by 0.5 % at most.
EARTH_RADIUS_M = 6_371_009
_NO_NEED = "Say with `energy_wh` how much you need, to compare what it costs."
_NO_CURRENCY = "Name the `currency` to compare prices in, like EUR."
_DEGREE = 1_000_000
_RADIANS_E6 = radians(1) / _DEGREE
_POLE = 90 * _DEGREE
_DATE_LINE = 180 * _DEGREE


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the Earth, in microdegrees."""

    latitude_e6: int
    longitude_e6: int


@dataclass(frozen=True, slots=True)
class Box:
    """Both bounds belong to it. It does not cross the date line; `boxes` gives two then."""

    south_e6: int
    north_e6: int
    west_e6: int
    east_e6: int


@dataclass(frozen=True, slots=True)
class NeedAsked:
    """So much energy in the time asked for, priced in `currency` (None: whatever is taken there).

    `max_total_minor` None: at any price.
    """

    energy_wh: int
    currency: str | None
    max_total_minor: int | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What an EVSE must have. `during` None: any time; `min_power_w` 0: any power.

    `connector_types`: one of them is enough, none: any. `amenities`: all of them.
    `is_instant`: without those whose owner agrees to every booking. `access`: only those that are
    there for everybody (public), or for members alone; None: both. `viewer_id`: the account that
    looks, '' for nobody known.
    """

    during: Span | None = None
    connector_types: tuple[str, ...] = ()
    min_power_w: int = 0
    need: NeedAsked | None = None
    viewer_id: str = ""
    amenities: tuple[str, ...] = ()
    is_instant: bool = False
    access: Access | None = None

    def __post_init__(self) -> None:
        if self.access == "members" and not self.viewer_id:
            raise Invalid("Log in to search for what is there for members alone.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for, around which place."""

    around: Place
    radius_m: int
    filters: Filters = Filters()


def distance_m(one: Place, other: Place) -> int:
    """Metres over ground by the haversine formula, rounded to the nearest."""
    return distances_from(one)(other.latitude_e6, other.longitude_e6)


def distances_from(around: Place) -> Callable[[int, int], int]:
    """The distance in metres from one place to a latitude and longitude in microdegrees."""
    south = around.latitude_e6 * _RADIANS_E6
    here, west_e6, across = cos(south), around.longitude_e6, 2 * EARTH_RADIUS_M

    def distance(latitude_e6: int, longitude_e6: int) -> int:
        north = latitude_e6 * _RADIANS_E6
        up = sin((north - south) / 2)
        side = sin((longitude_e6 - west_e6) * _RADIANS_E6 / 2)
        half_chord = up * up + here * cos(north) * side * side
        return round(across * asin(sqrt(min(1.0, half_chord))))

    return distance


def boxes(around: Place, radius_m: int) -> tuple[Box, ...]:
    """One box, or two at the date line, that contain every place within the radius.

    Near a pole the box holds every longitude.
    """
    reach = (radius_m + 1) / EARTH_RADIUS_M  # in radians; distances are rounded to whole metres
    height = ceil(degrees(reach) * _DEGREE) + 1
    south, north = around.latitude_e6 - height, around.latitude_e6 + height
    if south <= -_POLE or north >= _POLE:
        return (Box(max(south, -_POLE), min(north, _POLE), -_DATE_LINE, _DATE_LINE),)
    # Where the circle is widest is not at the centre's latitude, so its width is not the reach.
    sideways = asin(min(1.0, sin(reach) / cos(radians(around.latitude_e6 / _DEGREE))))
    width = ceil(degrees(sideways) * _DEGREE) + 1
    west, east = around.longitude_e6 - width, around.longitude_e6 + width
    if west < -_DATE_LINE:
        return (
            Box(south, north, west + 2 * _DATE_LINE, _DATE_LINE),
            Box(south, north, -_DATE_LINE, east),
        )
    if east > _DATE_LINE:
        return (
            Box(south, north, west, _DATE_LINE),
            Box(south, north, -_DATE_LINE, east - 2 * _DATE_LINE),
        )
    return (Box(south, north, west, east),)


def need(
    during: Span | None, energy_wh: int | None, currency: str | None, max_total_minor: int | None
) -> NeedAsked | None:
    """What is to be priced, None for nothing. Raises Invalid for half of it.

    Amounts of two currencies are in no order, so a ceiling names one.
    """
    if energy_wh is None:
        if max_total_minor is not None or currency is not None:
            raise Invalid(_NO_NEED)
        return None
    if during is None:
        raise Invalid("Say with `from` and `to` when you need the energy: prices depend on it.")
    if during.duration > MAX_PRICED:
        raise Invalid("A price is told for 24 hours at most, the longest that can be booked.")
    if max_total_minor is not None and currency is None:
        raise Invalid(_NO_CURRENCY)
    return NeedAsked(energy_wh, currency, max_total_minor)


def check_ranked(filters: Filters) -> None:
    """Raises Invalid where prices cannot be compared: without a need, or in any currency."""
    if filters.need is None:
        raise Invalid(_NO_NEED)
    if filters.need.currency is None:
        raise Invalid(_NO_CURRENCY)


def during(start: datetime | None, end: datetime | None) -> Span | None:
    """The range of time asked for, None for none. Raises Invalid for half of one or a reversed."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise Invalid("Give both ends of the time you need, or none.")
    if end <= start:
        raise Invalid("The time you need must end after it starts.")
    if end - start > MAX_RANGE:
        raise Invalid(f"The time you need may last {MAX_RANGE.days} days at most.")
    return Span(start, end)
