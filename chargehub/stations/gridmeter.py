"""What a station reads of the meter at its site's grid connection. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GridReading:
    """One instant of the meter at a site's grid connection.

    `export_w`: what flows into the grid less what flows out of it, so it may be below zero.
    `exported_wh`: the register of energy fed in. None: not told.
    """

    at: datetime
    export_w: int | None = None
    exported_wh: int | None = None
