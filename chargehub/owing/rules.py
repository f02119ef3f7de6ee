"""When a debt is asked for again, and when it keeps its driver from charging on. Pure."""

from datetime import datetime, timedelta
from decimal import Decimal

from chargehub.errors import Conflict, Invalid, NotFound
from chargehub.tariffs.pricing import coins
from chargehub.units import minor

ASKED_AFTER = tuple(timedelta(days=days) for days in (1, 3, 7, 14))
BLOCKS_AFTER = timedelta(days=1)
LEAST_COINS = Decimal(1)


class NothingOwed(NotFound):
    """There is no such debt, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("You owe nothing for that. GET /api/v1/debts lists what you owe.")


class NothingToPay(Conflict):
    """Nothing of what is owed can be paid now."""

    code = "nothing_to_pay_off"

    def __init__(self) -> None:
        super().__init__(
            "Nothing can be paid now: it is being paid, or is less than a card moves. A debt at a"
            " station of your own is paid by card alone."
        )


class NoMeans(Invalid):
    """A debt is to be paid, and there is nothing to pay it by."""

    code = "no_means"

    def __init__(self) -> None:
        super().__init__("You have no such payment method. Add one: POST /api/v1/payment-methods.")


def asked_next(since: datetime, tries: int) -> datetime | None:
    """When a debt is asked for after so many tries; None: not by itself any more."""
    return since + ASKED_AFTER[tries] if tries < len(ASKED_AFTER) else None


def blocks(owed_minor: int, currency: str, since: datetime, now: datetime, least: Decimal) -> bool:
    """True for a debt that its driver must pay before charging on. `least`: in coins of about a
    euro; what is less is dust."""
    least_minor = minor(least * coins(currency), currency)
    return owed_minor >= max(1, least_minor) and since + BLOCKS_AFTER <= now
