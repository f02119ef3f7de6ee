"""What went over a station's lines: frames, the answers to its calls, and how they were."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from chargers.told import Told

Direction = Literal["sent", "received"]
FRAMES_KEPT = 2_000  # enough to look at in a test, small for a fleet
LATENCIES_KEPT = 20_000  # of a long run the newest; eight bytes each
CALL, CALL_RESULT, CALL_ERROR = 2, 3, 4


def read_frame(text: str) -> list[Any] | None:
    """A frame of OCPP's envelope, or None for anything else."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    is_frame = isinstance(frame, list) and len(frame) >= 3 and isinstance(frame[1], str)
    return frame if is_frame else None


@dataclass(slots=True)
class Traffic:
    """Of all lines that a station had. `errors`: OCPP error code -> count.

    `unanswered`: calls the hub let time out; `misfits`: answers that no schema allows;
    `cut`: lines that the hub closed without a WebSocket close code.
    """

    frames: deque[tuple[Direction, str]] = field(default_factory=lambda: deque(maxlen=FRAMES_KEPT))
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    told: Told = field(default_factory=Told)
    calls: int = 0
    unanswered: int = 0
    misfits: int = 0
    cut: int = 0
    _asked: dict[str, tuple[str, dict[str, Any], float]] = field(default_factory=dict)

    def sent(self, text: str) -> None:
        """Note a frame of the station's."""
        self.frames.append(("sent", text))
        frame = orjson.loads(text)
        if frame[0] == CALL:
            self.calls += 1
            self._asked[frame[1]] = (frame[2], frame[3], time.monotonic())

    def received(self, text: str) -> list[Any] | None:
        """Note a frame of the hub's, and return it read."""
        self.frames.append(("received", text))
        frame = read_frame(text)
        if frame is None or frame[0] not in (CALL_RESULT, CALL_ERROR):
            return frame
        action, payload, asked_s = self._asked.pop(frame[1], ("", {}, None))
        if asked_s is not None:
            self.latencies_s.append(time.monotonic() - asked_s)
        if frame[0] == CALL_RESULT:
            self.answers[action] = frame[2]
            self.told.add(action, payload, frame[2])
        else:
            self.errors[str(frame[2])] += 1
        return frame

    def line_is_gone(self) -> None:
        """What was asked over the last line has no answer any more."""
        self._asked.clear()
