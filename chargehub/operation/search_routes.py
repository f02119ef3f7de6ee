"""`GET /operator/search`: anything of this hub by an id, a name, a mail or a number."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chargehub.operation import searching
from chargehub.operation.searching import Thing
from chargehub.people.access import CurrentOperator
from chargehub.rest.manners import CurrentStore

router = APIRouter(tags=["operation"])

Wanted = Annotated[
    str, Query(min_length=3, max_length=100, description="The whole of it, or its beginning.")
]
KindName = Literal[
    "account",
    "station",
    "booking",
    "session",
    "payment",
    "refund",
    "payout",
    "dispute",
    "cdr",
    "invoice",
]


class FoundThingBody(BaseModel):
    """Something that was found: what it is, its id, and what tells it apart."""

    kind: KindName
    id: str
    title: str

    @classmethod
    def of(cls, thing: Thing) -> Self:
        return cls.model_validate({"kind": thing.kind, "id": thing.id, "title": thing.title})


class FoundThingsBody(BaseModel):
    """What fits; at most ten of each kind, the newest."""

    items: list[FoundThingBody]


@router.get("/operator/search")
async def get_operator_search(
    operator: CurrentOperator, store: CurrentStore, q: Wanted
) -> FoundThingsBody:
    """Find anything by its id, a station by its identity, serial number or name, a person by mail
    or name, an invoice by its number, a payment by its rail's reference. With a whole id also
    what hangs on it: the sessions of a person, the payments of a session. For operators."""
    things = await store.read(searching.found, q.strip())
    return FoundThingsBody(items=[FoundThingBody.of(thing) for thing in things])
