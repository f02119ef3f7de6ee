"""Whether the sun can shine at a place. Pure."""

from datetime import UTC, datetime
from math import asin, cos, degrees, pi, radians, sin

NIGHT_BELOW = -6.0  # degrees: civil twilight; it takes in the errors of the sums below


def may_shine(latitude_e6: int, longitude_e6: int, at: datetime) -> bool:
    """False where it is night for certain. Coordinates are whole microdegrees.

    The sun's height by the usual short formulas, which leave out the equation of time (four
    degrees at most) and the atmosphere.
    """
    moment = at.astimezone(UTC)
    day = moment.timetuple().tm_yday
    declination = radians(-23.44) * cos(2 * pi / 365.24 * (day + 10))
    hour = moment.hour + moment.minute / 60
    angle = radians((hour - 12) * 15 + longitude_e6 / 1e6)
    latitude = radians(latitude_e6 / 1e6)
    height = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(angle)
    return degrees(asin(max(-1.0, min(1.0, height)))) > NIGHT_BELOW
