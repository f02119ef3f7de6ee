"""Every rail of a hub, by what it can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from chargehub.payments.books import KeepsBooks
from chargehub.payments.evidence import AnswersDisputes
from chargehub.payments.facts import GivesNotice
from chargehub.payments.page import HasPages
from chargehub.payments.rail import Collects, PaysOut, RailBroken

Rail = TypeVar("Rail")


class Offered(dict[str, Rail]):
    """Rails by name. One that was taken away is told of, for who must go on with what it began."""

    def __missing__(self, name: str) -> NoReturn:
        raise RailBroken(
            f"This hub has no rail {name} any more. Offer it again (docs/settings.md), and have"
            " the delivery tried anew."
        )


@dataclass(frozen=True, slots=True)
class Rails:
    """Every rail of this hub by the name people choose it by, built once at the start."""

    collecting: Mapping[str, Collects]
    paying_out: Mapping[str, PaysOut]
    books: Mapping[str, KeepsBooks]
    notices: Mapping[str, GivesNotice] = field(default_factory=dict)
    at_capture: Mapping[str, str] = field(default_factory=dict)
    """Those that pay owners when a cost is captured, and the country of the hub's account there."""
    disputes: Mapping[str, AnswersDisputes] = field(default_factory=dict)

    def with_pages(self) -> tuple[str, HasPages] | None:
        """The rail on whose pages people without an account pay, and its name; None: none has."""
        for name, rail in self.collecting.items():
            if isinstance(rail, HasPages):
                return name, rail
        return None
