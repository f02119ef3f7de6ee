"""What search asks of an EVSE on the market before anything else, in whole numbers. Pure.

A plug or an amenity is one bit of a number. Bits are stored: a new name goes to the end of its
tuple, and none is ever moved.
"""

from collections.abc import Iterable, Sequence

from chargehub.errors import Invalid

STRIP_E6 = 20_000
"""Height of a strip of latitude in microdegrees, some 2.2 km. Within one, EVSEs are stored by
longitude, so that a box is read from a few stretches of one index."""

COUNTED = (5, 7)
"""Resolutions of H3 cells in which offers are counted: 253 and 5 km² on average."""

_POLE = 90_000_000

# Source: OCPI 2.2.1, section 8.4.5 (ConnectorType), and 2.3.0 for the last two.
PLUGS: tuple[str, ...] = (
    *("CHADEMO", "CHAOJI", *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO")),
    *("GBT_AC", "GBT_DC", "IEC_60309_2_single_16", "IEC_60309_2_three_16"),
    *("IEC_60309_2_three_32", "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO"),
    *("IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "NEMA_5_20"),
    *("NEMA_6_30", "NEMA_6_50", "NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50"),
    *("PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN", "TESLA_R", "TESLA_S"),
    *("MCS", "SAE_J3400"),
)

# Source: OCPI 2.2.1, module locations, enum Facility.
AMENITIES: tuple[str, ...] = (
    *("HOTEL", "RESTAURANT", "CAFE", "MALL", "SUPERMARKET", "SPORT", "RECREATION_AREA", "NATURE"),
    *("MUSEUM", "BIKE_SHARING", "BUS_STOP", "TAXI_STAND", "TRAM_STOP", "METRO_STATION"),
    *("TRAIN_STATION", "AIRPORT", "PARKING_LOT", "CARPOOL_PARKING", "FUEL_STATION", "WIFI"),
)


class UnknownPlug(Invalid):
    """A connector type that OCPI does not know."""

    code = "unknown_plug"


class UnknownAmenity(Invalid):
    """An amenity that OCPI does not know."""

    code = "unknown_amenity"


def plugs_mask(types: Iterable[str]) -> int:
    """A bit for each connector type, 0 for none. Raises UnknownPlug."""
    try:
        return _mask(PLUGS, types)
    except ValueError:
        raise UnknownPlug(
            "Name connector types as OCPI does, such as IEC_62196_T2 or CHADEMO."
        ) from None


def amenities_mask(names: Iterable[str]) -> int:
    """A bit for each amenity, 0 for none. Raises UnknownAmenity."""
    try:
        return _mask(AMENITIES, names)
    except ValueError:
        raise UnknownAmenity(
            "Name amenities as OCPI names facilities, such as CAFE, WIFI or SUPERMARKET."
        ) from None


def amenities_in(mask: int) -> tuple[str, ...]:
    """The names behind a mask, in the order of AMENITIES."""
    return tuple(name for bit, name in enumerate(AMENITIES) if mask >> bit & 1)


def strip_of(latitude_e6: int) -> int:
    """The number of the strip a latitude lies in; 0 is that of the south pole."""
    return (latitude_e6 + _POLE) // STRIP_E6


def _mask(names: Sequence[str], chosen: Iterable[str]) -> int:
    mask = 0
    for name in chosen:
        mask |= 1 << names.index(name)
    return mask
