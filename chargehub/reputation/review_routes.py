"""Reviews over REST: written by the two sides of a session, read by everybody once shown."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from chargehub.listings.audience import offered_to
from chargehub.people.access import (
    FOR_ANYBODY,
    CurrentActor,
    CurrentOperator,
    KnownActor,
    needs,
)
from chargehub.people.rules import Actor
from chargehub.reputation import pages, reviewing
from chargehub.reputation.pages import DecisionView, ReviewView
from chargehub.reputation.rules import TEXT_LONGEST, Outcome, Party
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentPage, CurrentStore, Now, Page, page
from chargehub.rest.throttle import Throttled
from chargehub.sessions import remote
from chargehub.store.work import Reads

router = APIRouter(tags=["reputation"])

Writer = Annotated[Actor, Depends(needs("sessions:write"))]
Id = Annotated[str, Path(max_length=36)]
Score = Annotated[int, Field(ge=1, le=5)]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_LONGEST)]
_throttle = Depends(Throttled("reviews", rate_per_s=10, burst=60))


class ScoresBody(Body):
    """1 to 5 each, and none has to be said. As driver: `accuracy`, `access`, `communication`; as
    owner: `punctuality`, `cable_care`."""

    accuracy: Score | None = None
    access: Score | None = None
    communication: Score | None = None
    punctuality: Score | None = None
    cable_care: Score | None = None

    def said(self) -> dict[str, int]:
        """Those that were said."""
        return self.model_dump(exclude_none=True)


class ReviewRequest(Body):
    """What you say of the other side of a session: 1 to 5 `stars`, and more if you like."""

    stars: Score
    scores: ScoresBody = ScoresBody()
    text: Text | None = None


class ReviewReplyRequest(Body):
    """A reply, or why an operator should judge the review."""

    text: Text


class ReviewDecisionRequest(Body):
    """What becomes of a review. `reason` is told to both sides.

    `text_removed` and `reply_removed`: the words go, the stars count. `struck`: it is not shown
    any more and does not count.
    """

    outcome: Outcome
    reason: Text


class ReviewBody(BaseModel):
    """What one side of a session says of the other; `author` says which side. No names are told.

    `published_at` null: blind, and for its author alone. `outcome` null: no operator judged it.
    """

    id: str
    author: Party
    stars: int
    scores: dict[str, int]
    text: str | None
    written_at: datetime
    published_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    outcome: Outcome | None

    @classmethod
    def of(cls, review: ReviewView) -> Self:
        return cls.model_validate({name: getattr(review, name) for name in cls.model_fields})


class PartyReviewBody(ReviewBody):
    """A review as its session's two sides and operators read it."""

    session_id: str
    station_id: str
    appeal: str | None
    appealed_at: datetime | None


class SessionReviewsBody(BaseModel):
    """The reviews of a session that you may read. `state`: none (it is not to be reviewed, or not
    yet), open until `closes_at`, or closed."""

    state: Literal["none", "open", "closed"]
    closes_at: datetime | None
    items: list[PartyReviewBody]


class DecisionBody(BaseModel):
    """What an operator decided of a review; `removed_text`: what was taken out."""

    id: str
    operator_id: str
    outcome: Outcome
    reason: str
    removed_text: str | None
    decided_at: datetime

    @classmethod
    def of(cls, decision: DecisionView) -> Self:
        return cls.model_validate({name: getattr(decision, name) for name in cls.model_fields})


class DecisionsBody(BaseModel):
    """All that was decided of a review, in order."""

    items: list[DecisionBody]


@router.post("/sessions/{session_id}/reviews", status_code=201)
async def post_review(
    session_id: Id, said: ReviewRequest, actor: Writer, store: CurrentStore, now: Now
) -> PartyReviewBody:
    """Review the other side of a settled session, within 14 days; shown once both have, or then."""
    wanted = reviewing.Wanted(session_id, said.stars, said.scores.said(), said.text)
    return PartyReviewBody.of(await store.do(reviewing.write, actor, wanted, now))


