"""When the deposit of a booking is held, and until when one that was refused may be mended. Pure.

A rail keeps a hold for some days at most, so one that is made with the booking could be gone when
its driver comes. A slot that is further away than a day is the driver's on the kept means of
payment alone, and its deposit is asked for a day before it begins, on every rail alike.
Source: money.md 1.5.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

Deposit = Literal["none", "later", "asked", "missing", "held"]
"""What is known of a booking's deposit. later: it is asked for a day before the start; asked: the
rail has not answered yet; missing: it was refused a booking that stands; its driver may mend that.
"""

HOLD_BEFORE = timedelta(hours=24)
MEND_BEFORE = timedelta(hours=2)  # the slot is free again while others may still want it


def held_from(starts_at: datetime) -> datetime:
    """When the deposit of a booking is asked for, unless it is made later than that."""
    return starts_at - HOLD_BEFORE


def mend_by(starts_at: datetime) -> datetime:
    """A booking whose deposit was refused, and is not held by then, ends."""
    return starts_at - MEND_BEFORE


def told(state: str, starts_at: datetime) -> dict[str, Any]:
    """What its driver reads of a deposit: its state, when it is held, and until when to mend it."""
    return {
        "deposit_state": state,
        "deposit_at": held_from(starts_at) if state == "later" else None,
        "mend_by": mend_by(starts_at) if state == "missing" else None,
    }


def at_first(deposit_minor: int, starts_at: datetime, now: datetime) -> Deposit:
    """What becomes of the deposit of a booking that is made, or agreed to, now."""
    if deposit_minor == 0:
        return "none"
    return "later" if held_from(starts_at) > now else "asked"
