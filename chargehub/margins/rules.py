"""What drivers paid, what the owner had of it, what the energy cost, and what is left. Pure.

Amounts in minor units. What was earned is what the ledger booked to the owner: without the hub's
fee and its VAT. VAT that an owner owes upon own prices is not taken off.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Divided:
    """A settled cost, less what went back of it: gross = earned + fee + VAT within the fee."""

    gross_minor: int
    fee_minor: int
    vat_minor: int
    earned_minor: int


@dataclass(frozen=True, slots=True)
class SessionMargin:
    """One session. `divided` None: it is not settled yet. `cost_minor` None: nobody has said what
    energy cost in its currency. `is_spread_evenly`: no reading tells when it flowed."""

    session_id: str
    station_id: str
    started_at: datetime
    energy_wh: int
    currency: str
    divided: Divided | None
    cost_minor: int | None
    is_spread_evenly: bool

    @property
    def margin_minor(self) -> int | None:
        if self.divided is None or self.cost_minor is None:
            return None
        return self.divided.earned_minor - self.cost_minor


@dataclass(frozen=True, slots=True)
class Total:
    """The settled sessions of one currency. `cost_minor` None: of `without_cost` of them nobody
    has said what the energy cost. `unsettled` sessions are in no sum."""

    currency: str
    sessions: int
    energy_wh: int
    divided: Divided
    cost_minor: int | None
    without_cost: int
    spread_evenly: int
    unsettled: int

    @property
    def margin_minor(self) -> int | None:
        return None if self.cost_minor is None else self.divided.earned_minor - self.cost_minor


def totals(sessions: Sequence[SessionMargin]) -> tuple[Total, ...]:
    """One total a currency, sorted. The sums of their settled sessions, to the minor unit."""
    currencies = sorted({session.currency for session in sessions})
    return tuple(
        _total(currency, [one for one in sessions if one.currency == currency])
        for currency in currencies
    )


def _total(currency: str, sessions: Sequence[SessionMargin]) -> Total:
    settled = [one for one in sessions if one.divided is not None]
    costs = [one.cost_minor for one in settled if one.cost_minor is not None]
    return Total(
        currency=currency,
        sessions=len(settled),
        energy_wh=sum(one.energy_wh for one in settled),
        divided=_sum(one.divided for one in settled if one.divided is not None),
        cost_minor=sum(costs) if len(costs) == len(settled) else None,
        without_cost=len(settled) - len(costs),
        spread_evenly=sum(one.is_spread_evenly for one in settled),
        unsettled=len(sessions) - len(settled),
    )


def _sum(found: Iterable[Divided]) -> Divided:
    every = list(found)
    return Divided(
        sum(one.gross_minor for one in every),
        sum(one.fee_minor for one in every),
        sum(one.vat_minor for one in every),
        sum(one.earned_minor for one in every),
    )
