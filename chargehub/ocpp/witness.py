"""Tells check-ups what the station that is being checked reports. Of all others it keeps nothing.

Which stations those are is read once, and again whenever a check-up begins or ends.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from chargehub.bus.live import LiveBus
from chargehub.checkups import actions, tables
from chargehub.checkups.actions import Checking
from chargehub.checkups.evidence import Seen
from chargehub.errors import Unavailable
from chargehub.stations import reports
from chargehub.store.writer import Store


class Witness:
    """Of all lines of a process."""

    def __init__(self, store: Store, live: LiveBus, checking: Checking) -> None:
        self._store = store
        self._checking = checking
        self._watching = live.watch(actions.WATCHED)  # for as long as the hub lives
        self._changed = self._watching.__enter__()
        self._changed.set()  # an earlier process may have left some
        self._looking = asyncio.Lock()
        self._checked: frozenset[str] = frozenset()

    async def note(self, station_id: str, report: Any, now: datetime) -> None:
        """A report was stored. If its station is being checked, the check-up hears of it."""
        with suppress(Unavailable):  # a check-up is no reason to answer a station with an error
            await self._look()
            if station_id in self._checked and (told := seen_of(report, now)):
                await self._store.do(actions.witness, station_id, told, self._checking, now)

    async def _look(self) -> None:
        """Reports that come while it is looked wait for what is seen."""
        if not (self._looking.locked() or self._changed.is_set()):
            return
        async with self._looking:
            if self._changed.is_set():
                self._changed.clear()
                try:
                    self._checked = await self._store.read(tables.open_stations)
                except Unavailable:
                    self._changed.set()
                    raise


def seen_of(report: Any, now: datetime) -> tuple[Seen, ...]:
    """What of a report a check-up looks at; nothing for most."""
    match report:
        case reports.Booted():
            return (Seen("boot", now),)
        case reports.Heartbeat():
            return (Seen("heartbeat", now),)
        case reports.SettingsReported():
            return (Seen("settings", now),) if report.is_last else ()
        case reports.StatusChanged():
            return (Seen("status", now, report.evse, _ahead_s(report.at, now)),)
        case reports.Metered():
            return _readings(report, now)
        case reports.SessionProgressed() if not report.offline:
            return _readings(report, now)
    return ()


def _readings(
    report: reports.Metered | reports.SessionProgressed, now: datetime
) -> tuple[Seen, ...]:
    evse, is_signed = report.evse or 0, bool(report.signed)
    return tuple(
        Seen(
            "reading",
            now,
            evse,
            _ahead_s(each.at, now),
            each.register_wh,
            each.power_w,
            each.is_absurd,
            is_signed,
        )
        for each in report.readings
    )


def _ahead_s(at: datetime | None, now: datetime) -> int | None:
    return None if at is None else round((at - now).total_seconds())
