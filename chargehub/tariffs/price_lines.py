"""A tariff as the lines that people read before they pay: price by price, in a country's order.

Pure. Source: Regulation (EU) 2023/1804 (AFIR), article 5(4): what is shown before a session.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from chargehub.tariffs.components import Component, EnergyPrice, FlatPrice, IdlePrice
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.pricing import Tariff, conditions
from chargehub.tariffs.quoting import ORDER, PartName

_MINUTE = timedelta(minutes=1)
_WH_PER_KWH = 1_000


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One price: `part` is kwh, minute, session or other; `text` says it, VAT included."""

    part: PartName
    text: str


def price_lines(tariff: Tariff, order: Sequence[PartName] = ORDER) -> tuple[PriceLine, ...]:
    """All that a session may be billed, one line each; the parts in this order."""
    found = (*(_line(one, tariff.currency) for one in tariff.components), *_limits(tariff))
    return tuple(line for part in order for line in found if line.part == part)


def _line(component: Component, currency: str) -> PriceLine:
    price = f"{decimal_text(component.price)} {currency}"
    when = conditions(component)
    beside = f" ({when})" if when else ""
    match component:
        case EnergyPrice():
            return PriceLine("kwh", f"{price} per kWh{beside}")
        case FlatPrice():
            return PriceLine("session", f"{price} per session{beside}")
        case IdlePrice():
            after = f", from {component.grace // _MINUTE} minutes after charging on"
            return PriceLine("minute", f"{price} per minute without charging{after}{beside}")
        case _:
            return PriceLine("minute", f"{price} per minute of charging{beside}")


def _limits(tariff: Tariff) -> Iterable[PriceLine]:
    for word, limit in (("least", tariff.minimum), ("most", tariff.maximum)):
        if limit is not None:
            yield PriceLine("other", f"At {word} {_amount(limit, tariff)} per session")


def _amount(limit: Decimal, tariff: Tariff) -> str:
    return f"{decimal_text(limit)} {tariff.currency}"
