"""What an owner earned in a month, day by day, from what REST says of each session."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chargehub.web.charts import Bar
from chargehub.web.languages import Language, local


@dataclass(slots=True)
class Day:
    """Amounts in minor units: gross = earned + fee + vat (the VAT within the hub's fee)."""

    day: date
    sessions: int = 0
    energy_wh: int = 0
    gross: int = 0
    fee: int = 0
    vat: int = 0
    earned: int = 0


@dataclass(frozen=True, slots=True)
class Earned:
    """A month of one currency; every day of it is there, in order. `unsettled`: in no sum yet."""

    currency: str
    days: Sequence[Day]
    whole: Day
    unsettled: int = 0


def by_day(month: str, margins: Iterable[Mapping[str, Any]]) -> Sequence[Earned]:
    """`margins`: of each station. A session counts on the day it began by the clock there."""
    currencies: dict[str, dict[date, Day]] = {}
    unsettled = 0
    for margin in margins:
        for session in margin["sessions"]:
            if session["left"] is None:
                unsettled += 1
                continue
            began = local(session["started_at"], margin["time_zone"]).date()
            currency = session["left"]["gross"]["currency"]
            days = currencies.setdefault(currency, _days(month))
            _add(days.setdefault(began, Day(began)), session)
    return [
        Earned(currency, list(days.values()), _sum(days.values()), unsettled)
        for currency, days in sorted(currencies.items())
    ]


def bars(language: Language, earned: Earned) -> Sequence[Bar]:
    """A bar for each day, in major units where one asks; every fifth is named."""
    return [
        Bar(
            str(day.day.day) if day.day.day % 5 == 0 or day.day.day == 1 else "",
            day.earned,
            f"{language.day(day.day)}: {language.money(day.earned, earned.currency)}",
        )
        for day in earned.days
    ]


def neighbours(month: str) -> tuple[str, str]:
    """The month before and the month after, as 2026-03."""
    first = date.fromisoformat(f"{month}-01")
    before, after = first - timedelta(days=1), first + timedelta(days=31)
    return before.strftime("%Y-%m"), after.strftime("%Y-%m")


def _days(month: str) -> dict[date, Day]:
    first = date.fromisoformat(f"{month}-01")
    days = (first + timedelta(days=number) for number in range(31))
    return {day: Day(day) for day in days if day.month == first.month}


def _add(day: Day, session: Mapping[str, Any]) -> None:
    left = session["left"]
    day.sessions += 1
    day.energy_wh += session["energy_wh"]
    day.gross += left["gross"]["amount_minor"]
    day.fee += left["fee"]["amount_minor"]
    day.vat += left["vat"]["amount_minor"]
    day.earned += left["earned"]["amount_minor"]


def _sum(days: Iterable[Day]) -> Day:
    whole = Day(date.min)
    for day in days:
        for name in ("sessions", "energy_wh", "gross", "fee", "vat", "earned"):
            setattr(whole, name, getattr(whole, name) + getattr(day, name))
    return whole
