"""Messages that mean nothing to sessions and money: kept as notes, answered as the standard asks.

The answer of such a message is the same whatever it says. Where a station wants something that
the hub does not do, the answer is the standard's word for no.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chargehub.ocpp.fields import LARGEST_NUMBER, Message, Payload, word
from chargehub.stations.reports import Noted, NoteTopic

Answer = Mapping[str, Any] | Callable[[Payload], dict[str, Any]]


def note(topic: NoteTopic, answer: Answer | None = None, is_progress: bool = False) -> Message:
    """How a message becomes a note on `topic`, and what its station is told. None: nothing.

    `is_progress`: it tells how far the station is with a command of the hub's.
    """

    def to_report(payload: Payload) -> Noted:
        is_last = not payload.get("tbc", False)
        request_id, status = _request_id(payload.get("requestId")), payload.get("status")
        told = word(status) if is_progress and isinstance(status, str) else None
        return Noted(topic, payload, request_id, is_last, told)

    def to_payload(kept: Noted) -> dict[str, Any]:
        return answer(kept.content) if callable(answer) else dict(answer or {})

    return to_report, to_payload


def _request_id(value: Any) -> int | None:
    """The number of the command that is answered; None: -1 and the like, nobody asked."""
    return int(value) if value is not None and 0 <= value <= LARGEST_NUMBER else None
