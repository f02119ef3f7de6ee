"""What people are told when the rules forbid what they ask. Sentences they can act on.

A folder adds its own kinds by subclassing one of these in its `rules.py`. Status codes
belong to `rest/problems.py` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One of the things that stand in the way: when, and why as a code and a sentence.

    `id` None: it is nothing that can be asked for.
    """

    id: str | None
    starts_at: datetime
    ends_at: datetime
    code: str
    detail: str


class Refused(Exception):
    """The rules forbid it. `detail` is a sentence the person can act on.

    `obstacles`: what stands in the way one by one, where there may be several things.
    """

    code = "refused"
    obstacles: Sequence[Obstacle] = ()

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Invalid(Refused):
    """What was sent cannot be meant: a negative power, a slot that ends before it starts."""

    code = "invalid"


class Unauthenticated(Refused):
    """Nobody is logged in, or the login or key is wrong, expired or revoked."""

    code = "unauthenticated"


class Forbidden(Refused):
    """The actor is known and may not do this."""

    code = "forbidden"


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else."""

    code = "not_found"


class Conflict(Refused):
    """It contradicts what is already there: a taken slot, a used name."""

    code = "conflict"


class NotInstalled(Refused):
    """This hub was installed without a part that is needed for it."""

    code = "not_installed"


class TooMany(Refused):
    """Asked too often. `retry_after_s` says when to come back."""

    code = "too_many_requests"

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(Exception):
    """The hub cannot store or reach what it needs right now; the same request may work later."""
