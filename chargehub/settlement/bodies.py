"""What an owner asks and is told of a month under another tariff."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.rest.bodies import Body, MoneyBody
from chargehub.settlement.replaying import Outcome, Question, Replay, ReplayedSession, totals
from chargehub.tariffs.cost_bodies import CostsBody
from chargehub.units import Money


class EstimateRequest(Body):
    """A month by the station's calendar, a tariff of yours to try, and what energy costs you.

    `costs` left out: those you stated of the location (`PUT /locations/{id}/cost-model`).
    """

    month: Annotated[str, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-03"])]
    tariff_id: Annotated[str, Field(max_length=36)]
    costs: CostsBody | None = None

    def question(self, station_id: str) -> Question:
        costs = self.costs.model() if self.costs else None
        year, month = int(self.month[:4]), int(self.month[5:])
        return Question(station_id, year, month, self.tariff_id, costs)


class EarnedBody(BaseModel):
    """What drivers pay, your part of it, what the energy cost you, and what is left.

    `cost` and `margin` null: you neither gave costs nor stated them, in this currency.
    """

    gross: MoneyBody
    earnings: MoneyBody
    cost: MoneyBody | None
    margin: MoneyBody | None

    @classmethod
    def of(cls, outcome: Outcome, currency: str) -> Self:
        def money(amount_minor: int | None) -> MoneyBody | None:
            return None if amount_minor is None else MoneyBody.of(Money(amount_minor, currency))

        return cls(
            gross=MoneyBody.of(Money(outcome.gross_minor, currency)),
            earnings=MoneyBody.of(Money(outcome.earnings_minor, currency)),
            cost=money(outcome.cost_minor),
            margin=money(outcome.margin_minor),
        )


class EstimatedSession(BaseModel):
    """A session as billed and as it would have been; `billed` null: it was in another currency."""

    session_id: str
    started_at: datetime
    energy_wh: int
    billed: EarnedBody | None
    proposed: EarnedBody

    @classmethod
    def of(cls, session: ReplayedSession, currency: str) -> Self:
        return cls(
            session_id=session.session_id,
            started_at=session.started_at,
            energy_wh=session.energy_wh,
            billed=EarnedBody.of(session.billed, currency) if session.billed else None,
            proposed=EarnedBody.of(session.proposed, currency),
        )


class EstimateBody(BaseModel):
    """A month, as billed and as it would have been, whole and by session.

    `is_whole` false: there were more sessions, and only the newest were looked at. What another
    price would have done to demand, nobody knows.
    """

    month: str
    currency: str
    energy_wh: int
    billed: EarnedBody
    proposed: EarnedBody
    is_whole: bool
    sessions: list[EstimatedSession]

    @classmethod
    def of(cls, month: str, replay: Replay) -> Self:
        currency = replay.currency
        return cls(
            month=month,
            currency=currency,
            energy_wh=sum(session.energy_wh for session in replay.sessions),
            billed=EarnedBody.of(totals(replay, "billed"), currency),
            proposed=EarnedBody.of(totals(replay, "proposed"), currency),
            is_whole=replay.is_whole,
            sessions=[EstimatedSession.of(session, currency) for session in replay.sessions],
        )
