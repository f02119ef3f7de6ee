"""Hold a slot for a driver, on the terms that count now or were locked before."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from chargehub import events
from chargehub.bookings import (
    approving,
    blocking,
    deposits,
    lapsing,
    overstay,
    policies,
    record,
    rules,
    tables,
    unpaid,
)
from chargehub.bookings.locked import Locked
from chargehub.bookings.rules import DEFAULTS, Policy, Wanted
from chargehub.bookings.steps import (
    found,
)
from chargehub.bookings.tables import BookingRow, BookingView
from chargehub.bookings.terms import write_policy
from chargehub.errors import Forbidden, NotFound
from chargehub.listings import audience
from chargehub.listings import rules as hours
from chargehub.listings import tables as listings
from chargehub.listings.tables import ListingView
from chargehub.people import debtors
from chargehub.people import tables as people
from chargehub.people.rules import MASTER, Actor, fold_id_token
from chargehub.stations import tables as stations
from chargehub.stations.views import EvseView
from chargehub.store.columns import new_id
from chargehub.store.work import Work
from chargehub.tariffs import actions as tariff_actions
from chargehub.tariffs import pricing
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.pricing import Tariff
from chargehub.units import Money, Span

RESERVATION_IDS = 2**31 - 1  # 1 to this: what every station can read as a positive integer


@dataclass(frozen=True, slots=True)
class _Offer:
    """An EVSE on the market, and its owner's policy as it is now; version 0: none was stated.

    `snapshot_id` None: at the price list that is offered now.
    """

    evse: EvseView
    listing: ListingView
    policy: Policy
    policy_version: int
    snapshot_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a slot is held on: the price list as it is now, what is to be paid before, and what
    the slot is worth at full power, in minor units of the deposit's currency. `is_asked`: the
    owner is asked first."""

    tariff_snapshot_id: str
    deposit: Money
    is_own_use: bool
    expected_minor: int = 0
    is_asked: bool = False


def hold_slot(
    work: Work, driver: Actor, wanted: Wanted, now: datetime, locked: Locked | None = None
) -> BookingView:
    """Hold a slot until it is paid for; one that is free or begins later than in a day is
    confirmed at once, and where the owner agrees to every booking, or the driver is not trusted
    (`record`), it is requested first.

    Free are an owner's and a household's own EVSE, and a tariff that asks for nothing. The price
    list and the owner's policy are frozen here, or are those that were `locked` before. Holds of
    others that were not paid in time give way. Raises NotFound (no such EVSE, or not published),
    Forbidden (somebody else's id token), PaymentMethodNeeded, DebtDue, HeldAtOnceOnly,
    TooManyBookings, KeptByOwner, and what `rules.check_slot` raises.
    """
    slot = rules.slot_of(wanted)
    offer = _offered(work, wanted, driver.account_id)
    if locked is not None:
        offer = replace(
            offer,
            policy=locked.policy,
            policy_version=locked.policy_version,
            snapshot_id=locked.snapshot_id,
        )
    _check_calendar(work, slot, offer, now)
    if tables.open_bookings(work, driver.account_id) >= DEFAULTS.open_bookings:
        raise rules.TooManyBookings(
            f"You have {DEFAULTS.open_bookings} open bookings. Cancel one to make another."
        )
    id_token = _id_token(work, driver, wanted, now)
    terms = _terms(work, driver, offer, id_token, slot)
    if terms.deposit.amount_minor:
        unpaid.check(work, driver.account_id, slot.start, now)
    if not terms.is_own_use:
        blocking.check_not_kept(work, offer.evse, slot, offer.policy)
    booking = _insert(work, driver.account_id, id_token, offer, terms, slot, now)
    work.notify(f"station:{booking.station_id}")
    if booking.status == "requested":
        approving.ask_owner(work, booking, now)
    elif booking.status == "held":
        work.record(events.BookingHeld(booking.id))
    else:
        work.record(events.BookingConfirmed(booking.id))
    return booking


