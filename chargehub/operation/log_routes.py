"""`GET /operator/log`: what operators did, for operators to read."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chargehub.people import noted
from chargehub.people.access import CurrentOperator
from chargehub.people.noted import NoteView
from chargehub.rest.manners import CurrentPage, CurrentStore, Page, page

router = APIRouter(tags=["operation"])

Who = Annotated[str | None, Query(max_length=36, description="What this operator did alone.")]


class OperatorNoteBody(BaseModel):
    """A request of an operator that changes something; noted before it was done.

    `means`: by a login or an API key. `ids`: what the path names. `status`: how it was answered,
    from 400 on nothing was done; null: the hub stopped on the way, look what became of it.
    """

    id: str
    account_id: str
    name: str
    means: Literal["login", "key"]
    means_id: str | None
    method: str
    route: str
    ids: dict[str, str]
    status: int | None
    noted_at: datetime

    @classmethod
    def of(cls, view: NoteView) -> Self:
        return cls.model_validate({name: getattr(view, name) for name in cls.model_fields})


@router.get("/operator/log")
async def get_operator_log(
    operator: CurrentOperator, store: CurrentStore, asked: CurrentPage, account_id: Who = None
) -> Page[OperatorNoteBody]:
    """What operators did, newest first, refused requests too; never what they sent. It cannot be
    changed and is kept. For operators."""
    found = await store.read(noted.page_of, account_id, asked.after_id(), asked.fetch)
    return page(found, asked, lambda one: (one.id,), OperatorNoteBody.of)
