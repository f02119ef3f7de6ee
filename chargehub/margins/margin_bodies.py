"""What owners are told of a month: what was earned, what it cost, what is left."""

from collections.abc import Iterator
from dataclasses import astuple
from datetime import datetime
from decimal import Decimal
from typing import Self

from pydantic import BaseModel

from chargehub.margins.reckoning import Margin
from chargehub.margins.rules import Divided, SessionMargin, Total, totals
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.csv import Cell
from chargehub.units import Money, kwh_text, major

CSV_HEAD = (
    *("station", "session", "started_at", "energy_kwh", "currency", "gross", "fee", "vat_in_fee"),
    *("earned", "cost", "margin", "is_settled", "is_spread_evenly"),
)


class LeftBody(BaseModel):
    """Amounts: gross = earned + fee + vat (within the hub's fee), margin = earned - cost.

    Less what went back to drivers at your expense. VAT that you owe upon your own prices is not
    taken off. `cost` and `margin` null: you have not said what energy cost you then.
    """

    gross: MoneyBody
    fee: MoneyBody
    vat: MoneyBody
    earned: MoneyBody
    cost: MoneyBody | None
    margin: MoneyBody | None

    @classmethod
    def of(cls, divided: Divided, cost_minor: int | None, currency: str) -> Self:
        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, currency))

        earned = divided.earned_minor
        return cls(
            gross=money(divided.gross_minor),
            fee=money(divided.fee_minor),
            vat=money(divided.vat_minor),
            earned=money(earned),
            cost=None if cost_minor is None else money(cost_minor),
            margin=None if cost_minor is None else money(earned - cost_minor),
        )


class TotalBody(BaseModel):
    """The settled sessions of one currency. `cost` and `margin` of `left` are null if of any of
    them (`without_cost`) you have not said what energy cost. Of `spread_evenly` no reading tells
    when their energy flowed. `unsettled` sessions are in no sum yet."""

    currency: str
    sessions: int
    energy_wh: int
    left: LeftBody
    without_cost: int
    spread_evenly: int
    unsettled: int

    @classmethod
    def of(cls, total: Total) -> Self:
        return cls(
            currency=total.currency,
            sessions=total.sessions,
            energy_wh=total.energy_wh,
            left=LeftBody.of(total.divided, total.cost_minor, total.currency),
            without_cost=total.without_cost,
            spread_evenly=total.spread_evenly,
            unsettled=total.unsettled,
        )


class SessionMarginBody(BaseModel):
    """One session; `left` null: it is not settled yet. `is_spread_evenly`: no reading tells when
    its energy flowed, so it was taken as even from start to end."""

    session_id: str
    started_at: datetime
    energy_wh: int
    left: LeftBody | None
    is_spread_evenly: bool

    @classmethod
    def of(cls, one: SessionMargin) -> Self:
        left = None
        if one.divided is not None:
            left = LeftBody.of(one.divided, one.cost_minor, one.currency)
        return cls(
            session_id=one.session_id,
            started_at=one.started_at,
            energy_wh=one.energy_wh,
            left=left,
            is_spread_evenly=one.is_spread_evenly,
        )


class MarginBody(BaseModel):
    """A station's month by its own calendar: the sums by currency, and session by session, the
    oldest first. `is_whole` false: there were more sessions, and only the newest were looked at."""

    month: str
    time_zone: str
    is_whole: bool
    totals: list[TotalBody]
    sessions: list[SessionMarginBody]

    @classmethod
    def of(cls, margin: Margin) -> Self:
        return cls(
            month=str(margin.month),
            time_zone=margin.time_zone,
            is_whole=margin.is_whole,
            totals=[TotalBody.of(total) for total in totals(margin.sessions)],
            sessions=[SessionMarginBody.of(one) for one in margin.sessions],
        )


class StationTotalBody(BaseModel):
    """A station's sums, by currency."""

    station_id: str
    totals: list[TotalBody]


class LocationMarginBody(BaseModel):
    """A location's month by its own calendar, whole and by station, also those taken out of
    service. `is_whole` false: there were more sessions, and only the newest were looked at."""

    month: str
    time_zone: str
    is_whole: bool
    totals: list[TotalBody]
    stations: list[StationTotalBody]

    @classmethod
    def of(cls, margin: Margin) -> Self:
        by_station = {
            station_id: [one for one in margin.sessions if one.station_id == station_id]
            for station_id in margin.stations
        }
        return cls(
            month=str(margin.month),
            time_zone=margin.time_zone,
            is_whole=margin.is_whole,
            totals=[TotalBody.of(total) for total in totals(margin.sessions)],
            stations=[
                StationTotalBody(
                    station_id=station_id,
                    totals=[TotalBody.of(total) for total in totals(sessions)],
                )
                for station_id, sessions in by_station.items()
            ],
        )


def as_rows(margin: Margin) -> Iterator[tuple[Cell, ...]]:
    """A row for each session, amounts in major units; what is not known is empty."""
    for one in margin.sessions:
        yield (
            margin.stations[one.station_id],
            one.session_id,
            one.started_at,
            Decimal(kwh_text(one.energy_wh)),
            one.currency,
            *_amounts(one),
            "no" if one.divided is None else "yes",
            "yes" if one.is_spread_evenly else "no",
        )


def _amounts(one: SessionMargin) -> Iterator[Decimal | None]:
    told = one.divided
    earned = (None,) * 4 if told is None else astuple(told)
    for amount_minor in (*earned, one.cost_minor, one.margin_minor):
        yield None if amount_minor is None else major(amount_minor, one.currency)
