"""A quote for a slot, and a booking on exactly its terms, whatever the owner states meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from chargehub.bookings import holding, locked, quotes
from chargehub.bookings.quotes import BookingQuoteRow, QuoteView
from chargehub.bookings.rules import Wanted, slot_of
from chargehub.bookings.tables import BookingView
from chargehub.bookings.terms import write_policy
from chargehub.people.rules import Actor
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work


def give_quote(
    work: Work, driver: Actor, wanted: Wanted, energy_wh: int, now: datetime
) -> QuoteView:
    """Promise the price list and the policy of this moment for a slot, for ten minutes.

    The slot is not held. Raises TooManyQuotes, NotFound, and what `rules.check_slot` raises.
    """
    if quotes.open_quotes(work, driver.account_id, now) >= locked.OPEN_QUOTES:
        raise locked.TooManyQuotes
    who = driver.account_id
    return promise(work, Asked(who, wanted, energy_wh), now + locked.QUOTE_LASTS, now, who)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to be promised what: the account, or the guest before there is one."""

    holder_id: str
    wanted: Wanted
    energy_wh: int


def promise(
    work: Work, asked: Asked, until: datetime, now: datetime, driver_id: str | None = None
) -> QuoteView:
    """Promise the terms of this moment until then; to nobody's account without `driver_id`."""
    slot = slot_of(asked.wanted)
    evse, terms = holding.look_at(work, driver_id, asked.wanted, now)
    row = BookingQuoteRow(
        id=new_id(),
        driver_id=asked.holder_id,
        evse_id=evse.id,
        starts_at=slot.start,
        ends_at=slot.end,
        energy_wh=asked.energy_wh,
        power_w=evse.power_w,
        time_zone=evse.time_zone,
        tariff_snapshot_id=terms.snapshot_id,
        policy=write_policy(terms.policy) if terms.policy_version else None,
        policy_version=terms.policy_version,
        created_at=now,
        valid_until=until,
    )
    work.add(row)
    given = quotes.quote(work, row.id)
    assert given is not None, row.id
    return given


def hold_quoted(
    work: Work, driver: Actor, wanted: Wanted, quote_id: str, now: datetime
) -> BookingView:
    """Hold the slot of a quote on the quote's terms; a quote makes one booking.

    Raises NoSuchQuote, QuoteUsed, QuoteExpired, QuoteDiffers, and what `hold_slot` raises.
    """
    quote = seen_by(work, driver, quote_id)
    locked.check_promise(quote.promise, wanted.evse_id, slot_of(wanted), now)
    booking = holding.hold_slot(work, driver, wanted, now, quote.locked)
    if not quotes.note_used(work, quote.id, booking.id):
        raise locked.QuoteUsed
    return booking


def seen_by(reads: Reads, driver: Actor, quote_id: str) -> QuoteView:
    """The quote, if it was given to this driver. Raises NoSuchQuote."""
    quote = quotes.quote(reads, quote_id)
    if quote is None or quote.driver_id != driver.account_id:
        raise locked.NoSuchQuote
    return quote


def forget_quotes(work: Work, now: datetime) -> int:
    """Delete at most 50 old quotes that nobody used; how many."""
    return quotes.forget(work, now - locked.UNUSED_KEPT)
