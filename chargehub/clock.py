"""Business time: the real clock, one moved by hand, one that runs faster.

Slots, grace, tariffs, maturity and what stations are told use this clock. Sockets, time-outs,
backoff and log stamps use real monotonic time and never come here.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells business time, always aware and in UTC."""

    def now(self) -> datetime: ...


class RealClock:
    """The time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class HandClock:
    """Stands still until it is moved; for tests."""

    def __init__(self, start: datetime) -> None:
        assert start.tzinfo is not None
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, step: timedelta) -> None:
        assert step >= timedelta()
        self._now += step

    def set(self, moment: datetime) -> None:
        assert moment >= self._now
        self._now = moment.astimezone(UTC)


class FastClock:
    """Runs `factor` times as fast as real time, from `start` on; never backwards."""

    def __init__(self, start: datetime, factor: float) -> None:
        assert start.tzinfo is not None
        self._start = start.astimezone(UTC)
        self._factor = factor
        self._origin = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._origin) * self._factor)

    def advance(self, step: timedelta) -> None:
        """Skip ahead."""
        assert step >= timedelta()
        self._start += step

    def run_at(self, factor: float) -> None:
        """Go on from now at another speed."""
        assert factor > 0
        self._start, self._origin = self.now(), time.monotonic()
        self._factor = factor
