"""Review the other side of a settled session; show both at once; reply, appeal, decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import update

from chargehub import events
from chargehub.people import mails
from chargehub.people import tables as people
from chargehub.people.rules import Actor
from chargehub.reputation import pages, rules
from chargehub.reputation.measuring import look_again
from chargehub.reputation.pages import REVIEW, WINDOW, ReviewView, WindowView
from chargehub.reputation.rules import Outcome, Party
from chargehub.reputation.schema import Review, ReviewDecision, ReviewWindow
from chargehub.sessions import remote
from chargehub.sessions import tables as sessions
from chargehub.sessions.tables import SessionView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables as tariffs


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody says of the other side: 1 to 5 stars, scores by name, and words."""

    session_id: str
    stars: int
    scores: Mapping[str, int]
    text: str | None


def open_window(work: Work, event: events.SessionSettled, now: datetime) -> None:
    """A session is settled: both sides may review it, unless they are one. Once."""
    session = sessions.session(work, event.session_id)
    if session is None or session.driver_id is None or _is_own(work, session):
        return
    if pages.window(work, session.id) is None:
        work.add(
            ReviewWindow(
                session_id=session.id,
                station_id=session.station_id,
                owner_id=session.owner_id,
                driver_id=session.driver_id,
                opened_at=now,
                closes_at=now + rules.WINDOW,
            )
        )


def write(work: Work, actor: Actor, wanted: Wanted, now: datetime) -> ReviewView:
    """Review the other side of a session. Once both sides have, both reviews are shown.

    Raises NoSuchSession, NotSettled, OwnSession, ReviewWindowOver, AlreadyReviewed, BadScore.
    """
    session = remote.seen_by(work, actor, wanted.session_id)
    window = pages.window(work, session.id)
    if window is None:
        raise rules.OwnSession if _is_own(work, session) else rules.NotSettled
    author = window.party(actor.account_id)
    if author is None:  # an operator sees every session
        raise rules.OwnSession
    rules.check_scores(author, wanted.scores)
    written = pages.of_session(work, session.id)
    if any(one.author == author for one in written):
        raise rules.AlreadyReviewed
    if window.closed_at is not None or now >= window.closes_at:
        raise rules.ReviewWindowOver
    review_id = _add(work, window, author, wanted, now)
    if written:
        _show(work, window, now)
    else:
        _invite(work, window, author, now)
    return _found(work, review_id)


