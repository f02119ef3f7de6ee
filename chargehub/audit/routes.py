"""REST of the audits that the hub makes of itself, for operators."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel

from chargehub.audit import actions, tables
from chargehub.audit.findings import State
from chargehub.audit.tables import AuditView
from chargehub.people.access import CurrentOperator
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page

router = APIRouter(tags=["operation"])


class BookAuditBody(BaseModel):
    """An audit. `is_full`: every transfer was read; else those since the last one.

    `finished_at` and `holds` None: it is under way. `broken`: the laws that are. `head`: of the
    chain, to be noted where nobody of the hub can write, and given to `chargehub audit --noted`.
    """

    id: str
    asked_at: datetime
    finished_at: datetime | None
    is_full: bool
    holds: bool | None
    broken: list[str]
    head: str | None

    @classmethod
    def of(cls, view: AuditView) -> Self:
        return cls(**_values(view))


class LawBody(BaseModel):
    """A law of money. `state`: holds, broken, open (a database alone cannot tell, or not yet).

    `figures`: amounts in minor units of their currency, energy in Wh. `broken_by`: the first five.
    """

    law: str
    title: str
    state: State
    told: str
    figures: dict[str, int | str]
    broken_by: list[str]


class WholeBookAuditBody(BookAuditBody):
    """An audit with every law, in the order of their numbers."""

    laws: list[LawBody]

    @classmethod
    def of(cls, view: AuditView) -> Self:
        return cls(**_values(view), laws=[LawBody(**one) for one in view.laws or ()])


def _values(view: AuditView) -> dict[str, Any]:
    return {
        "id": view.id,
        "asked_at": view.asked_at,
        "finished_at": view.finished_at,
        "is_full": view.is_full,
        "holds": None if view.finished_at is None else not view.broken,
        "broken": list(view.broken),
        "head": f"{view.head[0]}:{view.head[1]}" if view.head is not None else None,
    }


@router.get("/audits")
async def get_book_audits(
    operator: CurrentOperator, store: CurrentStore, asked: CurrentPage
) -> Page[BookAuditBody]:
    """Audits of the hub's books, one each night, newest first. For operators."""
    found = await store.read(tables.page_of, asked.after_id(), asked.fetch)
    return page(found, asked, lambda one: (one.id,), BookAuditBody.of)


@router.post("/audits", status_code=202)
async def post_book_audit(
    operator: CurrentOperator, store: CurrentStore, now: Now
) -> BookAuditBody:
    """Have every law looked at now, all transfers read. One that is under way is not begun anew.
    For operators."""
    return BookAuditBody.of(await store.do(actions.ask, now))


@router.get("/audits/{audit_id}")
async def get_book_audit(
    audit_id: Annotated[str, Path(max_length=36)], operator: CurrentOperator, store: CurrentStore
) -> WholeBookAuditBody:
    """One audit: each law with its figure, and what breaks it. For operators."""
    found = await store.read(tables.audit, audit_id)
    if found is None:
        raise actions.NoSuchAudit
    return WholeBookAuditBody.of(found)
