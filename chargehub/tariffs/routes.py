"""Tariffs over REST. Prices are per major unit, VAT included, as decimal text."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field, model_validator

from chargehub.errors import NotFound
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.tariffs import actions, tables
from chargehub.tariffs.components import Component
from chargehub.tariffs.fields import PriceText
from chargehub.tariffs.pricing import MAX_COMPONENTS, MAX_NAME, Tariff
from chargehub.tariffs.tables import TariffView

router = APIRouter(tags=["tariffs"])
TariffId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("tariffs:write"))]

Components = Annotated[
    tuple[Component, ...], Field(strict=False, min_length=1, max_length=MAX_COMPONENTS)
]


class TariffRequest(Body):
    """A tariff to be made. The same `external_ref` again gives the first one."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
    vat_percent: PriceText
    components: Components
    external_ref: Annotated[str | None, Field(min_length=1, max_length=100)] = None

    @model_validator(mode="after")
    def _meant(self) -> Self:
        self.tariff()
        return self

    def tariff(self) -> Tariff:
        """The price list. Raises ValueError for what cannot be meant."""
        return Tariff(self.name, self.currency, self.vat_percent, self.components)


class TariffBody(BaseModel):
    """A tariff. `snapshot_id` is the SHA-256 of its canonical JSON; CDRs name it.

    `external_ref` is shown to its owner alone.
    """

    id: str
    external_ref: str | None
    name: str
    currency: str
    vat_percent: PriceText
    components: Components
    snapshot_id: str
    created_at: datetime

    @classmethod
    def of(cls, tariff: TariffView, reader_id: str) -> Self:
        return cls.model_construct(
            id=tariff.id,
            external_ref=tariff.external_ref if tariff.owner_id == reader_id else None,
            name=tariff.name,
            currency=tariff.currency,
            vat_percent=tariff.content.vat_percent,
            components=tariff.content.components,
            snapshot_id=tariff.snapshot_id,
            created_at=tariff.created_at,
        )


@router.post(
    "/tariffs",
    status_code=201,
    responses={200: {"model": TariffBody, "description": "It was made before: `external_ref`."}},
)
async def post_tariff(
    wanted: TariffRequest, actor: Writer, store: CurrentStore, now: Now, response: Response
) -> TariffBody:
    """Make a tariff. It never changes: for a new price make a new one and list it."""
    asked = actions.Wanted(wanted.tariff(), wanted.external_ref)
    created = await store.do(actions.create_tariff, actor.account_id, asked, now)
    if not created.is_new:
        response.status_code = 200
    return TariffBody.of(created.tariff, actor.account_id)


@router.get("/tariffs")
async def get_tariffs(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[TariffBody]:
    """Your own tariffs, the oldest first."""
    rows = await store.read(tables.tariffs_of, actor.account_id, asked.after_id(), asked.fetch)
    return page(
        rows, asked, lambda row: (row.id,), lambda row: TariffBody.of(row, actor.account_id)
    )


@router.get("/tariffs/{tariff_id}")
async def get_tariff(tariff_id: TariffId, actor: CurrentActor, store: CurrentStore) -> TariffBody:
    """A tariff by its id, as drivers see it before they charge."""
    found = await store.read(tables.tariff, tariff_id)
    if found is None:
        raise NotFound("There is no tariff with this id.")
    return TariffBody.of(found, actor.account_id)
