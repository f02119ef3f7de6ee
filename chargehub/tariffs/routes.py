"""Tariffs over REST. Prices are per major unit, VAT included, as decimal text."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field, model_validator

from chargehub.errors import NotFound
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Throttled
from chargehub.store.work import Reads
from chargehub.tariffs import actions, members, ocpi, quoting, tables
from chargehub.tariffs.bodies import (
    GroupBody,
    GroupRequest,
    MemberBody,
    MembershipBody,
    MembershipRequest,
)
from chargehub.tariffs.components import Component
from chargehub.tariffs.fields import MAX_FREE_WH, PriceText
from chargehub.tariffs.pricing import MAX_COMPONENTS, MAX_NAME, Tariff
from chargehub.tariffs.quote_bodies import TariffQuoteBody
from chargehub.tariffs.quoting import MAX_ENERGY_WH, MAX_POWER_W
from chargehub.tariffs.tables import MembershipView, TariffView
from chargehub.tariffs.warned import BelowCostBody, CurrentWarner, Warnings

router = APIRouter(tags=["tariffs"])
TariffId = Annotated[str, Path(max_length=36)]
GroupId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("tariffs:write"))]
Driver = Annotated[Actor, Depends(needs("accounts:write"))]
_CODES = Depends(Throttled("member_code", rate_per_s=1, burst=10))  # guesses at codes

Components = Annotated[
    tuple[Component, ...], Field(strict=False, min_length=1, max_length=MAX_COMPONENTS)
]


class TariffRequest(Body):
    """A tariff to be made. The same `external_ref` again gives the first one.

    A session that took energy costs `minimum` at least, none more than `maximum`. Every price
    per kWh lies from `floor_per_kwh` to `ceiling_per_kwh`, whatever may move it. Of each driver's
    month with you `free_wh_per_month` have no price per kWh.
    """

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]
    vat_percent: PriceText
    components: Components
    minimum: PriceText | None = None
    maximum: PriceText | None = None
    floor_per_kwh: PriceText | None = None
    ceiling_per_kwh: PriceText | None = None
    free_wh_per_month: Annotated[int | None, Field(ge=1, le=MAX_FREE_WH)] = None
    external_ref: Annotated[str | None, Field(min_length=1, max_length=100)] = None

    @model_validator(mode="after")
    def _meant(self) -> Self:
        self.tariff()
        return self

    def tariff(self) -> Tariff:
        """The price list. Raises ValueError for what cannot be meant."""
        return Tariff(
            self.name,
            self.currency,
            self.vat_percent,
            self.components,
            self.minimum,
            self.maximum,
            self.floor_per_kwh,
            self.ceiling_per_kwh,
            self.free_wh_per_month,
        )


class TariffBody(BaseModel):
    """A tariff. `snapshot_id` is the SHA-256 of its canonical JSON; CDRs name it.

    `external_ref` is shown to its owner alone. `is_dynamic`: the prices per kWh are those in force
    now, and move between the floor and the ceiling; what you book or begin keeps its price.
    """

    id: str
    external_ref: str | None
    name: str
    currency: str
    vat_percent: PriceText
    components: Components
    minimum: PriceText | None
    maximum: PriceText | None
    floor_per_kwh: PriceText | None
    ceiling_per_kwh: PriceText | None
    free_wh_per_month: int | None
    snapshot_id: str
    created_at: datetime
    is_dynamic: bool

    @classmethod
    def of(cls, tariff: TariffView, reader_id: str) -> Self:
        return cls.model_construct(
            id=tariff.id,
            external_ref=tariff.external_ref if tariff.owner_id == reader_id else None,
            name=tariff.name,
            currency=tariff.currency,
            vat_percent=tariff.content.vat_percent,
            components=tariff.content.components,
            minimum=tariff.content.minimum,
            maximum=tariff.content.maximum,
            floor_per_kwh=tariff.content.floor_per_kwh,
            ceiling_per_kwh=tariff.content.ceiling_per_kwh,
            free_wh_per_month=tariff.content.free_wh_per_month,
            snapshot_id=tariff.snapshot_id,
            created_at=tariff.created_at,
            is_dynamic=tariff.is_dynamic,
        )


class OwnTariffBody(TariffBody):
    """A tariff, and what its owner alone is warned of: prices below what energy costs where it is
    offered, or, where it is offered nowhere yet, at any of the owner's locations."""

    warnings: list[BelowCostBody]

    @classmethod
    def judged(cls, tariff: TariffView, reader_id: str, warnings: Warnings) -> Self:
        body = cls.of(tariff, reader_id)
        body.warnings = BelowCostBody.all_of(warnings)
        return body


class OcpiTariff(BaseModel):
    """A tariff as other networks read it: a Tariff object of OCPI 2.2.1, prices without VAT.

    `unmapped` says in sentences what that object cannot; they stand in its `tariff_alt_text` too.
    """

    tariff: dict[str, Any]
    unmapped: list[str]


@router.post(
    "/tariffs",
    status_code=201,
    responses={200: {"model": OwnTariffBody, "description": "It was made before: `external_ref`."}},
)
async def post_tariff(
    wanted: TariffRequest,
    actor: Writer,
    store: CurrentStore,
    warner: CurrentWarner,
    now: Now,
    response: Response,
) -> OwnTariffBody:
    """Make a tariff. It never changes: for a new price make a new one and list it.

    `warnings` tell which of its prices lie below what you said that energy costs you.
    """
    asked = actions.Wanted(wanted.tariff(), wanted.external_ref)
    created = await store.do(actions.create_tariff, actor.account_id, asked, now)
    if not created.is_new:
        response.status_code = 200
    warnings = await store.read(warner.of_tariff, created.tariff, now)
    return OwnTariffBody.judged(created.tariff, actor.account_id, warnings)


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
async def get_tariff(
    tariff_id: TariffId, actor: CurrentActor, store: CurrentStore, warner: CurrentWarner, now: Now
) -> OwnTariffBody:
    """A tariff by its id, as drivers see it before they charge. Its owner alone is warned."""
    found = await store.read(tables.tariff, tariff_id)
    if found is None:
        raise NotFound("There is no tariff with this id.")
    is_own = found.owner_id == actor.account_id
    warnings = await store.read(warner.of_tariff, found, now) if is_own else ()
    return OwnTariffBody.judged(found, actor.account_id, warnings)


