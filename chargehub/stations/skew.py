"""How far a station's clock is ahead of the hub's, from what it says the time is. Pure.

A report that was kept while the line was down says an old time, so one report proves nothing. A
clock that is wrong is wrong by the same time in reports that come minutes apart.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SAMPLES = 3  # that must agree
APART = timedelta(seconds=60)  # from the first to the last of them: a queue comes faster
AGREE_S = 10  # what the way through a mobile network may add to one of them
UNSET = datetime(2010, 1, 1, tzinfo=UTC)  # no OCPP station is older: its clock is not set


@dataclass(frozen=True, slots=True)
class Skew:
    """`ahead_s`: what was measured, None for nothing yet. The rest is what agrees so far."""

    ahead_s: int | None = None
    seen_s: int = 0
    seen: int = 0
    since: datetime = UNSET


def measured(known: Skew, at: datetime, now: datetime) -> Skew:
    """What is known after a report of device time `at` that came in `now`.

    Nothing is told before it happens: a report from further ahead than was measured refutes it.
    """
    if at < UNSET:
        return Skew()
    ahead_s = round((at - now).total_seconds())
    believed = known.ahead_s
    if believed is not None and ahead_s > believed + AGREE_S:
        believed = None
    if known.seen == 0 or abs(ahead_s - known.seen_s) > AGREE_S:
        return Skew(believed, ahead_s, 1, now)
    seen = known.seen + 1
    if seen >= SAMPLES and now - known.since >= APART:
        is_same = believed is not None and abs(believed - known.seen_s) <= AGREE_S
        believed = believed if is_same else known.seen_s
    return Skew(believed, known.seen_s, seen, known.since)