@router.get("/sessions/{session_id}/reviews")
async def get_session_reviews(
    session_id: Id, actor: CurrentActor, store: CurrentStore, now: Now
) -> SessionReviewsBody:
    """The reviews of your session: your own, and the other side's once it is shown."""
    return await store.read(_of_session, actor, session_id, now)


def _of_session(reads: Reads, actor: Actor, session_id: str, now: datetime) -> SessionReviewsBody:
    remote.seen_by(reads, actor, session_id)
    window = pages.window(reads, session_id)
    if window is None:
        return SessionReviewsBody(state="none", closes_at=None, items=[])
    is_open = window.closed_at is None and now < window.closes_at
    seen = [
        review
        for review in pages.of_session(reads, session_id)
        if review.is_shown or actor.is_operator or review.author_id == actor.account_id
    ]
    return SessionReviewsBody(
        state="open" if is_open else "closed",
        closes_at=window.closes_at,
        items=[PartyReviewBody.of(review) for review in seen],
    )


@router.get("/stations/{station_id}/reviews", dependencies=[_throttle], openapi_extra=FOR_ANYBODY)
async def get_station_reviews(
    station_id: Id, actor: KnownActor, store: CurrentStore, asked: CurrentPage
) -> Page[ReviewBody]:
    """What drivers say of a published station, the newest first."""
    rows = await store.read(_of_station, actor, station_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda review: (review.id,), ReviewBody.of)


def _of_station(
    reads: Reads, actor: Actor | None, station_id: str, after: str | None, limit: int
) -> tuple[ReviewView, ...]:
    offered_to(reads, station_id, actor)
    return pages.of_station(reads, station_id, after, limit)


@router.get("/drivers/me/reviews")
async def get_my_reviews(
    actor: CurrentActor, store: CurrentStore, asked: CurrentPage
) -> Page[PartyReviewBody]:
    """What owners say of you as a driver, the newest first."""
    rows = await store.read(pages.of_driver, actor.account_id, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda review: (review.id,), PartyReviewBody.of)


@router.post("/reviews/{review_id}/reply")
async def post_reply(
    review_id: Id, said: ReviewReplyRequest, actor: Writer, store: CurrentStore, now: Now
) -> PartyReviewBody:
    """Reply to a review of you, once; everybody may read it."""
    return PartyReviewBody.of(await store.do(reviewing.reply, actor, review_id, said.text, now))


@router.post("/reviews/{review_id}/appeal")
async def post_appeal(
    review_id: Id, said: ReviewReplyRequest, actor: Writer, store: CurrentStore, now: Now
) -> PartyReviewBody:
    """Ask an operator to judge a review of you, once."""
    return PartyReviewBody.of(await store.do(reviewing.appeal, actor, review_id, said.text, now))


@router.get("/reviews")
async def get_appeals(
    _: CurrentOperator, store: CurrentStore, asked: CurrentPage
) -> Page[PartyReviewBody]:
    """Reviews of which an operator is asked to judge, the newest first."""
    rows = await store.read(pages.appealed, asked.after_id(), asked.fetch)
    return page(rows, asked, lambda review: (review.id,), PartyReviewBody.of)


@router.post("/reviews/{review_id}/decisions", status_code=201)
async def post_decision(
    review_id: Id,
    said: ReviewDecisionRequest,
    operator: CurrentOperator,
    store: CurrentStore,
    now: Now,
) -> PartyReviewBody:
    """Judge a review: keep it, take words out, or strike it. Both sides are told why."""
    decision = (said.outcome, said.reason)
    return PartyReviewBody.of(await store.do(reviewing.decide, operator, review_id, decision, now))


@router.get("/reviews/{review_id}/decisions")
async def get_decisions(review_id: Id, _: CurrentOperator, store: CurrentStore) -> DecisionsBody:
    """What was decided of a review, by whom and why, and what was taken out of it."""
    found = await store.read(pages.decisions, review_id)
    return DecisionsBody(items=[DecisionBody.of(each) for each in found])
