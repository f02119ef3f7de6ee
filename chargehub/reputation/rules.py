"""Reviews: who may say what of whom, and when others see it. Pure.

Both sides of a settled session review each other once, blind: neither is shown before both have
written or the window has closed.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from chargehub.errors import Conflict, Forbidden, Invalid, NotFound

Party = Literal["driver", "owner"]
Outcome = Literal["kept", "text_removed", "reply_removed", "struck"]
"""What an operator decides of a review. A struck one is not shown and does not count."""

WINDOW = timedelta(days=14)
TEXT_LONGEST = 1_000  # characters

SCORES: Mapping[Party, tuple[str, ...]] = {
    "driver": ("accuracy", "access", "communication"),
    "owner": ("punctuality", "cable_care"),
}
"""What each side may say beside the stars; reliability is measured, and not asked."""


class NoSuchReview(NotFound):
    """There is no such review, or it is not shown yet."""

    def __init__(self) -> None:
        super().__init__("There is no review with this id.")


class NotSettled(Conflict):
    """Only a session that is settled can be reviewed."""

    code = "not_settled"

    def __init__(self) -> None:
        super().__init__("The session is not settled yet. Review it when its bill is paid.")


class OwnSession(Forbidden):
    """Nobody reviews their own charger, nor do its household and its owner's members."""

    code = "own_session"

    def __init__(self) -> None:
        super().__init__(
            "Sessions of an owner, of the household and of the owner's members are not reviewed."
        )


class ReviewWindowOver(Conflict):
    """A session can be reviewed for 14 days after it was settled."""

    code = "review_window_over"

    def __init__(self) -> None:
        super().__init__(
            f"The time to review this session is over: {WINDOW.days} days, or once both have."
        )


class AlreadyReviewed(Conflict):
    """Each side reviews a session once."""

    code = "already_reviewed"

    def __init__(self) -> None:
        super().__init__("You have reviewed this session already.")


class BadScore(Invalid):
    """A score that is not asked of this side."""

    code = "bad_score"


class AlreadyAnswered(Conflict):
    """The reviewed side replies once, and appeals once."""

    code = "already_answered"


class NotReviewed(Forbidden):
    """Only who was reviewed may answer a review."""

    code = "not_reviewed"

    def __init__(self) -> None:
        super().__init__("Only who was reviewed may do this.")


def check_scores(author: Party, scores: Mapping[str, int]) -> None:
    """Raises BadScore for one that this side is not asked for."""
    for name in scores:
        if name not in SCORES[author]:
            raise BadScore(f"As {author} you score {', '.join(SCORES[author])}; not {name}.")
