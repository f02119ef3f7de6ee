"""Owners' own times over REST: blackouts, and what the own car needs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from chargehub.bookings import blocking, blocks, kept
from chargehub.bookings.blocking import NewBlock
from chargehub.bookings.blocks import BadBlock, Kept, Kind
from chargehub.bookings.kept import BlockView
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.stations.registration import owned_evse, owned_station
from chargehub.store.work import Reads
from chargehub.tariffs.quoting import MAX_ENERGY_WH
from chargehub.units import Span

router = APIRouter(tags=["bookings"])

MOST_DAYS = 92  # of a calendar that is read at once
Writer = Annotated[Actor, Depends(needs("stations:write"))]
StationId = Annotated[str, Path(max_length=36)]
Weekdays = Annotated[list[int], Field(min_length=1, max_length=7, examples=[[0, 1, 2, 3, 4]])]
Energy = Annotated[int, Field(ge=1, le=MAX_ENERGY_WH)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["07:00"])]


class OnceBody(Body):
    """From one instant until another."""

    starts_at: Instant
    ends_at: Instant


class WeeklyBody(Body):
    """Every week on these weekdays (0 is Monday), from one local time until another.

    "24:00" is the end of the day; `to` at or before `from` is on the next day.
    """

    weekdays: Weekdays
    start: Annotated[str, Field(alias="from", max_length=5, examples=["22:00"])]
    until: Annotated[str, Field(alias="to", max_length=5, examples=["07:00"])]


class NeedOnceBody(Body):
    """The own car needs so many Wh by an instant; with full power, and no earlier than needed."""

    energy_wh: Energy
    ready_by: Instant


class NeedWeeklyBody(Body):
    """The own car needs so many Wh on these weekdays (0 is Monday) by a local time."""

    energy_wh: Energy
    weekdays: Weekdays
    ready_by: TimeOfDay


TimesBody = OnceBody | WeeklyBody | NeedOnceBody | NeedWeeklyBody


class BlockRequest(Body):
    """A time that you keep an EVSE for yourself; without `evse_id` all EVSEs of the station.

    `kind`: blackout: nobody else charges then. own_car: nor may a booking's buffer reach into it.
    The times are once, or every week by the clock of the location; for the own car also what it
    needs. `cancel_bookings`: those in the way are cancelled, and you owe the penalties.
    """

    evse_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None
    kind: Kind
    times: TimesBody
    note: Annotated[str, Field(max_length=200)] = ""
    cancel_bookings: bool = False

    def new(self) -> NewBlock:
        """Raises BadHours, BadBlock."""
        given = self.times.model_dump(by_alias=True)
        weekdays = given.get("weekdays", [0])
        if len(set(weekdays)) != len(weekdays) or not set(weekdays) <= set(range(7)):
            raise BadBlock("Weekdays are numbers from 0 (Monday) to 6 (Sunday), each once.")
        times = blocks.read_times(given)
        return NewBlock(self.evse_id, self.kind, times, self.note, self.cancel_bookings)


class BlockBody(BaseModel):
    """A time that an owner keeps. `evse_id` null: all EVSEs of the station."""

    id: str
    station_id: str
    evse_id: str | None
    kind: Kind
    times: TimesBody
    note: str
    created_at: datetime

    @classmethod
    def of(cls, block: BlockView) -> Self:
        return cls.model_validate(
            {
                "id": block.id,
                "station_id": block.station_id,
                "evse_id": block.evse_id,
                "kind": block.kind,
                "times": blocks.write_times(block.times),
                "note": block.note,
                "created_at": block.created_at,
            }
        )


class KeptBody(BaseModel):
    """A time in which you keep an EVSE, and the block that says so."""

    starts_at: datetime
    ends_at: datetime
    kind: Kind
    block_id: str

    @classmethod
    def of(cls, time: Kept) -> Self:
        return cls(
            starts_at=time.span.start,
            ends_at=time.span.end,
            kind=time.kind,
            block_id=time.block_id,
        )


class KeptTimesBody(BaseModel):
    """When you keep an EVSE, in order. What several blocks keep is there several times."""

    items: list[KeptBody]


@router.post("/stations/{station_id}/blocks", status_code=201)
async def post_block(
    station_id: StationId, wanted: BlockRequest, actor: Writer, store: CurrentStore, now: Now
) -> BlockBody:
    """Keep an EVSE of yours for yourself: a blackout, or a time for your own car.

    You and your household charge then as always. Bookings in the way are named in `obstacles`.
    """
    return BlockBody.of(await store.do(blocking.keep, actor, station_id, wanted.new(), now))


@router.get("/stations/{station_id}/blocks")
async def get_blocks(
    station_id: StationId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage, now: Now
) -> Page[BlockBody]:
    """The times you keep at your station that are not over, the oldest block first."""
    await store.read(owned_station, actor.account_id, station_id)
    rows = await store.read(kept.blocks_of, station_id, now, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), BlockBody.of)


@router.delete("/stations/{station_id}/blocks/{block_id}", status_code=204)
async def delete_block(
    station_id: StationId,
    block_id: Annotated[str, Path(max_length=36)],
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> None:
    """Keep it no longer; bookings that were cancelled stay so. Twice is once."""
    await store.do(blocking.give_back, actor, station_id, block_id, now)


@router.get("/evses/{evse_id}/kept-times")
async def get_kept_times(
    evse_id: Annotated[str, Path(max_length=36)],
    actor: CurrentActor,
    store: CurrentStore,
    start: Annotated[Instant, Query(alias="from", description="From when on.")],
    to: Annotated[Instant, Query(description="Until when, 92 days later at most.")],
) -> KeptTimesBody:
    """When you keep your EVSE, worked out from its blocks: needs as times, weeks as days."""
    if not start < to or (to - start).days >= MOST_DAYS:
        raise BadBlock(f"Ask for a time that ends after it starts, {MOST_DAYS} days at most.")
    found = await store.read(_kept, actor, evse_id, Span(start, to))
    return KeptTimesBody(items=[KeptBody.of(time) for time in found])


def _kept(reads: Reads, actor: Actor, evse_id: str, during: Span) -> Sequence[Any]:
    return kept.kept_spans(reads, owned_evse(reads, actor.account_id, evse_id), during)
