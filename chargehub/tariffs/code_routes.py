"""Codes of member groups over REST: make one for a neighbour or for the street, revoke it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.people.access import needs
from chargehub.people.rules import Actor
from chargehub.rest.bodies import Body, Instant
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.store.work import Reads, Work
from chargehub.tariffs import codes, members
from chargehub.tariffs.bodies import GroupBody
from chargehub.tariffs.codes import CodeView, NewCode

router = APIRouter(tags=["tariffs"])
GroupId = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("tariffs:write"))]


class CodeRequest(Body):
    """A code by which `most_uses` drivers may join (null: any number), until `expires_at`."""

    most_uses: Annotated[int | None, Field(ge=1, le=10_000)] = 1
    expires_at: Instant | None = None


class CodeBody(BaseModel):
    """A code of your group. It lets in `most_uses` drivers; `uses` have come by it."""

    id: str
    code: str
    most_uses: int | None
    uses: int
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, code: CodeView) -> Self:
        return cls.model_validate({name: getattr(code, name) for name in cls.model_fields})


@router.post("/member-groups/{group_id}/codes", status_code=201)
async def post_code(
    group_id: GroupId, wanted: CodeRequest, actor: Writer, store: CurrentStore, now: Now
) -> CodeBody:
    """Make a code for your group: for one driver, unless you say otherwise."""
    new = NewCode(wanted.most_uses, wanted.expires_at)
    return CodeBody.of(await store.do(_add, actor.account_id, group_id, new, now))


def _add(work: Work, owner_id: str, group_id: str, new: NewCode, now: datetime) -> CodeView:
    members.own_group(work, owner_id, group_id)
    return codes.add_code(work, group_id, new, now)


@router.get("/member-groups/{group_id}/codes")
async def get_codes(
    group_id: GroupId, actor: Writer, store: CurrentStore, asked: CurrentPage
) -> Page[CodeBody]:
    """The codes you made for your group, the oldest first."""
    rows = await store.read(_codes, actor.account_id, group_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda row: (row.id,), CodeBody.of)


def _codes(
    reads: Reads, owner_id: str, group_id: str, after: str | None, limit: int
) -> tuple[CodeView, ...]:
    members.own_group(reads, owner_id, group_id)
    return codes.codes_of(reads, group_id, after, limit)


@router.delete("/member-groups/{group_id}/codes/{code_id}", status_code=204)
async def delete_code(
    group_id: GroupId,
    code_id: Annotated[str, Path(max_length=36)],
    actor: Writer,
    store: CurrentStore,
    now: Now,
) -> None:
    """Revoke a code: nobody joins by it any more, and who did stays. Twice is once."""
    await store.do(_revoke, actor.account_id, group_id, code_id, now)


def _revoke(work: Work, owner_id: str, group_id: str, code_id: str, now: datetime) -> None:
    members.own_group(work, owner_id, group_id)
    codes.revoke_code(work, group_id, code_id, now)


@router.post("/member-groups/{group_id}/code")
async def post_group_code(group_id: GroupId, actor: Writer, store: CurrentStore) -> GroupBody:
    """Give your group another code of its own; by the one before nobody joins any more."""
    return GroupBody.of(await store.do(members.renew_code, actor.account_id, group_id))
