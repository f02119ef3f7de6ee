"""What people do themselves: drivers' means of payment, and how owners want to be paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from chargehub import events
from chargehub.payments import plan, plans, tables
from chargehub.payments.plan import Plan, Schedule
from chargehub.payments.plans import PLAN, PayoutPlanRow
from chargehub.payments.rules import NoSuchMethod, TooManyMethods
from chargehub.payments.tables import (
    METHOD,
    METHODS_PER_ACCOUNT,
    PREFERENCE,
    PaymentMethodRow,
    PayoutPreferenceRow,
)
from chargehub.payments.views import MethodView, Preference
from chargehub.people import actions as people
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.units import Money


@dataclass(frozen=True, slots=True)
class NewMethod:
    """What a driver adds, and how the rail describes it."""

    rail: str
    reference: str
    label: str
    is_default: bool
    expires_at: datetime | None = None


def add_method(work: Work, account_id: str, wanted: NewMethod, now: datetime) -> MethodView:
    """Add a means of payment. The first one is what is paid with, whatever was asked.

    Raises TooManyMethods.
    """
    earlier = tables.methods(work, account_id)
    if len(earlier) >= METHODS_PER_ACCOUNT:
        raise TooManyMethods(
            f"You have {METHODS_PER_ACCOUNT} payment methods. Remove one to add another."
        )
    is_default = wanted.is_default or not earlier
    if is_default:
        _set(work, METHOD.c.account_id == account_id, is_default=False)
    row = PaymentMethodRow(
        id=new_id(),
        account_id=account_id,
        rail=wanted.rail,
        reference=wanted.reference,
        label=wanted.label,
        is_default=is_default,
        created_at=now,
        expires_at=wanted.expires_at,
    )
    work.add(row)
    people.set_can_pay(work, account_id, True)
    if is_default:
        work.record(events.PaymentMethodChanged(account_id))
    added = tables.method(work, account_id, row.id)
    assert added is not None, row.id
    return added


def remove_method(work: Work, account_id: str, method_id: str, now: datetime) -> None:
    """Remove a means of payment; the newest that is left is paid with. Raises NoSuchMethod.

    Holds that were made on it stand, and are captured or released as if it were still there.
    """
    method = tables.method(work, account_id, method_id)
    if method is None:
        raise NoSuchMethod("You have no such payment method.")
    _set(work, METHOD.c.id == method.id, removed_at=now, is_default=False)
    left = tables.methods(work, account_id)
    if method.is_default and left:
        _set(work, METHOD.c.id == left[0].id, is_default=True)
    people.set_can_pay(work, account_id, bool(left))


def choose_payout(work: Work, place: Preference) -> Preference:
    """Be paid this way from now on; what is under way is not changed."""
    work.execute(delete(PREFERENCE).where(PREFERENCE.c.owner_id == place.owner_id))
    work.add(
        PayoutPreferenceRow(
            owner_id=place.owner_id,
            rail=place.rail,
            destination=place.destination,
            pays_in=place.pays_in,
            chosen_at=place.chosen_at,
        )
    )
    return place


def choose_plan(
    work: Work,
    owner_id: str,
    wanted: tuple[Schedule, int | None, Money | None],
    now: datetime,
) -> Plan:
    """Be paid by this schedule, day and minimum from now on. Raises BadPlan."""
    schedule, day, minimum = wanted
    plan.check(schedule, day, minimum)
    work.execute(delete(PLAN).where(PLAN.c.owner_id == owner_id))
    work.insert(
        PayoutPlanRow,
        owner_id=owner_id,
        schedule=schedule,
        day=day,
        minimum_minor=None if minimum is None else minimum.amount_minor,
        minimum_currency=None if minimum is None else minimum.currency,
        next_at=plan.next_at(schedule, day, now),
        changed_at=now,
    )
    chosen = plans.plan(work, owner_id)
    assert chosen is not None, owner_id
    return chosen


def _set(work: Work, which: Any, **values: Any) -> None:
    work.execute(update(METHOD).where(which, METHOD.c.removed_at.is_(None)).values(**values))
