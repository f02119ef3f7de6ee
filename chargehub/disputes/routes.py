"""Disputes over REST: opened by drivers and owners, answered, decided by operators, appealed."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from chargehub.disputes import actions, opening, tables
from chargehub.disputes.bodies import (
    AnswerRequest,
    AppealRequest,
    DecisionRequest,
    DisputeBody,
    DisputeRequest,
)
from chargehub.disputes.tables import Wanted
from chargehub.disputes.views import DisputeView, Status
from chargehub.errors import Forbidden
from chargehub.people.access import CurrentActor, CurrentOperator, needs
from chargehub.people.rules import Actor
from chargehub.rest.manners import (
    CurrentPage,
    CurrentStore,
    IdempotencyKey,
    Now,
    Page,
    idempotent,
    page,
)
from chargehub.store.work import Reads, Work

router = APIRouter(tags=["disputes"])

Id = Annotated[str, Path(max_length=36)]
Writer = Annotated[Actor, Depends(needs("payments:write"))]
Role = Annotated[Literal["driver", "owner", "operator"], Query()]
StatusWanted = Annotated[Status | None, Query()]
_JSON: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {**_JSON, "description": "As it was frozen."}}


@router.post("/disputes", status_code=201, response_model=DisputeBody)
async def post_dispute(
    wanted: DisputeRequest,
    actor: Writer,
    store: CurrentStore,
    now: Now,
    key: IdempotencyKey = None,
) -> Any:
    """Dispute what was taken for a session or booking of yours, or claim a damage at your charger.

    What the hub knows is frozen as evidence, and the disputed amount is kept from its owner.
    """
    route, claim = "POST /disputes", wanted.claim()
    return await idempotent(store, actor.account_id, key, route, wanted, _open, actor, claim, now)


def _open(work: Work, actor: Actor, claim: opening.Claim, now: Any) -> dict[str, Any]:
    return DisputeBody.of(opening.open_dispute(work, actor, claim, now)).model_dump(mode="json")


@router.get("/disputes")
async def get_disputes(
    actor: CurrentActor,
    store: CurrentStore,
    asked: CurrentPage,
    role: Role = "driver",
    status: StatusWanted = None,
) -> Page[DisputeBody]:
    """Your disputes as driver or as owner, newest first; as operator all of them."""
    rows = await store.read(_listed, actor, role, status, asked)
    return page(rows, asked, lambda row: (row.id,), DisputeBody.of)


def _listed(
    reads: Reads, actor: Actor, role: str, status: Status | None, asked: CurrentPage
) -> tuple[DisputeView, ...]:
    if role == "operator" and not actor.is_operator:
        raise Forbidden("Only an operator may see the disputes of others.")
    wanted = Wanted(
        driver_id=actor.account_id if role == "driver" else None,
        owner_id=actor.account_id if role == "owner" else None,
        status=status,
    )
    return tables.page(reads, wanted, asked.after_id(), asked.fetch)


@router.get("/disputes/{dispute_id}")
async def get_dispute(dispute_id: Id, actor: CurrentActor, store: CurrentStore) -> DisputeBody:
    """A dispute as it stands."""
    return DisputeBody.of(await store.read(actions.seen_by, actor, dispute_id))


@router.get("/disputes/{dispute_id}/evidence", response_class=Response, responses=_DOCUMENT)
async def get_dispute_evidence(
    dispute_id: Id, actor: CurrentActor, store: CurrentStore
) -> Response:
    """What the hub knew when the dispute was opened: bill, tariff, readings, reports, the line.

    Canonical JSON; its SHA-256 is the dispute's `evidence_sha256`.
    """
    body = await store.read(actions.evidence, actor, dispute_id)
    return Response(body, media_type="application/json")


@router.get("/disputes/{dispute_id}/evidence/reports", response_class=Response, responses=_DOCUMENT)
async def get_dispute_evidence_reports(
    dispute_id: Id, actor: CurrentActor, store: CurrentStore
) -> Response:
    """What the station sent, byte by byte, signed records included; for the driver and operators.

    Its SHA-256 is the evidence's `reports_sha256`.
    """
    body = await store.read(actions.evidence_reports, actor, dispute_id)
    return Response(body, media_type="application/json")


@router.post("/disputes/{dispute_id}/answer")
async def post_dispute_answer(
    dispute_id: Id, wanted: AnswerRequest, actor: Writer, store: CurrentStore, now: Now
) -> DisputeBody:
    """Answer a dispute that the other side opened: agree, or have an operator decide."""
    said = wanted.agrees, wanted.statement
    return DisputeBody.of(await store.do(actions.answer, actor, dispute_id, *said, now))


@router.post("/disputes/{dispute_id}/withdrawal")
async def post_dispute_withdrawal(
    dispute_id: Id, actor: Writer, store: CurrentStore, now: Now
) -> DisputeBody:
    """Take back a dispute that you opened. It cannot be opened again."""
    return DisputeBody.of(await store.do(actions.withdraw, actor, dispute_id, now))


@router.post("/disputes/{dispute_id}/decision")
async def post_dispute_decision(
    dispute_id: Id,
    wanted: DecisionRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> DisputeBody:
    """Decide a contested dispute, or the appeal against another operator's decision."""
    judgement = wanted.judgement()
    return DisputeBody.of(await store.do(actions.judge, operator, dispute_id, judgement, now))


@router.post("/disputes/{dispute_id}/appeal")
async def post_dispute_appeal(
    dispute_id: Id, wanted: AppealRequest, actor: Writer, store: CurrentStore, now: Now
) -> DisputeBody:
    """Appeal against the first decision, within 72 hours: another operator decides for good."""
    said = wanted.statement
    return DisputeBody.of(await store.do(actions.appeal, actor, dispute_id, said, now))
