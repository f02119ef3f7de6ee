"""Disputes as REST takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from chargehub.disputes.actions import Judgement
from chargehub.disputes.opening import Claim
from chargehub.disputes.views import DisputeView, How, Kind, MessageView, Party, Status
from chargehub.rest.bodies import AMOUNT_LIMIT, Body, MoneyBody
from chargehub.settlement.contest import Bearer
from chargehub.settlement.contests import Subject
from chargehub.units import Money

Text = Annotated[str, Field(min_length=3, max_length=1000)]
_ONE = "Name one of session_id and booking_id."


class DisputeRequest(Body):
    """What you dispute, for how much, and why.

    As the driver of a session: energy, price, no_access, overstay or fraud. As the driver of a
    booking whose fee was taken: no_access or fraud. As the owner of a session: damage, up to 500
    in major units, with photos.
    """

    session_id: Annotated[str | None, Field(max_length=36)] = None
    booking_id: Annotated[str | None, Field(max_length=36)] = None
    kind: Kind
    amount: MoneyBody
    statement: Text

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.session_id is None) == (self.booking_id is None):
            raise ValueError(_ONE)
        return self

    def claim(self) -> Claim:
        subject = Subject(self.session_id, self.booking_id)
        return Claim(subject, self.kind, self.amount.money(), self.statement)


class AnswerRequest(Body):
    """Whether you agree that who opened it gets all that was asked for; if not, why."""

    agrees: bool
    statement: Annotated[str, Field(max_length=1000)] = ""


class DecisionRequest(Body):
    """How much of the disputed amount is awarded to who opened it, at whose expense, and why."""

    awarded_minor: Annotated[int, Field(ge=0, le=AMOUNT_LIMIT)]
    at_expense_of: Bearer = "owner"
    reason: Text

    def judgement(self) -> Judgement:
        return Judgement(self.awarded_minor, self.at_expense_of, self.reason)


class AppealRequest(Body):
    """Why the decision is wrong."""

    statement: Text


class MessageRequest(Body):
    """What you say to everybody in the room."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


class DisputeBody(BaseModel):
    """A dispute as it stands.

    `due_at`: until then the other side answers (open), an operator decides (contested, appealed),
    or somebody appeals (decided). `awarded` of `amount` is for who opened it, once decided;
    `refunded` went back to the driver. `how`: facts, silence, accepted, withdrawn, operator,
    too_late.
    """

    id: str
    kind: Kind
    opened_by: Party
    session_id: str | None
    booking_id: str | None
    amount: MoneyBody
    statement: str
    status: Status
    due_at: datetime | None
    answer: str | None
    how: How | None
    awarded: MoneyBody | None
    at_expense_of: Bearer | None
    reason: str | None
    decided_at: datetime | None
    appealed_by: Party | None
    appeal: str | None
    refunded: MoneyBody
    evidence_sha256: str
    opened_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, view: DisputeView) -> Self:
        def money(amount_minor: int) -> MoneyBody:
            return MoneyBody.of(Money(amount_minor, view.currency))

        worked_out = ("amount", "awarded", "refunded", "at_expense_of")
        shown = {name: getattr(view, name) for name in cls.model_fields if name not in worked_out}
        is_decided = view.how is not None
        return cls(
            **shown,
            amount=money(view.amount_minor),
            awarded=money(view.awarded_minor) if is_decided else None,
            at_expense_of=view.bearer if is_decided else None,
            refunded=money(view.refunded_minor),
        )


class MessageBody(BaseModel):
    """Something said; or, with a `photo_id`, a photo shown."""

    id: str
    author: Literal["driver", "owner", "operator"]
    text: str
    photo_id: str | None
    said_at: datetime

    @classmethod
    def of(cls, message: MessageView) -> Self:
        return cls.model_validate({name: getattr(message, name) for name in cls.model_fields})
