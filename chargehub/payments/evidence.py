"""What the bank of a cardholder is told about a charge that is disputed there. Pure."""

from dataclasses import dataclass
from typing import Protocol

from chargehub.payments.facts import CardDisputed
from chargehub.payments.rail import Refusal

LONGEST = 20_000  # characters of a text that banks are sent; Stripe's limit


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was sold, when (a day, in UTC), to whom, and what bears witness to it: plain texts.

    `activity`: what happened, line by line. `text`: all the rest, the signed readings within. Both
    of at most LONGEST characters. None: the hub does not know.
    """

    product: str
    service_date: str | None
    activity: str
    customer_name: str | None
    customer_email: str | None
    text: str


class AnswersDisputes(Protocol):
    """A rail that takes what the hub has to say to a dispute, by the rail's own reference."""

    async def answer(self, reference: str, evidence: Evidence, key: str) -> CardDisputed | Refusal:
        """Send evidence to the bank for good, unless it does not wait for any: how the dispute
        stands then. The same again sends nothing twice. Raises RailUnreachable."""
        ...

    async def give_in(self, reference: str, key: str) -> CardDisputed | Refusal:
        """Leave a disputed charge to the cardholder, unless the bank waits for no evidence any
        more: how the dispute stands then. Raises RailUnreachable."""
        ...
