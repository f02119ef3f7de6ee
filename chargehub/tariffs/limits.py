"""The most that a usage can cost under a tariff: a bound that no bill passes. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from chargehub.tariffs.components import (
    Component,
    EnergyPrice,
    FlatPrice,
    IdlePrice,
    TimePrice,
    started_minutes,
)
from chargehub.tariffs.pricing import Case, Tariff, cases
from chargehub.units import exponent, kwh, minor

_HALF = Fraction(1, 2)
Rates = tuple[type[Component], ...]


def most(tariff: Tariff, energy_wh: int, parked: timedelta, power_w: int) -> int:
    """The most, in minor units, that so much energy in so much time can cost.

    No usage of at most `energy_wh` within `parked`, at up to `power_w`, has a higher price: at
    the hours, days and powers where it is dearest, charging or idle all the time. Where several
    prices of a kind hold, each of their lines may round up.
    """
    where = tuple(cases(tariff, power_w))
    energy = _at_most(tariff, where, (EnergyPrice,), Fraction(kwh(energy_wh)))
    session = _at_most(tariff, where, (FlatPrice,), Fraction(1))
    total = energy + session + _minutes(tariff, where, parked)
    if energy_wh and tariff.minimum is not None:
        total = max(total, minor(tariff.minimum, tariff.currency))
    if tariff.maximum is not None:
        total = min(total, minor(tariff.maximum, tariff.currency))
    return total


def _minutes(tariff: Tariff, where: Sequence[Case], parked: timedelta) -> int:
    """The dearer of charging and standing idle. Where both have a price, both may have begun the
    same minute, so one more counts."""
    minutes = Fraction(started_minutes(parked))
    kinds: list[Rates] = [kind for kind in ((TimePrice,), (IdlePrice,)) if _of(tariff, kind)]
    if len(kinds) < 2:
        return sum(_at_most(tariff, where, kind, minutes) for kind in kinds)
    dearest = max(_rate(tariff, where, kind) for kind in kinds) * (minutes + 1)
    return _rounded_up(tariff, dearest, lines=sum(len(_of(tariff, kind)) for kind in kinds))


def _at_most(tariff: Tariff, where: Sequence[Case], kind: Rates, quantity: Fraction) -> int:
    lines = len(_of(tariff, kind))
    dearest = _rate(tariff, where, kind) * quantity
    if lines <= 1:
        return minor(dearest, tariff.currency)
    return _rounded_up(tariff, dearest, lines)


def _of(tariff: Tariff, kind: Rates) -> list[Component]:
    return [component for component in tariff.components if isinstance(component, kind)]


def _rate(tariff: Tariff, where: Sequence[Case], kind: Rates) -> Fraction:
    """The highest sum of the prices of a kind that hold together."""
    ours = _of(tariff, kind)
    return max(
        sum((Fraction(each.price) for each in ours if case.has(each)), Fraction()) for case in where
    )


def _rounded_up(tariff: Tariff, amount: Fraction, lines: int) -> int:
    """The amount in minor units, as if each of its lines were rounded up by half a unit."""
    return int(amount * 10 ** exponent(tariff.currency) + lines * _HALF)
