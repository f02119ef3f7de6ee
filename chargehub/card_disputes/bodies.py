"""Card disputes as REST takes and shows them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from chargehub.card_disputes import rules, telling
from chargehub.payments.card_disputes import CardDisputeView
from chargehub.payments.facts import CardDisputeState
from chargehub.rest.bodies import Body, MoneyBody
from chargehub.store.work import Reads
from chargehub.units import Money


class WordsRequest(Body):
    """What the bank is to read first. Write no id token and no card number."""

    words: Annotated[str, Field(min_length=3, max_length=2000)]


class CardDisputeBody(BaseModel):
    """A charge that its cardholder disputes at the bank, as it stands.

    `frozen`: how much of the owner's part is kept until the bank has decided; `why` says how it
    stands. Neither subject is set where a top-up is disputed. `answer_at`: when the hub sends
    its evidence; null: it did, or there is nothing to send any more.
    """

    id: str
    session_id: str | None
    booking_id: str | None
    amount: MoneyBody
    frozen: MoneyBody
    state: CardDisputeState
    why: str
    due_by: datetime | None
    answer_at: datetime | None
    is_answered: bool
    opened_at: datetime
    closed_at: datetime | None


class OperatorsCardDisputeBody(CardDisputeBody):
    """The same with what operators alone see; null for others.

    `rail`, `reference`: where it stands, and the rail's name of it. `reason`: in the rail's words.
    `is_accepted`: an operator left it to the cardholder. `refusal_code`: why the rail did not take
    the hub's answer; words have it sent once more.
    """

    rail: str | None
    reference: str | None
    payment_id: str | None
    reason: str | None
    words: str | None
    is_accepted: bool | None
    refusal_code: str | None

    @classmethod
    def of(cls, reads: Reads, view: CardDisputeView, *, is_operator: bool) -> Self:
        """As an operator sees it, or the owner of the station."""
        worked_out = ("amount", "frozen", "why", "is_accepted")
        shown = {name: getattr(view, name) for name in cls.model_fields if name not in worked_out}
        if not is_operator:
            shown |= dict.fromkeys(OPERATORS_ALONE)
        return cls(
            **shown,
            amount=MoneyBody.of(Money(view.amount_minor, view.currency)),
            frozen=MoneyBody.of(telling.frozen(reads, view)),
            why=rules.told(view.state, view.reason),
            is_accepted=view.accepted_by is not None if is_operator else None,
        )


OPERATORS_ALONE = (*("rail", "reference", "payment_id", "reason", "words"), "refusal_code")
