"""What a need is told to cost over REST, part by part."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from chargehub.tariffs.fields import PriceText
from chargehub.tariffs.pricing import CostLine
from chargehub.tariffs.quoting import PartName, Quote
from chargehub.tariffs.tables import TariffView


class QuoteLine(BaseModel):
    """A line of the bill to expect: quantity times price, rounded once."""

    kind: str
    quantity: str
    unit: str
    price: str
    amount_minor: int
    description: str

    @classmethod
    def of(cls, line: CostLine) -> Self:
        return cls.model_validate({"description": "", **line.stored()})


class QuotePart(BaseModel):
    """What one kind of price comes to; its lines sum to it."""

    name: PartName
    amount_minor: int
    lines: list[QuoteLine]


class QuoteBody(BaseModel):
    """What a need costs, in minor units, VAT included. The parts sum to the total.

    They are always all four, in the order that AFIR asks for. `energy_wh` is what fits into the
    time, `charged_at` when the car has it.
    """

    currency: str
    total_minor: int
    vat_minor: int
    parts: list[QuotePart]
    energy_wh: int
    charged_at: datetime

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(**cls.fields(quote))

    @staticmethod
    def fields(quote: Quote) -> dict[str, Any]:
        """The quote by the names of this body."""
        return {
            "currency": quote.cost.currency,
            "total_minor": quote.cost.total_minor,
            "vat_minor": quote.cost.vat_minor,
            "parts": [
                QuotePart(
                    name=part.name,
                    amount_minor=part.amount_minor,
                    lines=[QuoteLine.of(line) for line in part.lines],
                )
                for part in quote.parts
            ],
            "energy_wh": quote.energy_wh,
            "charged_at": quote.charged_at,
        }


class TariffQuoteBody(QuoteBody):
    """What a need costs by the prices that are in force now.

    `is_dynamic`: the price per kWh moves, from `floor_per_kwh` to `ceiling_per_kwh`. What you book
    or begin keeps the price it then has.
    """

    is_dynamic: bool
    floor_per_kwh: PriceText | None
    ceiling_per_kwh: PriceText | None

    @classmethod
    def of_tariff(cls, quote: Quote, tariff: TariffView) -> Self:
        return cls.model_construct(
            **cls.fields(quote),
            is_dynamic=tariff.is_dynamic,
            floor_per_kwh=tariff.content.floor_per_kwh,
            ceiling_per_kwh=tariff.content.ceiling_per_kwh,
        )
