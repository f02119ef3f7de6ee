"""When money is held, taken, given back and paid out, and how much of it. Pure.

A payment's life: requested -> authorised -> capture_requested -> captured; it may end as refused,
failed (the rail would not capture) or, through release_requested, released. What is wanted of it
while the rail has not answered yet is kept beside the state, as `wish`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from chargehub.errors import Conflict, Invalid, NotFound
from chargehub.payments.rail import HOLD_ENDED, NO_DESTINATION
from chargehub.payments.views import PayoutView, Preference
from chargehub.units import TOKEN, Money, exponent, minor

State = Literal[
    "requested",
    "authorised",
    "refused",
    "capture_requested",
    "captured",
    "release_requested",
    "released",
    "failed",
]
LIVE: tuple[State, ...] = ("requested", "authorised", "capture_requested", "captured")
"""States that stand for their booking or session: it has at most one payment in these."""

Wish = Literal["capture", "release"]
Closing = Literal["nothing", "release", "capture", "wait", "take"]

WALK_UP = timedelta(hours=4)  # market rules, 1.1: what a walk-up's hold is reckoned for
USUAL_POWER_W = 11_000  # where the EVSE of a session is not known: the usual wall box
# Money design, 1.5: a card's hold is captured at least 12 hours before its end; of a short one the
# last quarter is left for that.
RENEW_BEFORE = timedelta(hours=12)
NEARLY_PERCENT = 95  # money design, 1.5: of a hold; then it must grow, or the session end
SHORTEST_LOOK, LONGEST_LOOK = timedelta(minutes=1), timedelta(minutes=30)
RENEW_AGAIN = timedelta(hours=1)  # after a refusal, until the hold is captured or given back
MINIMUM_PAYOUT = Decimal(1)  # in major units: less is not worth a transfer
PAYOUT_RETRY = timedelta(hours=24)  # after a refusal, unless the owner chooses anew before
_FIFTHS = {"MGA": 100}  # has parts, two digits by ISO 4217, that no card can pay
PAYOUT_TRIES = (
    3  # failures in a row at one place; banks charge for each, so then the owner is asked
)
TOKEN_CURRENCY = "EUR"  # the currency of the stated token price
TOKEN_PRICE = Decimal("0.25")  # where the operator states no other


class UnknownRail(Invalid):
    """The hub has no rail of this name for that purpose."""

    code = "unknown_rail"


class PageNeeded(Invalid):
    """Cards of this rail are entered on its own pages, so that nobody names another's."""

    code = "page_needed"

    def __init__(self, rail: str) -> None:
        super().__init__(
            f"At {rail} you enter your card on a page of its own: "
            "POST /api/v1/payment-method-setups, with an account of the hub."
        )


class NoPages(Invalid):
    """The rail has no pages to enter a card on."""

    code = "no_pages"

    def __init__(self, having: Sequence[str]) -> None:
        super().__init__(
            f"Cards are entered on pages of: {', '.join(having)}."
            if having
            else "No rail of this hub has pages. Name your means: POST /api/v1/payment-methods."
        )


class NoSuchSetup(NotFound):
    """There is no such page for a card, or it is somebody else's, or long over."""

    def __init__(self) -> None:
        super().__init__("You have no such page. Ask for one: POST /api/v1/payment-method-setups.")


class TooManySetups(Conflict):
    """An account has as many open pages for cards as it may have."""

    code = "too_many_setups"


class NoOnboarding(Invalid):
    """No rail of the hub has accounts for owners."""

    code = "no_onboarding"

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(
            f"No account is needed to be paid here. Choose one of {', '.join(known)}: "
            "PUT /api/v1/payout-preference."
        )


class NoPayoutAccount(NotFound):
    """The owner has no account at a rail yet."""

    def __init__(self) -> None:
        super().__init__("You have no account to be paid on: POST /api/v1/payout-accounts.")


class PayoutAccountExists(Conflict):
    """The owner has an account already, in another country."""

    code = "payout_account_exists"

    def __init__(self, country: str) -> None:
        super().__init__(
            f"You have an account in {country}. If you moved, ask the operator of this hub."
        )


class MethodRefused(Invalid):
    """The rail does not accept this means of payment, or this place to pay out to."""

    code = "method_refused"


class TooManyMethods(Conflict):
    """An account has as many payment methods as it may have."""

    code = "too_many_methods"


class NoSuchMethod(NotFound):
    """There is no such payment method, or it is somebody else's, or it was removed."""


def at_close(state: str | None, cost_minor: int) -> Closing:
    """What to do about the cost of a closed session, by the state of its live payment.

    None: it has none. "wait": the rail has not answered yet; the answer decides. "take": there
    is no hold to capture from, so the cost is taken at once.
    """
    assert cost_minor >= 0, cost_minor
    if state == "requested":
        return "wait"
    if state == "authorised":
        return "capture" if cost_minor else "release"
    if state in ("capture_requested", "captured"):
        return "nothing"
    return "take" if cost_minor else "nothing"


def renew_at(expires_at: datetime | None, now: datetime) -> datetime | None:
    """When a hold made now is to be followed by a new one; None: it does not end."""
    if expires_at is None:
        return None
    return expires_at - min(RENEW_BEFORE, max(expires_at - now, timedelta()) / 4)


def left_of(capturable_minor: int, cost_minor: int) -> int:
    """How much a session may still cost before more is to be held; 0 or less: now."""
    return capturable_minor * NEARLY_PERCENT // 100 - cost_minor


