"""Prices that move, over REST: owners state by what, and read why a price is what it is."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from chargehub.errors import NotFound
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.prices import fetching, moving
from chargehub.prices.bodies import (
    DynamicsBody,
    DynamicsRequest,
    Standing,
    VersionBody,
    WholesaleFeedBody,
    WholesaleFeedsBody,
)
from chargehub.prices.market import Market
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, SortKey, page
from chargehub.store.columns import EPOCH, microseconds
from chargehub.store.work import Reads
from chargehub.tariffs import tables, versions
from chargehub.tariffs.pricing import Tariff
from chargehub.tariffs.versions import VersionView

router = APIRouter(tags=["prices"])
Id = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("tariffs:write"))]


async def _market(request: Request) -> Market:
    market: Market = request.app.state.hub.market
    return market


CurrentMarket = Annotated[Market, Depends(_market)]
_MICROSECOND = timedelta(microseconds=1)


@router.put("/tariffs/{tariff_id}/dynamics")
async def put_dynamics(
    tariff_id: Id,
    wanted: DynamicsRequest,
    actor: Writer,
    store: CurrentStore,
    market: CurrentMarket,
    now: Now,
) -> DynamicsBody:
    """Let the prices per kWh of your tariff move, each quarter of an hour, at most 10 % an hour.

    The tariff has a floor and a ceiling per kWh, which always win. What is booked or begun keeps
    its price.
    """
    await store.do(moving.state, actor, tariff_id, wanted.rule(), market, now)
    return DynamicsBody.of(await store.read(_standing, actor, tariff_id))


@router.get("/tariffs/{tariff_id}/dynamics")
async def get_dynamics(tariff_id: Id, actor: CurrentActor, store: CurrentStore) -> DynamicsBody:
    """By what the prices of your tariff move, where they are and why."""
    return DynamicsBody.of(await store.read(_standing, actor, tariff_id))


@router.delete("/tariffs/{tariff_id}/dynamics", status_code=204)
async def delete_dynamics(tariff_id: Id, actor: Writer, store: CurrentStore, now: Now) -> None:
    """Let the prices stand still, as the tariff was made. Twice is once."""
    await store.do(moving.stop, actor, tariff_id, now)


@router.get("/tariffs/{tariff_id}/versions")
async def get_versions(
    tariff_id: Id, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[VersionBody]:
    """What your tariff said since when and why, the newest first; none: it never moved."""
    rows = await store.read(_versions, actor, tariff_id, asked.after_key(int, str), asked.fetch)
    return page(
        rows,
        asked,
        lambda row: (microseconds(row[0].since), row[0].id),
        lambda row: VersionBody.of(*row),
    )


@router.get("/wholesale-feeds")
async def get_wholesale_feeds(
    operator: CurrentOperator, store: CurrentStore, request: Request
) -> WholesaleFeedsBody:
    """How the wholesale prices stand that the hub fetches ahead. For operators."""
    source = request.app.state.hub.source
    found = await store.read(fetching.standings, source)
    return WholesaleFeedsBody(items=[WholesaleFeedBody.of(each) for each in found])


def _standing(reads: Reads, actor: Actor, tariff_id: str) -> Standing:
    tariff = moving.own_tariff(reads, actor, tariff_id)
    row = versions.rule_of(reads, tariff_id)
    if row is None:
        raise NotFound("The prices of this tariff stand still. PUT says by what they move.")
    return Standing(row, tables.snapshot(reads, row.base_snapshot_id), tariff.content)


def _versions(
    reads: Reads, actor: Actor, tariff_id: str, after: SortKey | None, limit: int
) -> list[tuple[VersionView, Tariff]]:
    moving.own_tariff(reads, actor, tariff_id)
    before = None if after is None else (EPOCH + int(after[0]) * _MICROSECOND, str(after[1]))
    found = versions.versions_of(reads, tariff_id, before, limit)
    return [(each, tables.snapshot(reads, each.snapshot_id)) for each in found]
