"""What energy costs an owner, as it is stated over REST."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from chargehub.rest.bodies import Body
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.costs import MAX_PRICES, MAX_SHARES, CostModel, SolarShare
from chargehub.tariffs.fields import PriceText

_Prices = Annotated[tuple[EnergyPrice, ...], Field(strict=False, max_length=MAX_PRICES)]
_Shares = Annotated[tuple[SolarShare, ...], Field(strict=False, max_length=MAX_SHARES)]


class CostsBody(Body):
    """What a kWh costs you, in major units, by hours of your own clock.

    `grid`: your contract, which has a price at every hour, and `grid_fees` upon it; what holds at
    once adds up. `vat_percent` comes upon both: 0 if your prices have it or you reclaim it.
    `solar` shares of the energy are from your own roof and cost `solar_per_kwh`, what feeding in
    would have brought. `is_solar_measured`: no share is stated; all that is charged between two
    reports that the site still feeds in (`PUT /locations/{id}/export`) is from the roof.
    """

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
    grid: Annotated[_Prices, Field(min_length=1)]
    grid_fees: _Prices = ()
    vat_percent: PriceText = Decimal(0)
    solar: _Shares = ()
    solar_per_kwh: PriceText = Decimal(0)
    is_solar_measured: bool = False

    @model_validator(mode="after")
    def _meant(self) -> Self:
        self.model()
        return self

    def model(self) -> CostModel:
        """Raises ValueError for what cannot be meant."""
        return CostModel(
            currency=self.currency,
            grid=self.grid,
            grid_fees=self.grid_fees,
            vat_percent=self.vat_percent,
            solar=self.solar,
            solar_per_kwh=self.solar_per_kwh,
            is_solar_measured=self.is_solar_measured,
        )

    @staticmethod
    def fields_of(model: CostModel) -> dict[str, Any]:
        """The fields of a body that says this model."""
        return {name: getattr(model, name) for name in CostsBody.model_fields}