def next_look(left_minor: int, hourly_minor: int) -> timedelta:
    """How long a session can go on before it may have cost what is left, at the dearest rate.

    Between a minute and half an hour, since a price may change and a car stay for longer.
    """
    assert left_minor > 0, left_minor
    if hourly_minor <= 0:
        return LONGEST_LOOK
    lasts = timedelta(hours=1) * min(left_minor, hourly_minor) / hourly_minor
    return max(SHORTEST_LOOK, min(LONGEST_LOOK, lasts))


def has_ended(expires_at: datetime | None, now: datetime) -> bool:
    """True if the rail has let go of a hold by itself."""
    return expires_at is not None and expires_at <= now


def is_gone(expires_at: datetime | None, refusal_code: str, now: datetime) -> bool:
    """True if a capture was refused because there is no hold any more, by time or by its code, or
    none that can be captured, since the owner it is for cannot be paid."""
    return refusal_code in (HOLD_ENDED, NO_DESTINATION) or has_ended(expires_at, now)


def payable(amount_minor: int, currency: str) -> int:
    """As much of an amount as cards and banks move: the last of three digits is 0. Rounded down.

    Source: Stripe's documentation, "Supported currencies".
    """
    assert amount_minor >= 0, amount_minor
    return amount_minor - amount_minor % payable_step(currency)


def payable_step(currency: str) -> int:
    """The smallest amount that moves, in minor units."""
    return _FIFTHS.get(currency) or (10 if exponent(currency) == 3 else 1)


def to_capture(cost_minor: int, capturable_minor: int, currency: str) -> int:
    """How much of a hold is taken for a cost: all of it, or as much as the rail allows.

    0 <= result <= min(cost, capturable), always; the rest of the cost is a receivable.
    """
    assert cost_minor >= 0 and capturable_minor >= 0, (cost_minor, capturable_minor)
    return payable(min(cost_minor, capturable_minor), currency)


def to_refund(captured_minor: int, refunded_minor: int, cost_minor: int, currency: str) -> int:
    """How much of what was taken goes back when the cost is now this much; 0 if it is not less.

    refunded + result <= captured, and what stays is never less than the cost unless less was
    taken, or by less than what can be moved: that is given to the driver.
    """
    assert 0 <= refunded_minor <= captured_minor, (refunded_minor, captured_minor)
    kept_minor = captured_minor - refunded_minor
    excess_minor = max(0, kept_minor - max(0, cost_minor))
    up = -excess_minor % payable_step(currency)
    return min(kept_minor, excess_minor + up)


def minimum_payout(currency: str) -> int:
    """The smallest balance that is paid out, in minor units."""
    return minor(MINIMUM_PAYOUT, currency)


def why_waiting(
    balance: Money,
    is_verified: bool,
    place: Preference | None,
    refused: Sequence[PayoutView],
    now: datetime,
    unready: str | None = None,
) -> tuple[str, ...]:
    """All that keeps a matured balance from being paid out, as sentences for its owner that say
    what to do; none: nothing does.

    `refused`: payouts of this currency that failed since one was paid, the newest first. `unready`:
    what the account that is being opened for the owner at a rail waits for.
    """
    reasons = []
    if not is_verified:
        reasons.append(
            "Verify your e-mail address first; money leaves only to people we can write to."
        )
    if place is None:
        reasons.append(unready or "Say how you want to be paid: PUT /api/v1/payout-preference.")
    elif place.pays_in is not None and balance.currency != TOKEN_CURRENCY:
        reasons.append(
            f"Only {TOKEN_CURRENCY} can be paid in {place.pays_in}. Choose another rail."
        )
    elif failed := _at(place, refused):
        why = f"Refused: {failed[0].refusal_detail}"
        if len(failed) >= PAYOUT_TRIES:
            reasons.append(
                f"{why} That was try {len(failed)}; say anew where to:"
                " PUT /api/v1/payout-preference."
            )
        elif failed[0].finished_at is not None and failed[0].finished_at > now - PAYOUT_RETRY:
            reasons.append(f"{why} Choose anew, or wait a day for another try.")
    minimum = Money(minimum_payout(balance.currency), balance.currency)
    if balance.amount_minor < minimum.amount_minor:
        reasons.append(f"Balances are paid out from {minimum} on.")
    return tuple(reasons)


def _at(place: Preference, refused: Sequence[PayoutView]) -> list[PayoutView]:
    """Those that failed where the owner still wants to be paid, since that was said."""
    return [
        one
        for one in refused
        if (one.rail, one.destination) == (place.rail, place.destination)
        and one.requested_at >= place.chosen_at
    ]


def token_units(amount_minor: int, currency: str, price: Decimal) -> int:
    """Tokens for an amount at a price in major units for one token, in base units, rounded down.

    The residue is worth less than one base unit (a millionth of a token); it has no posting of
    its own and stays with the hub, whose clearing account shows the whole amount against them.
    """
    assert amount_minor >= 0 and price > 0, (amount_minor, price)
    whole = Fraction(amount_minor, 10 ** exponent(currency)) / Fraction(price)
    return int(whole * 10 ** exponent(TOKEN))


def is_releasable(state: str) -> bool:
    """True where a hold may stand that nothing was or will be taken from.

    "failed" is a capture that the rail refused: the hold itself was not touched by that.
    """
    return state in ("release_requested", "failed")
