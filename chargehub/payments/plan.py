"""When an owner wants to be paid, and from how much on. Pure.

A day is one of UTC, as in statements: it begins at 00:00Z.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chargehub.errors import Invalid
from chargehub.payments import rules
from chargehub.units import CURRENCIES, Money

Schedule = Literal["at_once", "daily", "weekly", "monthly", "on_request"]
LAST_WEEKDAY, LAST_MONTH_DAY = 7, 28  # every month has a 28th
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY = timedelta(days=1)


class BadPlan(Invalid):
    """A plan that cannot be kept: a day that its schedule has not, a minimum below the hub's."""

    code = "bad_payout_plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """How often an owner is paid. `day`: of the week, Monday is 1, or of the month; else None.

    `minimum` counts for balances of its currency; None: the hub's. `next_at`: when the schedule
    pays next; None: it does so whenever something matures, or only when asked.
    """

    owner_id: str
    schedule: Schedule
    day: int | None
    minimum: Money | None
    next_at: datetime | None
    changed_at: datetime

    @property
    def words(self) -> str:
        """The schedule in words, after "You are paid"."""
        match self.schedule:
            case "weekly":
                return f"every {_WEEKDAYS[(self.day or 1) - 1]}"
            case "monthly":
                return f"on day {self.day} of every month"
            case "daily":
                return "every day"
            case "on_request":
                return "when you ask: POST /api/v1/payouts"
            case "at_once":
                return "as soon as something matures"


def check(schedule: Schedule, day: int | None, minimum: Money | None) -> None:
    """Raises BadPlan, saying what to state instead."""
    last = {"weekly": LAST_WEEKDAY, "monthly": LAST_MONTH_DAY}.get(schedule)
    if last is None and day is not None:
        raise BadPlan(f"The schedule {schedule} has no day. Leave `day` out.")
    if last is not None and (day is None or not 1 <= day <= last):
        raise BadPlan(f"For {schedule} state a `day` from 1 to {last}.")
    if minimum is None:
        return
    if minimum.currency not in CURRENCIES:
        raise BadPlan(f"No balance is in {minimum.currency}. State `minimum` in a currency.")
    least = Money(rules.minimum_payout(minimum.currency), minimum.currency)
    if minimum.amount_minor < least.amount_minor:
        raise BadPlan(f"The hub pays out from {least} on. State that or more as `minimum`.")


def next_at(schedule: Schedule, day: int | None, now: datetime) -> datetime | None:
    """The first beginning of a day of the schedule after `now`; None: it has no days.

    now < result <= now + 31 days, always.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    match schedule:
        case "daily":
            return midnight
        case "weekly":
            return midnight + _DAY * (((day or 1) - midnight.isoweekday()) % LAST_WEEKDAY)
        case "monthly":
            while midnight.day != day:
                midnight += _DAY
            return midnight
        case "at_once" | "on_request":
            return None
