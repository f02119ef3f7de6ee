"""A call with a list that is longer than its station takes at once, as several calls. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from chargehub.ocpp.fields import Calls, Payload

ENVELOPE_BYTES: Final = 80  # of a call around its payload: brackets, message id and action


@dataclass(frozen=True, slots=True)
class Parted:
    """`field`: the list of an action that several calls may share.

    `most_items`, `most_bytes`: the settings by which a station tells how long a call may be.
    """

    field: str
    most_items: str
    most_bytes: str | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        return (self.most_items, self.most_bytes) if self.most_bytes else (self.most_items,)


def parted(calls: Calls, by_action: Mapping[str, Parted], told: Mapping[str, str]) -> Calls:
    """The calls, those that are too long by what the station `told` of itself in several.

    The items of a list keep their order. One that is too long by itself is sent alone: nobody
    could make it shorter, and the station may take it.
    """
    return tuple(
        (action, part)
        for action, payload in calls
        for part in _parts(payload, by_action.get(action), told)
    )


def _parts(payload: Payload, rule: Parted | None, told: Mapping[str, str]) -> Iterator[Payload]:
    if rule is None or len(payload.get(rule.field, ())) < 2:
        yield payload
        return
    most_items = _limit(told, rule.most_items)
    most_bytes = _limit(told, rule.most_bytes)
    rest: Sequence[Any] = payload[rule.field]
    while len(rest) > 1:
        fitting = rest[:most_items]
        while len(fitting) > 1 and _is_too_long({**payload, rule.field: fitting}, most_bytes):
            fitting = fitting[:-1]
        yield {**payload, rule.field: fitting}
        rest = rest[len(fitting) :]
    if rest:
        yield {**payload, rule.field: rest}


def _is_too_long(payload: Payload, most_bytes: int | None) -> bool:
    return most_bytes is not None and len(orjson.dumps(payload)) + ENVELOPE_BYTES > most_bytes


def _limit(told: Mapping[str, str], name: str | None) -> int | None:
    """A number above 0 as told; None: no limit is known."""
    text = told.get(name or "", "")
    return int(text) or None if text.isdecimal() else None
