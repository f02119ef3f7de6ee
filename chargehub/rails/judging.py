"""What the sandbox refuses, by what a means of payment's reference says. Pure.

`PAYS_NOBODY` other rails of the hub's own say too.
"""

from datetime import datetime, timedelta
from typing import Any

from chargehub.payments.rail import (
    AUTHENTICATION_REQUIRED,
    HOLD_ENDED,
    NO_DESTINATION,
    CaptureOrder,
    HoldOrder,
    IncreaseOrder,
    RefundOrder,
    Refusal,
    ReleaseOrder,
    TakeBackOrder,
    TakeOrder,
)

PAYS_NOBODY = Refusal(NO_DESTINATION, "This rail pays no owner when it captures.")
Later = CaptureOrder | IncreaseOrder | ReleaseOrder | RefundOrder
"""Orders about a hold or a take of before."""


def refuses_charge(order: HoldOrder | TakeOrder) -> Refusal | None:
    """Why nothing is held or taken, by the reference and the amount; None: it is."""
    if isinstance(order, HoldOrder) and order.destination is not None:
        return PAYS_NOBODY
    if _is_beyond_limit(order.method, order.amount_minor):
        return Refusal("insufficient_funds", "The account does not cover this amount.")
    if order.method == "refuse":
        return Refusal("card_declined", "The card was declined.")
    if order.method == "confirm":
        return Refusal(AUTHENTICATION_REQUIRED, "The bank wants you to confirm this in person.")
    if order.method == "refuse_capture" and isinstance(order, TakeOrder):
        return Refusal("capture_refused", "The bank refused to pay.")
    return None


def refuses_later(origin: Any, after: Any, order: Later, now: datetime) -> Refusal | None:
    """Why an order about an earlier one is refused; None: it is not. `origin`: the entry of the
    hold or take, `after`: what was done about it since."""
    if not isinstance(order, ReleaseOrder) and order.currency != origin.currency:
        return Refusal("wrong_currency", f"That was in {origin.currency}.")
    if isinstance(order, RefundOrder):
        taken = origin.amount_minor if origin.kind == "take" else 0
        taken += sum(row.amount_minor for row in after if row.kind == "capture")
        back = sum(row.amount_minor for row in after if row.kind == "refund")
        if order.amount_minor > taken - back:
            return Refusal("too_much", "More than was captured cannot be refunded.")
        return None
    if origin.kind == "take" or any(row.kind in ("capture", "release") for row in after):
        return Refusal("hold_over", "The hold was captured or released before.")
    if isinstance(order, ReleaseOrder):
        return None
    if isinstance(order, CaptureOrder) and order.owner_minor:
        return PAYS_NOBODY
    end = ends_at(origin)
    if end is not None and end <= now:
        return Refusal(HOLD_ENDED, "The hold has ended; its money is the driver's again.")
    kept = kept_minor(origin, after)
    if isinstance(order, IncreaseOrder):
        is_fixed = origin.method == "fixed" or _is_beyond_limit(origin.method, order.amount_minor)
        is_refused = is_fixed and order.amount_minor > kept
        return Refusal("hold_is_fixed", "This hold cannot grow.") if is_refused else None
    if order.amount_minor > kept:
        return Refusal("too_much", "More than is held cannot be captured.")
    if origin.method == "refuse_capture":
        return Refusal("capture_refused", "The bank refused to pay.")
    return None


def refuses_take_back(paid: Any, after: Any, order: TakeBackOrder) -> Refusal | None:
    """Why nothing of a payout is taken back; None: it is. `paid`: its entry, None: there is none;
    `after`: what has come back of it."""
    if paid is None:
        return Refusal("no_such_payout", "There is no such payout.")
    if order.currency != paid.currency:
        return Refusal("wrong_currency", f"That was in {paid.currency}.")
    if paid.method == "spent":
        return Refusal("balance_spent", "The owner has less than this left there.")
    if order.amount_minor > paid.amount_minor - sum(row.amount_minor for row in after):
        return Refusal("too_much", "More than was paid and is not back yet cannot be taken back.")
    return None


def _is_beyond_limit(method: str, amount_minor: int) -> bool:
    most = limit(method)
    return most is not None and amount_minor > most


def limit(method: str) -> int | None:
    """The limit in `limit:<minor units>`; None: it has no such form."""
    return _number(method, "limit", 12)


def lasts(method: str) -> timedelta | None:
    """How long a hold of `lasts:<minutes>` is kept; None: without end."""
    minutes = _number(method, "lasts", 6)
    return None if minutes is None else timedelta(minutes=minutes)


def ends_at(hold: Any) -> datetime | None:
    """When a hold, as its entry stands, ends; None: it does not."""
    kept = lasts(hold.method)
    made_at: datetime = hold.created_at
    return None if kept is None else made_at + kept


def _number(method: str, form: str, most_digits: int) -> int | None:
    word, _, digits = method.partition(":")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= most_digits
    return int(digits) if word == form and is_number else None


def kept_minor(origin: Any, after: Any) -> int:
    """What a hold keeps now, with every increase."""
    grown = (row.amount_minor for row in after if row.kind == "increase")
    kept: int = max(origin.amount_minor, *grown, 0)
    return kept
