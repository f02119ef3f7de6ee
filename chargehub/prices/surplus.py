"""What a site's meter says of its sun, and whether it can be so. Pure. Power is whole W."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from chargehub.errors import Invalid
from chargehub.stations.gridmeter import GridReading

LASTS = timedelta(minutes=30)  # the sun may have gone since
SHORTEST = timedelta(seconds=30)  # between two registers: a Wh more or less is 120 W then
AHEAD = timedelta(minutes=1)  # what a clock may be ahead unseen

Doubt = Literal["above_installed", "night", "old"]


class ImplausibleExport(Invalid):
    """More than the solar power that is installed."""

    code = "implausible_export"

    def __init__(self, installed_w: int) -> None:
        super().__init__(
            f"You stated {installed_w} W of solar power here, and no site feeds in more than it"
            " has. Report less, or state what is installed."
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a site feeds in by its meter, below zero where it takes; None: no power is known yet.

    `register_wh` at `register_at` is what the next power may be worked out from.
    """

    export_w: int | None = None
    measured_at: datetime | None = None
    register_wh: int | None = None
    register_at: datetime | None = None


def measured(before: Measured, told: Iterable[GridReading], now: datetime) -> Measured:
    """What is known after these readings, in any order, at their true instants.

    Those that are old, come again or lie ahead change nothing. Where a meter tells energy alone
    the power is that between two registers.
    """
    found = before
    for reading in sorted(told, key=lambda each: each.at):
        if now - LASTS < reading.at <= now + AHEAD:
            found = _after(found, reading)
    return found


def _after(before: Measured, reading: GridReading) -> Measured:
    newest = max(filter(None, (before.measured_at, before.register_at)), default=None)
    if newest is not None and reading.at <= newest:
        return before
    if reading.exported_wh is None:
        return replace(before, export_w=reading.export_w, measured_at=reading.at)
    begun = replace(before, register_wh=reading.exported_wh, register_at=reading.at)
    if reading.export_w is not None:
        return replace(begun, export_w=reading.export_w, measured_at=reading.at)
    if before.register_wh is None or before.register_at is None:
        return begun
    lasted, gained_wh = reading.at - before.register_at, reading.exported_wh - before.register_wh
    if gained_wh < 0 or lasted > LASTS:  # another meter, or nobody knows when it flowed
        return begun
    if lasted < SHORTEST:
        return before
    export_w = timedelta(hours=gained_wh) // lasted
    return replace(begun, export_w=export_w, measured_at=reading.at)


def doubt(found: Measured, installed_w: int, may_shine: bool, now: datetime) -> Doubt | None:
    """Why a meter's word does not count; None: it does."""
    if found.export_w is None or found.measured_at is None or found.measured_at <= now - LASTS:
        return "old"
    if found.export_w > installed_w:
        return "above_installed"
    if found.export_w > 0 and not may_shine:
        return "night"
    return None
