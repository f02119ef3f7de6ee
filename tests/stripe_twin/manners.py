"""Idempotency as version 1 of Stripe's API has it, and faults on demand.

Source: Stripe's API reference, "Idempotent requests".
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.stripe_twin.errors import Refused

KEPT_S = 86_400
Fault = Literal["drop_before", "drop_after", "too_many", "broken", "broken_after", "slow"]
FAULTS: tuple[Fault, ...] = (
    *("drop_before", "drop_after", "too_many"),
    *("broken", "broken_after", "slow"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status and the body, and whether it was answered before."""

    status: int
    body: Mapping[str, Any]
    is_replay: bool = False


@dataclass(slots=True)
class Keys:
    """What was answered under each key, for a day of the twin's clock."""

    kept: dict[str, tuple[int, str, Answer | None]] = field(default_factory=dict)

    def begin(self, key: str, asked: str, now: int) -> Answer | None:
        """The answer of before, if there was one. Raises Refused."""
        found = self.kept.get(key)
        if found is None or now - found[0] > KEPT_S:
            self.kept[key] = (now, asked, None)
            return None
        if found[1] != asked:
            raise Refused(
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with.",
                kind="idempotency_error",
            )
        if found[2] is None:
            raise Refused(
                "There is currently another in-progress request using this Idempotency-Key.",
                status=409,
                code="idempotency_key_in_use",
                kind="idempotency_error",
            )
        return replace(found[2], is_replay=True)

    def end(self, key: str, answer: Answer) -> None:
        """Keep an answer, also a 500; a request that was never begun is forgotten."""
        at, asked, _ = self.kept[key]
        if answer.status in (409, 429):
            del self.kept[key]
        else:
            self.kept[key] = (at, asked, answer)


@dataclass(slots=True)
class Faults:
    """What goes wrong next: a list in order, or by chance of a hundred with a seed."""

    next: list[Fault | None] = field(default_factory=list)
    of_a_hundred: int = 0
    seed: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # bad luck that can be repeated

    def take(self) -> Fault | None:
        """What goes wrong with this request."""
        if self.next:
            return self.next.pop(0)
        if self._random.randrange(100) < self.of_a_hundred:
            return self._random.choice(FAULTS)
        return None
