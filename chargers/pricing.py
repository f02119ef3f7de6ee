"""What a replay expects its sessions to cost: arithmetic of our own, in Decimal. Pure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# Minor units a currency has, where it is not two. Source: ISO 4217, list one.
EXPONENTS = {"BHD": 3, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3}


@dataclass(frozen=True, slots=True)
class Price:
    """A tariff of a price per kWh and one per session, both in major units with VAT."""

    per_kwh: Decimal
    per_session: Decimal
    vat_percent: Decimal
    currency: str

    def cost_minor(self, energy_wh: int) -> int:
        """What a session costs in minor units: every line rounded half up, once."""
        lines = (Decimal(energy_wh) / 1000 * self.per_kwh, self.per_session)
        return sum(self._minor(line) for line in lines)

    def text(self, amount_minor: int) -> str:
        """An amount for people: 12.30 EUR."""
        return f"{Decimal(amount_minor).scaleb(-self._exponent):,} {self.currency}"

    def describe(self) -> str:
        """The tariff in one line."""
        flat = f" + {self.per_session} {self.currency} a session" if self.per_session else ""
        vat = f"including {self.vat_percent} % VAT"
        return f"{self.per_kwh} {self.currency} per kWh{flat}, {vat}, each line rounded half up"

    def request(self, name: str, external_ref: str) -> dict[str, Any]:
        """The body that makes this tariff at a hub."""
        components = [{"kind": "energy", "per_kwh": _plain(self.per_kwh)}]
        if self.per_session:
            components.append({"kind": "flat", "amount": _plain(self.per_session)})
        return {
            "name": name,
            "currency": self.currency,
            "vat_percent": _plain(self.vat_percent),
            "components": components,
            "external_ref": external_ref,
        }

    @property
    def key(self) -> str:
        """The tariff as short text; equal tariffs have equal keys."""
        parts = (self.per_kwh, self.per_session, self.vat_percent)
        return ":".join((self.currency, *(_plain(part) for part in parts)))

    @property
    def _exponent(self) -> int:
        return EXPONENTS.get(self.currency, 2)

    def _minor(self, amount: Decimal) -> int:
        return int(amount.scaleb(self._exponent).quantize(Decimal(1), ROUND_HALF_UP))


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