@router.get("/tariffs/{tariff_id}/quote")
async def get_tariff_quote(
    tariff_id: TariffId,
    actor: CurrentActor,
    store: CurrentStore,
    energy_wh: Annotated[int, Query(ge=1, le=MAX_ENERGY_WH, description="Wh the car needs.")],
    start: Annotated[Instant, Query(alias="from", description="When the car is plugged in.")],
    to: Annotated[Instant, Query(description="When it leaves.")],
    time_zone: Annotated[str, Query(max_length=60, description="The station's, of the tz base.")],
    power_w: Annotated[
        int | None,
        Query(ge=1, le=MAX_POWER_W, description="W it charges with; none: evenly in all the time."),
    ] = None,
    country: Annotated[
        str, Query(pattern="^[A-Z]{2}$", description="The station's; it decides on the order.")
    ] = UNKNOWN,
) -> TariffQuoteBody:
    """What a need would cost: by kWh, minute, session and other, or as the country orders them.

    Free energy of a month is left aside, for it may be used up by then. The car charges with full
    power, then stands idle. The bill is reckoned from what is metered.
    """
    need = quoting.asked(energy_wh, start, to, power_w, time_zone)
    found = await store.read(tables.tariff, tariff_id)
    if found is None:
        raise NotFound("There is no tariff with this id.")
    ordered = shipped().of(country).price_order
    order = quoting.ORDER if ordered is None else ordered.value
    quote = quoting.quote_need(found.content, need, time_zone, order)
    return TariffQuoteBody.of_tariff(quote, found)


@router.get("/tariffs/{tariff_id}/ocpi", response_model=OcpiTariff)
async def get_ocpi_tariff(
    tariff_id: TariffId,
    actor: CurrentActor,
    store: CurrentStore,
    country_code: Annotated[str, Query(pattern="^[A-Z]{2}$", description="Of the party.")],
    party_id: Annotated[str, Query(pattern="^[A-Z0-9]{3}$", description="As whom it is shared.")],
) -> Response:
    """A tariff in the shape of OCPI 2.2.1, and what that shape cannot say."""
    found = await store.read(tables.tariff, tariff_id)
    if found is None:
        raise NotFound("There is no tariff with this id.")
    party = ocpi.Party(country_code, party_id)
    shape = ocpi.published(found.content, found.id, party, found.created_at)
    return Response(ocpi.as_text(shape), media_type="application/json")


@router.post("/member-groups", status_code=201)
async def post_member_group(
    wanted: GroupRequest, actor: Writer, store: CurrentStore, now: Now
) -> GroupBody:
    """Make a group of drivers who charge by a tariff of their own at all your stations."""
    made = await store.do(
        members.create_group, actor.account_id, wanted.name, wanted.tariff_id, now
    )
    return GroupBody.of(made)


@router.get("/member-groups")
async def get_member_groups(
    actor: Writer, store: CurrentStore, asked: CurrentPage
) -> Page[GroupBody]:
    """Your groups of members with their codes, the oldest first."""
    rows = await store.read(tables.groups_of, actor.account_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), GroupBody.of)


@router.put("/member-groups/{group_id}")
async def put_member_group(
    group_id: GroupId, wanted: GroupRequest, actor: Writer, store: CurrentStore
) -> GroupBody:
    """Give a group another name or tariff. What was booked or begun keeps its price."""
    changed = await store.do(
        members.change_group, actor.account_id, group_id, wanted.name, wanted.tariff_id
    )
    return GroupBody.of(changed)


@router.get("/member-groups/{group_id}/members")
async def get_members(
    group_id: GroupId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[MemberBody]:
    """Who is in your group, the oldest first."""
    rows = await store.read(_members, actor.account_id, group_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), MemberBody.of)


def _members(
    reads: Reads, owner_id: str, group_id: str, after: str | None, limit: int
) -> tuple[MembershipView, ...]:
    members.own_group(reads, owner_id, group_id)
    return tables.members_of(reads, group_id, after, limit)


@router.delete("/member-groups/{group_id}/members/{driver_id}", status_code=204)
async def delete_member(
    group_id: GroupId,
    driver_id: Annotated[str, Path(max_length=36)],
    actor: Writer,
    store: CurrentStore,
) -> None:
    """Take a driver out of your group; twice is once."""
    await store.do(members.remove, actor.account_id, group_id, driver_id)


@router.post("/memberships", status_code=201, dependencies=[_CODES])
async def post_membership(
    wanted: MembershipRequest, actor: Driver, store: CurrentStore, now: Now
) -> MembershipBody:
    """Join a group by its code: from then on you charge by its tariff. Twice is once."""
    joined = await store.do(members.join, actor.account_id, wanted.code, now)
    return MembershipBody.of(joined)


@router.get("/memberships")
async def get_memberships(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[MembershipBody]:
    """Where you are a member, the oldest first."""
    rows = await store.read(tables.memberships_of, actor.account_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), MembershipBody.of)


@router.delete("/memberships/{group_id}", status_code=204)
async def delete_membership(group_id: GroupId, actor: Driver, store: CurrentStore) -> None:
    """Leave a group; twice is once."""
    await store.do(members.leave, actor.account_id, group_id)
