"""Amounts as Stripe counts them, which for some currencies is not in the units of ISO 4217. Pure.

Source: Stripe's documentation, "Supported currencies" (zero-decimal, three-decimal and special
currencies).
"""

from chargehub.payments.rail import Refusal
from chargehub.units import exponent

_COUNTED_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})  # they have no parts, yet two digits are told
_COUNTED_IN_WHOLES = frozenset({"MGA"})  # its parts are fifths


class Unpayable(ValueError):
    """Stripe cannot move this amount in this currency."""


def told(amount_minor: int, currency: str) -> int:
    """Minor units of ISO 4217 as Stripe wants them. Raises Unpayable.

    Of currencies with three digits the last one is to be 0.
    """
    more = _digits(currency) - exponent(currency)
    if exponent(currency) == 3 and amount_minor % 10:
        raise Unpayable(f"amounts in {currency} end in 0")
    return _shifted(amount_minor, more, currency)


def asked(amount_minor: int, currency: str) -> int | Refusal:
    """The same for an order: what cannot be moved is refused."""
    try:
        return told(amount_minor, currency)
    except Unpayable as error:
        return Refusal("amount", f"Stripe cannot move this: {error}.")


def read(amount: int, currency: str) -> int:
    """What Stripe tells, as minor units of ISO 4217. Raises Unpayable for parts of one."""
    return _shifted(amount, exponent(currency) - _digits(currency), currency)


def _digits(currency: str) -> int:
    if currency in _COUNTED_IN_HUNDREDTHS:
        return 2
    return 0 if currency in _COUNTED_IN_WHOLES else exponent(currency)


def _shifted(amount: int, digits: int, currency: str) -> int:
    if digits >= 0:
        return int(amount * 10**digits)
    if amount % 10**-digits:
        raise Unpayable(f"{amount} is no whole amount in {currency}")
    return int(amount // 10**-digits)
