"""What is looked at when a station or a hub is checked, as tables for docs/."""

from chargehub.checkups.rules import RULES
from chargehub.commands.doctor.checks import CHECKS

Row = tuple[str, ...]


def of_stations() -> tuple[Row, list[Row]]:
    """The steps of a check-up."""
    head = ("Step", "Weight", "Needed", "What to do where it was not passed")
    rules = RULES.items()
    return head, [
        (f"`{n}`", str(one.weight), "yes" * one.is_needed, one.advice) for n, one in rules
    ]


def of_hubs() -> tuple[Row, list[Row]]:
    """The checks of `chargehub doctor`."""
    head = ("Check", "Yellow", "Red", "What to do")
    return head, [
        (f"`{one.name}`", one.yellow or "–", one.red or "–", one.advice) for one in CHECKS
    ]