def look_at(
    work: Work, driver_id: str | None, wanted: Wanted, now: datetime
) -> tuple[EvseView, Locked]:
    """The EVSE and the terms on which `hold_slot` would hold this slot now; it holds nothing.

    `driver_id` None: somebody without an account. Raises what `hold_slot` raises of the slot.
    """
    offer = _offered(work, wanted, driver_id)
    slot = rules.slot_of(wanted)
    _check_calendar(work, slot, offer, now)
    if driver_id != offer.evse.owner_id:
        blocking.check_not_kept(work, offer.evse, slot, offer.policy)
    snapshot_id = tariff_actions.snapshot(work, offer.listing.tariff_id, driver_id)
    return offer.evse, Locked(snapshot_id, offer.policy, offer.policy_version)


def _offered(work: Work, wanted: Wanted, driver_id: str | None) -> _Offer:
    evse = stations.evse(work, wanted.evse_id)
    listing = listings.listing(work, evse.station_id) if evse else None
    if evse is None or listing is None or not _is_for(work, listing, evse, wanted, driver_id):
        raise NotFound("No such EVSE is offered for booking.")
    stated = policies.current(work, evse.station_id)
    policy = _with_price(work, stated.policy, evse, listing)
    return _Offer(evse, listing, policy, stated.version)


def _with_price(work: Work, policy: Policy, evse: EvseView, listing: ListingView) -> Policy:
    """The policy with what a minute too long costs at this EVSE, where its owner left that open."""
    tariff = tariffs.tariff(work, listing.tariff_id) if policy.overstay else None
    if policy.overstay is None or tariff is None:
        return policy
    plugs = [plug.type for plug in stations.connectors_of(work, [evse.id])]
    return replace(
        policy, overstay=overstay.settled(policy.overstay, plugs, tariff.content.currency)
    )


def _is_for(
    work: Work, listing: ListingView, evse: EvseView, wanted: Wanted, driver_id: str | None
) -> bool:
    """It is offered to this driver, or an id token of the driver's is one of the household.

    Whoever guesses at another's token is answered as if it were none.
    """
    if audience.is_for(work, listing, evse.owner_id, driver_id):
        return True
    token = people.id_token(work, wanted.id_token) if wanted.id_token is not None else None
    if token is None or token.account_id != driver_id:
        return False
    return stations.is_household(work, evse.id, fold_id_token(token.value))


def _check_calendar(work: Work, slot: Span, offer: _Offer, now: datetime) -> None:
    """Let go of holds that were not paid in time, then judge the slot by the rules."""
    evse, policy = offer.evse, offer.policy
    rules.check_times(slot, now, policy)
    is_open = hours.is_open_between(offer.listing.hours, evse.time_zone, slot.start, slot.end)
    wanted = rules.blocked(slot, policy)
    lapsing.give_way(work, evse.id, wanted, now)
    standing = lapsing.standing(work, evse.id, wanted, now)
    taken = [Span(other.starts_at, other.blocked_until) for other in standing]
    rules.check_slot(slot, now, policy, is_open, taken)


def _id_token(work: Work, driver: Actor, wanted: Wanted, now: datetime) -> str:
    if wanted.id_token is None:
        return people.app_token(work, driver.account_id)
    token = people.id_token(work, wanted.id_token)
    if token is None or token.account_id != driver.account_id:
        raise Forbidden("That id token is not one of yours. Leave it out to use your app's.")
    if token.kind == MASTER:
        raise Forbidden("A master token starts nothing. Leave it out to use your app's.")
    has_ended = token.expires_at is not None and token.expires_at <= now
    if token.status != "valid" or has_ended:
        raise Forbidden("That id token is blocked or has expired. Choose another one.")
    return token.value


