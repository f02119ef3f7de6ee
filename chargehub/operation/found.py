"""What a look at the operator's board comes to: topics, what waits, and what resolves it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehub.store.work import Reads
from chargehub.units import Money

SHOWN: Final = 10  # of each topic


@dataclass(frozen=True, slots=True)
class Action:
    """What resolves a topic: a request, and in a sentence how."""

    method: str
    path: str
    told: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits. `since`: or until when, where that is what matters."""

    id: str
    told: str
    amount: Money | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What waits: how many (at most COUNTED are looked at), their sums, the oldest, some."""

    count: int = 0
    sums: tuple[Money, ...] = ()
    oldest: datetime | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Of when, and of which rails that keep books."""

    now: datetime
    rails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of thing that may wait. `told`: what it is, in a sentence."""

    name: str
    told: str
    look: Callable[[Reads, Asked], Found]
    action: Action


def found_of(items: Iterable[Item]) -> Found:
    """What is known one by one."""
    listed = tuple(items)
    sums: dict[str, int] = {}
    for one in listed:
        if one.amount is not None:
            sums[one.amount.currency] = sums.get(one.amount.currency, 0) + one.amount.amount_minor
    oldest = min((one.since for one in listed if one.since is not None), default=None)
    in_all = tuple(Money(amount, code) for code, amount in sorted(sums.items()))
    return Found(len(listed), in_all, oldest, listed[:SHOWN])
