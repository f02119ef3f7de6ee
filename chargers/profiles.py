"""Charging profiles as values: what they are, and which limit one sets at an instant. Pure.

Source: OCPP 1.6, 3.13 and 7.8 to 7.14; OCPP 2.0.1 part 2, K.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

Purpose = Literal["station_max", "session_default", "session"]
Kind = Literal["absolute", "recurring", "relative"]
Unit = Literal["W", "A"]
RECURRENCES: Mapping[str, timedelta] = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
MOST_CHANGES = 2_000  # of one profile that are looked at: a long look ahead ends before


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `value` W in all, or A on each of `phases`. Below `least` a car takes nothing.

    `value` None: no limit (2.1). `phases` None: all there are.
    """

    unit: Unit
    value: Decimal | None
    phases: int | None = None
    least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From `start_s` after the schedule's start on."""

    start_s: int
    value: Decimal | None
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. `evse` 0: the station; for a session's default every EVSE.

    `starts_at` None: with the session. `duration_s` None: the last period has no end, or the next
    recurrence ends it. `told`: the profile as the hub sent it, for a hub that asks for it.
    """

    id: int
    evse: int
    purpose: Purpose
    stack_level: int
    kind: Kind
    unit: Unit
    periods: tuple[Period, ...]
    starts_at: datetime | None = None
    duration_s: int | None = None
    least: Decimal | None = None
    recurrence: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction_id: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def at_evse(self, evse: int) -> "Profile":
        """The same for another EVSE: a remote start does not always name one."""
        return replace(self, evse=evse)

    def is_for(self, evse: int) -> bool:
        """True if it says something of this EVSE's sessions."""
        return self.purpose != "station_max" and self.evse in (0, evse)

    def limit(self, at: datetime, began_at: datetime) -> Limit | None:
        """What it sets at an instant; None: it is silent. `began_at`: the session's begin."""
        if not self._is_valid(at):
            return None
        origin = self._origin(at, began_at)
        if origin is None:
            return None
        passed = at - origin
        if self.duration_s is not None and passed >= timedelta(seconds=self.duration_s):
            return None
        begun = [one for one in self.periods if timedelta(seconds=one.start_s) <= passed]
        if not begun:
            return None
        return Limit(self.unit, begun[-1].value, begun[-1].phases, self.least)

    def changes(self, since: datetime, until: datetime, began_at: datetime) -> list[datetime]:
        """The instants after `since` and before `until` at which its limit may change.

        At most MOST_CHANGES of them, the first ones.
        """
        edges = [one for one in (self.valid_from, self.valid_to) if one is not None]
        found = (at for at in self._schedule_edges(since, until, began_at) if since < at < until)
        return sorted({*(at for at in edges if since < at < until), *islice(found, MOST_CHANGES)})

    def _is_valid(self, at: datetime) -> bool:
        has_begun = self.valid_from is None or self.valid_from <= at
        return has_begun and (self.valid_to is None or at < self.valid_to)

    def _origin(self, at: datetime, began_at: datetime) -> datetime | None:
        """When the schedule in force at an instant began; None: it has not."""
        starts_at = began_at if self.kind == "relative" else (self.starts_at or began_at)
        if at < starts_at:
            return None
        if self.kind != "recurring":
            return starts_at
        every = RECURRENCES[self.recurrence or "daily"]
        return starts_at + every * ((at - starts_at) // every)

    def _schedule_edges(
        self, since: datetime, until: datetime, began_at: datetime
    ) -> Iterator[datetime]:
        offsets = [one.start_s for one in self.periods]
        if self.duration_s is not None:
            offsets.append(self.duration_s)
        steps = [timedelta(seconds=offset) for offset in sorted(offsets)]
        starts_at = began_at if self.kind == "relative" else (self.starts_at or began_at)
        origin = self._origin(since, began_at) or starts_at
        while origin < until:
            yield origin
            yield from (origin + step for step in steps)
            if self.kind != "recurring":
                return
            origin += RECURRENCES[self.recurrence or "daily"]