def _terms(work: Work, driver: Actor, offer: _Offer, id_token: str, slot: Span) -> _Terms:
    evse = offer.evse
    snapshot_id = offer.snapshot_id or tariff_actions.snapshot(
        work, offer.listing.tariff_id, driver.account_id
    )
    tariff = tariffs.snapshot(work, snapshot_id)
    is_household = stations.is_household(work, evse.id, fold_id_token(id_token))
    is_own_use = driver.account_id == evse.owner_id or is_household
    if is_own_use:
        return _Terms(snapshot_id, Money(0, tariff.currency), is_own_use)
    trusted = record.of(work, driver.account_id)
    if not any(component.price for component in tariff.components):
        is_asked = trusted.must_ask(offer.policy, deposit_minor=0)
        return _Terms(snapshot_id, Money(0, tariff.currency), is_own_use, is_asked=is_asked)
    account = people.account(work, driver.account_id)
    if account is None or not account.can_pay:
        raise rules.PaymentMethodNeeded("This slot costs money. Add a payment method, then book.")
    debtors.check(work, driver.account_id)
    deposit_minor, expected_minor = held_for(tariff, evse.power_w, slot, evse.time_zone, trusted)
    is_asked = trusted.must_ask(offer.policy, deposit_minor)
    deposit = Money(deposit_minor, tariff.currency)
    return _Terms(snapshot_id, deposit, False, expected_minor, is_asked)


def held_for(
    tariff: Tariff, power_w: int, slot: Span, time_zone: str, trusted: record.Trust
) -> tuple[int, int]:
    """What is held for somebody else's EVSE, and what the slot is worth at full power, in minor
    units. Who is not trusted pays all of that before."""
    if not any(component.price for component in tariff.components):
        return 0, 0
    deposit_minor = pricing.deposit(tariff, power_w, slot.duration)
    most_wh = power_w * (slot.duration // timedelta(seconds=1)) // 3600
    expected_minor = pricing.quote(tariff, most_wh, slot, time_zone).total_minor
    if trusted.pays_before:
        deposit_minor = max(deposit_minor, expected_minor)
    return deposit_minor, expected_minor


def _insert(
    work: Work,
    driver_id: str,
    id_token: str,
    offer: _Offer,
    terms: _Terms,
    slot: Span,
    now: datetime,
) -> BookingView:
    """Store the booking. Raises SlotTaken where the database alone knows better."""
    deposit = deposits.at_first(terms.deposit.amount_minor, slot.start, now)
    is_paid = deposit == "asked" and not terms.is_asked
    at = rules.times(slot, now, offer.policy)
    opens_at = at.opens_at
    if not terms.is_own_use:
        opens_at = blocking.opens_at(work, offer.evse, at.opens_at, at.starts_at)
    row = BookingRow(
        id=new_id(),
        driver_id=driver_id,
        evse_id=offer.evse.id,
        station_id=offer.evse.station_id,
        owner_id=offer.evse.owner_id,
        id_token=id_token,
        status="requested" if terms.is_asked else "held" if is_paid else "confirmed",
        opens_at=opens_at,
        starts_at=at.starts_at,
        arrive_by=at.arrive_by,
        ends_at=at.ends_at,
        blocked_until=at.blocked_until,
        pay_by=at.pay_by if is_paid else None,
        deposit_minor=terms.deposit.amount_minor,
        currency=terms.deposit.currency,
        tariff_snapshot_id=terms.tariff_snapshot_id,
        reservation_id=_new_reservation_id(work),
        reservation="none",
        created_at=now,
        policy=write_policy(offer.policy) if offer.policy_version else None,
        policy_version=offer.policy_version,
        expected_minor=terms.expected_minor,
        approve_by=rules.approve_by(slot, now, offer.policy) if terms.is_asked else None,
        deposit_state=deposit,
    )
    try:
        work.add(row)
    except IntegrityError as error:
        if tables.NO_OVERLAP not in str(error.orig):
            raise
        raise rules.SlotTaken(
            "The EVSE was taken at that time just now. Choose another time or another EVSE."
        ) from error
    return found(work, row.id)


def _new_reservation_id(work: Work) -> int:
    """A number no booking has had. By chance, not counted: two nodes would count alike."""
    while tables.is_reservation_known(work, number := 1 + secrets.randbelow(RESERVATION_IDS)):
        pass
    return number
