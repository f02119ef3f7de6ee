"""How prices that move are stated and told over REST."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, Field, model_validator

from chargehub.prices.fetching import FeedView
from chargehub.prices.sites import Site
from chargehub.prices.surplus import Doubt
from chargehub.rest.bodies import Body
from chargehub.tariffs import dynamic
from chargehub.tariffs.components import EnergyPrice
from chargehub.tariffs.dynamic import Area, Dynamics
from chargehub.tariffs.fields import PriceText
from chargehub.tariffs.pricing import Tariff
from chargehub.tariffs.versions import VersionView

MOST_EXPORT_W = 10_000_000


class DynamicsRequest(Body):
    """By what the prices per kWh of a tariff move, within its floor and ceiling.

    `by` utilisation: base x clamp(1 + 0.5 (utilisation - 0.5), 0.7, 1.5). wholesale: the market's
    price in `area` and `margin_per_kwh`, and the tariff's VAT upon both. base: only by the sun.
    While the site exports, `solar_discount_percent` is taken off.
    """

    by: Literal["base", "utilisation", "wholesale"] = "base"
    area: Area = None
    margin_per_kwh: PriceText = Decimal(0)
    solar_discount_percent: PriceText = Decimal(0)

    @model_validator(mode="after")
    def _meant(self) -> Self:
        self.rule()
        return self

    def rule(self) -> Dynamics:
        """Raises ValueError for what cannot be meant."""
        return Dynamics(self.by, self.area, self.margin_per_kwh, self.solar_discount_percent)


class SignalsBody(BaseModel):
    """What was known: the share of the last hour in which the EVSEs were taken, the market's price
    without VAT, and W fed into the grid. null: it was not asked for, or nobody knew.

    `is_wholesale_old`: the market's price of then was missing, and its last one counted.
    """

    utilisation: str | None
    wholesale_per_kwh: str | None
    is_wholesale_old: bool
    export_w: int


class Standing(NamedTuple):
    """A rule with its base and what is in force."""

    row: Any
    base: Tariff
    in_force: Tariff


class DynamicsBody(BaseModel):
    """How a tariff moves. `prices_per_kwh` are in force, in the order of its components.

    `signals`: what was known when they were last worked out; null: they were not yet. They are
    next at `due_at`. No price goes further than a tenth of any that held in the hour before.
    """

    by: Literal["base", "utilisation", "wholesale"]
    area: str | None
    margin_per_kwh: PriceText
    solar_discount_percent: PriceText
    floor_per_kwh: PriceText
    ceiling_per_kwh: PriceText
    base_per_kwh: list[PriceText]
    prices_per_kwh: list[PriceText]
    signals: SignalsBody | None
    stated_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, found: Standing) -> Self:
        rule = dynamic.read(found.row.rule)
        assert found.base.floor_per_kwh is not None and found.base.ceiling_per_kwh is not None
        return cls.model_construct(
            by=rule.by,
            area=rule.area,
            margin_per_kwh=rule.margin_per_kwh,
            solar_discount_percent=rule.solar_discount_percent,
            floor_per_kwh=found.base.floor_per_kwh,
            ceiling_per_kwh=found.base.ceiling_per_kwh,
            base_per_kwh=_prices(found.base),
            prices_per_kwh=_prices(found.in_force),
            signals=SignalsBody(**found.row.signals) if found.row.signals else None,
            stated_at=found.row.stated_at,
            due_at=found.row.due_at,
        )


class VersionBody(BaseModel):
    """What a tariff said from `since` until its next version; CDRs name the `snapshot_id`.

    `signals` null: it is what the tariff was made with.
    """

    since: datetime
    snapshot_id: str
    prices_per_kwh: list[PriceText]
    signals: SignalsBody | None

    @classmethod
    def of(cls, version: VersionView, content: Tariff) -> Self:
        return cls.model_construct(
            since=version.since,
            snapshot_id=version.snapshot_id,
            prices_per_kwh=_prices(content),
            signals=SignalsBody(**version.signals) if version.signals else None,
        )


class WholesaleFeedBody(BaseModel):
    """How the fetched prices of an area stand.

    `state`: good, old (the last price counts on), missing (tariffs want their own price), null (it
    was not looked at yet). `fault`: why the last question brought nothing; null: it did bring
    prices. `due_at`: when it is looked at next.
    """

    area: str
    currency: str
    time_zone: str
    state: Literal["good", "old", "missing"] | None
    known_until: datetime | None
    fetched_at: datetime | None
    due_at: datetime | None
    fault: str | None

    @classmethod
    def of(cls, found: FeedView) -> Self:
        return cls.model_construct(
            area=found.feed.area,
            currency=found.feed.currency,
            time_zone=found.feed.time_zone,
            state=found.state,
            known_until=found.known_until,
            fetched_at=found.fetched_at,
            due_at=found.due_at,
            fault=found.fault,
        )


class WholesaleFeedsBody(BaseModel):
    """The areas whose wholesale prices are fetched; none: the hub has a file, or no prices."""

    items: list[WholesaleFeedBody]


class SiteExportRequest(Body):
    """W that the site feeds into the grid now; it counts for half an hour. 0: it feeds nothing."""

    export_w: Annotated[int, Field(ge=0, le=MOST_EXPORT_W)]


class SiteExportBody(BaseModel):
    """W that the site feeds into the grid, as far as is known; 0: nothing, or nobody knows.

    `source`: the meter at the grid connection, which goes before the owner's report; null: nobody
    knows. `doubt`: why the meter does not count: `old` (it said nothing for half an hour),
    `above_installed` (more than there is solar power), `night`; null: it does, or none is named.
    """

    export_w: int
    source: Literal["meter", "report"] | None
    at: datetime | None
    doubt: Doubt | None

    @classmethod
    def of(cls, found: Site) -> Self:
        return cls(export_w=found.export_w, source=found.source, at=found.at, doubt=found.doubt)


class SiteSolarRequest(Body):
    """The solar power that is installed at a location, in W: no site feeds in more than it has.

    `station_id`: the station whose main meter (connector or EVSE 0) is at the grid connection;
    null: no station meters it, and your own reports count alone.
    """

    installed_w: Annotated[int, Field(gt=0, le=MOST_EXPORT_W)]
    station_id: Annotated[str | None, Field(max_length=36)] = None


class SiteSolarBody(BaseModel):
    """The solar power of a location, and what its meter told last: W, below zero where it takes."""

    installed_w: int
    station_id: str | None
    stated_at: datetime
    measured_w: int | None
    measured_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(
            installed_w=row.installed_w,
            station_id=row.station_id,
            stated_at=row.stated_at,
            measured_w=row.export_w,
            measured_at=row.measured_at,
        )


def _prices(tariff: Tariff) -> list[Decimal]:
    return [each.per_kwh for each in tariff.components if isinstance(each, EnergyPrice)]
