"""Reviews as they are read: of a session, a station, a person; and what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from chargehub.reputation.rules import Outcome, Party
from chargehub.reputation.schema import Review, ReviewDecision, ReviewWindow
from chargehub.reputation.scores import rating, thousandths
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

MOST_COUNTED = 2_000  # the newest; those before are years old where there are so many

REVIEW = table_of(Review)
WINDOW = table_of(ReviewWindow)
DECISION = table_of(ReviewDecision)
_WINDOW = Hot(select(WINDOW).where(WINDOW.c.session_id == bindparam("session_id")))


@dataclass(frozen=True, slots=True)
class WindowView:
    """A settled session that may be reviewed; `closed_at` None: still blind."""

    session_id: str
    station_id: str
    owner_id: str
    driver_id: str
    opened_at: datetime
    closes_at: datetime
    closed_at: datetime | None

    def party(self, account_id: str) -> Party | None:
        """Which side of the session this account is on."""
        if account_id == self.driver_id:
            return "driver"
        return "owner" if account_id == self.owner_id else None


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review; see `schema.Review`."""

    id: str
    session_id: str
    station_id: str
    author: Party
    author_id: str
    subject_id: str
    stars: int
    scores: dict[str, int]
    text: str | None
    written_at: datetime
    published_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    appeal: str | None
    appealed_at: datetime | None
    outcome: Outcome | None
    decided_at: datetime | None

    @property
    def is_shown(self) -> bool:
        """Whether others than its author may read it."""
        return self.published_at is not None and self.outcome != "struck"


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What an operator decided of a review, and why."""

    id: str
    review_id: str
    operator_id: str
    outcome: Outcome
    reason: str
    removed_text: str | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Rated:
    """What reviews come to: thousandths of a star, and how many count."""

    thousandths: int
    reviews: int


_SHOWN = (REVIEW.c.published_at.is_not(None), REVIEW.c.outcome.is_distinct_from("struck"))
_DUE = (
    select(WINDOW)
    .where(WINDOW.c.closed_at.is_(None), WINDOW.c.closes_at <= bindparam("now", type_=Instant()))
    .order_by(WINDOW.c.closes_at)
)


def review(reads: Reads, review_id: str) -> ReviewView | None:
    """A review by its id."""
    row = reads.one(select(REVIEW).where(REVIEW.c.id == review_id))
    return None if row is None else ReviewView(**row._mapping)


def window(reads: Reads, session_id: str) -> WindowView | None:
    """When a session may be reviewed; None: never, or not yet."""
    row = reads.one(_WINDOW, session_id=session_id)
    return None if row is None else WindowView(*row)


def due(reads: Reads, now: datetime, limit: int) -> Sequence[WindowView]:
    """Windows whose time is over, and that are still blind."""
    return [WindowView(**row._mapping) for row in reads.all(_DUE.limit(limit), now=now)]


def of_session(reads: Reads, session_id: str) -> tuple[ReviewView, ...]:
    """Both reviews of a session, shown or not."""
    rows = reads.all(select(REVIEW).where(REVIEW.c.session_id == session_id).limit(2))
    return _views(rows)


def of_station(
    reads: Reads, station_id: str, after: str | None, limit: int
) -> tuple[ReviewView, ...]:
    """What drivers say of a station, the newest first, those before the id `after`."""
    whose = (REVIEW.c.station_id == station_id, REVIEW.c.author == "driver", *_SHOWN)
    return _page(reads, whose, after, limit)


def of_driver(
    reads: Reads, driver_id: str, after: str | None, limit: int
) -> tuple[ReviewView, ...]:
    """What owners say of a driver, the newest first, those before the id `after`."""
    whose = (REVIEW.c.subject_id == driver_id, REVIEW.c.author == "owner", *_SHOWN)
    return _page(reads, whose, after, limit)


def appealed(reads: Reads, after: str | None, limit: int) -> tuple[ReviewView, ...]:
    """Reviews that wait for an operator's decision, the newest first."""
    whose = (REVIEW.c.appealed_at.is_not(None), REVIEW.c.decided_at.is_(None))
    return _page(reads, whose, after, limit)


def decisions(reads: Reads, review_id: str) -> tuple[DecisionView, ...]:
    """What was decided of a review, in order."""
    those = select(DECISION).where(DECISION.c.review_id == review_id)
    rows = reads.all(those.order_by(DECISION.c.id).limit(100))
    return tuple(DecisionView(**row._mapping) for row in rows)


def rated(reads: Reads, now: datetime, author: Party, **whose: str) -> Rated:
    """What the reviews of a station (`station_id`) or person (`subject_id`) come to by now."""
    those = [REVIEW.c[column] == value for column, value in whose.items()]
    rows = reads.all(
        select(REVIEW.c.stars, REVIEW.c.written_at)
        .where(*those, REVIEW.c.author == author, *_SHOWN)
        .order_by(REVIEW.c.id.desc())
        .limit(MOST_COUNTED)
    )
    found = rating((row.stars, now - row.written_at) for row in rows)
    return Rated(thousandths(found), len(rows))


def _page(reads: Reads, whose: Any, after: str | None, limit: int) -> tuple[ReviewView, ...]:
    statement = select(REVIEW).where(*whose)
    if after is not None:
        statement = statement.where(REVIEW.c.id < after)
    return _views(reads.all(statement.order_by(REVIEW.c.id.desc()).limit(limit)))


def _views(rows: Sequence[Any]) -> tuple[ReviewView, ...]:
    return tuple(ReviewView(**row._mapping) for row in rows)
