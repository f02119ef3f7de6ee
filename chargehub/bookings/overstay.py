"""What it costs to stay at an EVSE after a booking has ended. Pure.

The formula is that of the booking: whoever booked knew it before. Prices are in major units, VAT
included. Source: design page of the market, section 1.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from chargehub.tariffs.pricing import CostLine, coins
from chargehub.tariffs.windows import Window, covered
from chargehub.units import Span, exponent, major, minor

USUAL_AC = Decimal("0.10")  # a minute, in coins of about a euro, as all of these
USUAL_DC = Decimal("0.40")
HIGHEST = Decimal(1)
CAP = Decimal(30)
WAITED_FOR = 2  # times as much while the next driver waits
_DAY = (Window(7 * 60, 22 * 60),)  # by the station's own clock
_DC = ("CHADEMO", "CHAOJI", "GBT_DC", "IEC_62196_T1_COMBO", "IEC_62196_T2_COMBO", "MCS")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Overstay:
    """A price per started minute past the end of a booking and a grace.

    `per_minute` None: the usual one of the plug, which `settled` puts in. `night_ok`: nothing is
    reckoned from 22:00 to 07:00.
    """

    per_minute: Decimal | None = None
    grace: timedelta = timedelta(minutes=15)
    night_ok: bool = True


@dataclass(frozen=True, slots=True)
class Stay:
    """Until when an EVSE was booked, and until when the session there went on or its car stayed.

    `waited_for_at`: since when the next booking's driver waits; None: nobody does. `unknown`:
    times, apart from each other, of which nobody knows whether the car was there; they cost
    nothing.
    """

    booked_until: datetime
    left_at: datetime
    waited_for_at: datetime | None
    time_zone: str
    currency: str
    unknown: tuple[Span, ...] = ()


def settled(overstay: Overstay, plugs: Iterable[str], currency: str) -> Overstay:
    """The same with a price: the stated one, or the usual one of these plugs (OCPI's names)."""
    if overstay.per_minute is not None:
        return overstay
    usual = USUAL_DC if any(plug in _DC for plug in plugs) else USUAL_AC
    return replace(overstay, per_minute=usual * coins(currency))


def highest(currency: str) -> Decimal:
    """The bound of a stated price per minute."""
    return HIGHEST * coins(currency)


def cap(currency: str) -> Decimal:
    """The most that a whole overstay costs."""
    return CAP * coins(currency)


def lines(overstay: Overstay, stay: Stay) -> tuple[CostLine, ...]:
    """What a stay costs: a line for the time nobody waited, one for the time that somebody did,
    and one, below zero, that brings both down to the cap. None for who left in time.

    The minutes of both lines together are the started minutes of the whole.
    """
    assert overstay.per_minute is not None, overstay
    began_at = stay.booked_until + overstay.grace
    waited_from = max(began_at, min(stay.waited_for_at or stay.left_at, stay.left_at))
    alone = _counted(overstay, stay, began_at, waited_from)
    minutes = _started(alone)
    waited_minutes = _started(alone + _counted(overstay, stay, waited_from, stay.left_at)) - minutes
    found = [
        _line("overstay", minutes, overstay.per_minute, stay.currency),
        _line(
            "overstay_waited_for", waited_minutes, overstay.per_minute * WAITED_FOR, stay.currency
        ),
    ]
    found = [line for line in found if line.quantity]
    return (*found, *_capped(found, stay.currency))


def sentence(overstay: Overstay, currency: str) -> str:
    """The formula in words, for who is about to overstay."""
    assert overstay.per_minute is not None, overstay
    night = "; nothing from 22:00 to 07:00" if overstay.night_ok else ""
    return (
        f"From {overstay.grace // _MINUTE} minutes after the end of your booking on a minute costs"
        f" {_shown(overstay.per_minute, currency)}, twice that while the next driver waits,"
        f" {_shown(cap(currency), currency)} at most{night}."
    )


def _shown(amount: Decimal, currency: str) -> str:
    """An amount in major units with the currency's places, or with more where it has more."""
    places = max(exponent(currency), -int(amount.normalize().as_tuple().exponent))
    return f"{amount:.{places}f} {currency}"


def _counted(overstay: Overstay, stay: Stay, start: datetime, end: datetime) -> timedelta:
    """How much of a time counts."""
    if end <= start:
        return timedelta()
    span = Span(start, end)
    parts = [span] if not overstay.night_ok else covered(_DAY, span, stay.time_zone)
    return sum((_known(part, stay) for part in parts), timedelta())


def _known(part: Span, stay: Stay) -> timedelta:
    """How much of a time it is known of that the car was there."""
    cut = (part.intersection(span) for span in stay.unknown)
    return part.duration - sum((span.duration for span in cut if span is not None), timedelta())


def _started(duration: timedelta) -> int:
    return -(-duration // _MINUTE)


def _line(kind: str, minutes: int, price: Decimal, currency: str) -> CostLine:
    amount_minor = minor(Fraction(minutes) * Fraction(price), currency)
    return CostLine(kind, Decimal(minutes), "min", price, amount_minor)


def _capped(found: Sequence[CostLine], currency: str) -> tuple[CostLine, ...]:
    excess_minor = sum(line.amount_minor for line in found) - minor(cap(currency), currency)
    if excess_minor <= 0:
        return ()
    price = major(-excess_minor, currency)
    return (CostLine("overstay_cap", Decimal(1), "session", price, -excess_minor),)
