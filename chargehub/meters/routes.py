"""The keys of meters over REST: which the station tells, and which the owner confirms."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from chargehub.meters import actions
from chargehub.meters.bodies import MeterKeyBody, MeterKeyRequest
from chargehub.people.access import CurrentActor, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page

router = APIRouter(tags=["stations"])

EvseId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("stations:write"))]


@router.get("/evses/{evse_id}/meter-keys")
async def get_meter_keys(
    evse_id: EvseId, actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[MeterKeyBody]:
    """The public keys of an EVSE's meter that were ever told, the oldest first. For its owner."""
    found = await store.read(actions.keys_seen, actor, evse_id)
    rows = [one for one in found if one.id > (asked.after_id() or "")]
    return page(rows, asked, lambda row: (row.id,), MeterKeyBody.of)


@router.put("/evses/{evse_id}/meter-key")
async def put_meter_key(
    evse_id: EvseId, wanted: MeterKeyRequest, actor: Writer, store: CurrentStore, now: Now
) -> MeterKeyBody:
    """Confirm the key that is printed on the device. Only what it signs counts as signed."""
    key = await store.do(actions.confirm_key, actor, evse_id, wanted.public_key, now)
    return MeterKeyBody.of(key)