def close_windows(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Show what was written of sessions whose window is over, at most 50; how many."""
    due = pages.due(work, now, chunk.limit)
    return chunk.each(work, due, attrgetter("session_id"), partial(_show, now=now))


def reply(work: Work, actor: Actor, review_id: str, text: str, now: datetime) -> ReviewView:
    """The reviewed side answers once, for everybody to read. Raises NoSuchReview, NotReviewed,
    AlreadyAnswered."""
    review = _about(work, actor, review_id)
    if review.replied_at is not None:
        raise rules.AlreadyAnswered("You have replied to this review already.")
    _change(work, review, reply=text, replied_at=now)
    _mail(work, review.author_id, "Your review has a reply", _replied(review), now)
    return _found(work, review_id)


def appeal(work: Work, actor: Actor, review_id: str, text: str, now: datetime) -> ReviewView:
    """The reviewed side asks an operator to judge the review, once. Raises NoSuchReview,
    NotReviewed, AlreadyAnswered."""
    review = _about(work, actor, review_id)
    if review.appealed_at is not None or review.outcome is not None:
        raise rules.AlreadyAnswered("An operator was asked about this review already, or decided.")
    _change(work, review, appeal=text, appealed_at=now)
    return _found(work, review_id)


def decide(
    work: Work, operator: Actor, review_id: str, decision: tuple[Outcome, str], now: datetime
) -> ReviewView:
    """An operator judges a review: (outcome, why). What is taken out stays in the decision.

    With or without an appeal, and again if need be. Raises NoSuchReview.
    """
    outcome, reason = decision
    review = pages.review(work, review_id)
    if review is None:
        raise rules.NoSuchReview
    removed = {"text_removed": "text", "reply_removed": "reply"}.get(outcome)
    work.add(
        ReviewDecision(
            id=new_id(),
            review_id=review.id,
            operator_id=operator.account_id,
            outcome=outcome,
            reason=reason,
            removed_text=getattr(review, removed) if removed else None,
            decided_at=now,
        )
    )
    gone = {removed: None} if removed else {}
    _change(work, review, outcome=outcome, decided_at=now, **gone)
    work.record(events.ReviewChanged(review.id, review.session_id, outcome))
    look_again(work, review.station_id, now)
    for account_id in (review.author_id, review.subject_id):
        _mail(work, account_id, "A review was judged", _judged(review, outcome, reason), now)
    return _found(work, review_id)


def _is_own(reads: Reads, session: SessionView) -> bool:
    """The two sides are one: the owner, the household, or a member of the owner's."""
    if session.driver_id is None or session.driver_id == session.owner_id or session.is_free:
        return session.driver_id is not None
    return tariffs.membership(reads, session.driver_id, session.owner_id) is not None


def _add(work: Work, window: WindowView, author: Party, wanted: Wanted, now: datetime) -> str:
    sides = {"driver": window.driver_id, "owner": window.owner_id}
    work.add(
        Review(
            id=(review_id := new_id()),
            session_id=window.session_id,
            station_id=window.station_id,
            author=author,
            author_id=sides.pop(author),
            subject_id=sides.popitem()[1],
            stars=wanted.stars,
            scores=dict(wanted.scores),
            text=wanted.text,
            written_at=now,
        )
    )
    return review_id


def _show(work: Work, window: WindowView, now: datetime) -> None:
    """From now on everybody may read what was written of the session."""
    is_blind = (WINDOW.c.session_id == window.session_id, WINDOW.c.closed_at.is_(None))
    if not work.execute(update(WINDOW).where(*is_blind).values(closed_at=now)):
        return
    for review in pages.of_session(work, window.session_id):
        _change(work, review, published_at=now)
        work.record(events.ReviewChanged(review.id, review.session_id, "published"))
        _mail(work, review.subject_id, "Somebody reviewed you", _shown(review), now)
    look_again(work, window.station_id, now)


def _change(work: Work, review: ReviewView, **values: object) -> None:
    work.execute(update(REVIEW).where(REVIEW.c.id == review.id).values(**values))


def _found(reads: Reads, review_id: str) -> ReviewView:
    found = pages.review(reads, review_id)
    assert found is not None, review_id
    return found


def _about(reads: Reads, actor: Actor, review_id: str) -> ReviewView:
    """The review, for whom it is about, as soon as it is shown."""
    review = pages.review(reads, review_id)
    sides = (review.author_id, review.subject_id) if review is not None else ()
    if review is None or not review.is_shown or actor.account_id not in sides:
        raise rules.NoSuchReview
    if review.subject_id != actor.account_id:
        raise rules.NotReviewed
    return review


# --- mail: no text holds what somebody wrote, for it may be what an operator takes out ---


def _invite(work: Work, window: WindowView, author: Party, now: datetime) -> None:
    """The other side has written: say until when to do the same."""
    other = window.owner_id if author == "driver" else window.driver_id
    text = (
        f"The other side has reviewed session {window.session_id}.\n\n"
        f"Review it too by {window.closes_at:%Y-%m-%d %H:%M} UTC. Both reviews are shown when you\n"
        "have, or when that time is over; until then neither can be read.\n"
    )
    _mail(work, other, "Review your charging session", text, now)


def _shown(review: ReviewView) -> str:
    return (
        f"A review of session {review.session_id} can be read now: {review.stars} of 5 stars.\n\n"
        "You may reply to it once, and ask an operator once to judge it.\n"
        f"Its id is {review.id}.\n"
    )


def _replied(review: ReviewView) -> str:
    return f"Whom you reviewed for session {review.session_id} has replied.\n"


def _judged(review: ReviewView, outcome: Outcome, reason: str) -> str:
    became = {
        "kept": "It stays as it is.",
        "text_removed": "Its text was removed; its stars count.",
        "reply_removed": "The reply to it was removed.",
        "struck": "It is not shown any more, and does not count.",
    }
    return (
        f"An operator has judged the review of session {review.session_id}.\n"
        f"{became[outcome]}\n\nThe reason: {reason}\n"
    )


def _mail(work: Work, account_id: str, subject: str, text: str, now: datetime) -> None:
    account = people.account(work, account_id)
    if account is not None:
        mails.write_mail(work, account.email, subject, text, now)
