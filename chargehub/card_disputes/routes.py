"""Card disputes over REST: what owners and operators see, and what operators do about them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from chargehub.card_disputes import answering
from chargehub.card_disputes.bodies import OperatorsCardDisputeBody, WordsRequest
from chargehub.errors import Forbidden
from chargehub.payments import card_disputes as tables
from chargehub.people.access import CurrentActor, CurrentOperator
from chargehub.people.rules import Actor
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, PageQuery, page
from chargehub.store.work import Reads, Work

router = APIRouter(tags=["disputes"])

Id = Annotated[str, Path(max_length=36)]
Whose = Annotated[
    Literal["own", "all"],
    Query(description="Of your own stations, or, for operators, those of all."),
]


@router.get("/card-disputes")
async def get_card_disputes(
    actor: CurrentActor, asked: CurrentPage, store: CurrentStore, whose: Whose = "own"
) -> Page[OperatorsCardDisputeBody]:
    """Charges at your stations that cardholders dispute at their banks, newest first: what of your
    part is kept, and why. For operators all of them, top-ups too."""
    if whose == "all" and not actor.is_operator:
        raise Forbidden("Only an operator sees the card disputes of all. Leave `whose` out.")
    return await store.read(_listed, actor, whose == "all", asked)


def _listed(
    reads: Reads, actor: Actor, is_all: bool, asked: PageQuery
) -> Page[OperatorsCardDisputeBody]:
    owner_id = None if is_all else actor.account_id
    found = tables.page(reads, owner_id, asked.after_id(), asked.fetch)

    def body(view: tables.CardDisputeView) -> OperatorsCardDisputeBody:
        return OperatorsCardDisputeBody.of(reads, view, is_operator=actor.is_operator)

    return page(found, asked, lambda one: (one.id,), body)


@router.post("/card-disputes/{card_dispute_id}/words")
async def post_card_dispute_words(
    card_dispute_id: Id,
    wanted: WordsRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> OperatorsCardDisputeBody:
    """Say what the bank is to read before the hub's evidence, in the place of what was said so
    far; until the evidence is sent, two days before it is due. For operators."""
    return await store.do(_add_words, card_dispute_id, wanted.words, now)


def _add_words(work: Work, dispute_id: str, words: str, now: datetime) -> OperatorsCardDisputeBody:
    view = answering.add_words(work, dispute_id, words, now)
    return OperatorsCardDisputeBody.of(work, view, is_operator=True)


@router.post("/card-disputes/{card_dispute_id}/acceptance")
async def post_card_dispute_acceptance(
    card_dispute_id: Id, operator: CurrentOperator, store: CurrentStore
) -> OperatorsCardDisputeBody:
    """Leave the charge to the cardholder: no evidence is sent, and the bank need not decide. It
    cannot be taken back. For operators."""
    return await store.do(_accept, operator, card_dispute_id)


def _accept(work: Work, operator: Actor, dispute_id: str) -> OperatorsCardDisputeBody:
    view = answering.accept(work, operator, dispute_id)
    return OperatorsCardDisputeBody.of(work, view, is_operator=True)
