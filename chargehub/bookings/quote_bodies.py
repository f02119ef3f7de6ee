"""How a quote is told over REST: its formula, what is expected, and the most it can cost."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel

from chargehub.bookings import holding, record
from chargehub.bookings.cancellation_bodies import CancellationTermsBody
from chargehub.bookings.quotes import QuoteView
from chargehub.bookings.terms import write_policy
from chargehub.rest.bodies import MoneyBody
from chargehub.stations import tables as stations
from chargehub.store.work import Reads
from chargehub.tariffs import quoting
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.fields import decimal_text
from chargehub.tariffs.limits import most
from chargehub.tariffs.pricing import Tariff, conditions
from chargehub.tariffs.quote_bodies import QuoteBody
from chargehub.units import minor


class PriceLine(BaseModel):
    """One price of the formula. `when`: the hours, days and powers at which it holds; empty:
    always."""

    kind: str
    price: str
    unit: str
    when: str


class LockedQuoteBody(BaseModel):
    """A price and rules that count if you book on them (`quote_id` of a booking) until
    `valid_until`.

    `expected` prices the energy you asked for. The bill is the `formula` for what is metered, in
    major units, VAT included, and never less than `minimum` or more than `maximum` where there is
    one. `most`: whatever you do within the slot, at the EVSE's power, it is not more. `deposit`
    is held from booking on, and what is not spent of it is released. `cancellation`: until when
    how much of it goes back, if you book when the quote was given.
    `booking_id`: what was booked on it.
    """

    id: str
    evse_id: str
    starts_at: datetime
    ends_at: datetime
    valid_until: datetime
    expected: QuoteBody
    formula: list[PriceLine]
    minimum: MoneyBody | None
    maximum: MoneyBody | None
    most: MoneyBody
    deposit: MoneyBody
    cancellation: CancellationTermsBody
    tariff_snapshot_id: str
    policy: dict[str, Any]
    policy_version: int
    booking_id: str | None

    @classmethod
    def of(cls, reads: Reads, quote: QuoteView) -> Self:
        tariff = tariffs.snapshot(reads, quote.tariff_snapshot_id)
        need = quoting.Need(quote.energy_wh, quote.slot, quote.power_w)
        held = _held(reads, quote, tariff)
        most_minor = most(tariff, need.most_wh, quote.slot.duration, quote.power_w)
        return cls(
            id=quote.id,
            evse_id=quote.evse_id,
            starts_at=quote.starts_at,
            ends_at=quote.ends_at,
            valid_until=quote.valid_until,
            expected=QuoteBody.of(quoting.quote_need(tariff, need, quote.time_zone)),
            formula=_formula(tariff),
            minimum=_limit(tariff, tariff.minimum),
            maximum=_limit(tariff, tariff.maximum),
            most=MoneyBody(amount_minor=most_minor, currency=tariff.currency),
            deposit=MoneyBody(amount_minor=held.deposit_minor, currency=tariff.currency),
            cancellation=CancellationTermsBody.of(quote.locked.policy, held),
            tariff_snapshot_id=quote.tariff_snapshot_id,
            policy=write_policy(quote.locked.policy),
            policy_version=quote.policy_version,
            booking_id=quote.booking_id,
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """The booking that would be made on a quote, as its end is reckoned from."""

    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    deposit_minor: int
    expected_minor: int
    currency: str


def _held(reads: Reads, quote: QuoteView, tariff: Tariff) -> _Held:
    """What a booking on this quote holds by the app's token; on one's own EVSE nothing."""
    evse = stations.evse(reads, quote.evse_id)
    deposit_minor, expected_minor = 0, 0
    if evse is None or evse.owner_id != quote.driver_id:
        trusted = record.of(reads, quote.driver_id)
        deposit_minor, expected_minor = holding.held_for(
            tariff, quote.power_w, quote.slot, quote.time_zone, trusted
        )
    slot = quote.slot
    return _Held(
        quote.created_at, slot.start, slot.end, deposit_minor, expected_minor, tariff.currency
    )


def _formula(tariff: Tariff) -> list[PriceLine]:
    return [
        PriceLine(
            kind=each.kind,
            price=decimal_text(each.price),
            unit=each.unit,
            when=conditions(each),
        )
        for each in tariff.components
    ]


def _limit(tariff: Tariff, limit: Decimal | None) -> MoneyBody | None:
    if limit is None:
        return None
    return MoneyBody(amount_minor=minor(limit, tariff.currency), currency=tariff.currency)
