"""A cost divided between owner, hub and tax, and the entries of it. Pure.

Agent mode: the owner sells the energy, the hub takes a fee for arranging it and owes VAT on the
fee alone. Commissionaire mode: the hub sells it in its own name and owes the VAT of the whole; its
fee is a part of what is left. Source: money.md 1.4.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from chargehub.ledger.rules import Entry, LedgerError, negated
from chargehub.tariffs.pricing import vat_within

FEE_BASIS_POINTS = 1000  # 10 % of the gross cost, VAT included
EARLY_END_BASIS_POINTS = 2000  # of what a driver pays for cancelling late or not coming
FEE_VAT_PERCENT = Decimal(19)
FEE_VAT_COUNTRY = "DE"
MATURITY = timedelta(hours=24)  # from capture until the owner may have it; most disputes are told
DISPUTE_WINDOW = timedelta(days=120)  # in which cardholders dispute, by most schemes' rules
RECEIVABLE = "driver:receivable"  # of the driver who owes it
BAD_DEBT = "expense:bad_debt"
REVERSE_CHARGE = "reverse_charge"  # transfers of VAT that was set aside, and its owner owes
_WHOLE = 10_000  # basis points


VatMode = Literal["agent", "commissionaire"]


class BadSplit(LedgerError):
    """A cost that cannot be divided: negative, or with a fee beyond the whole."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the hub takes for a session, and when the rest is the owner's; `new_owner_maturity`:
    when it is that of an owner who is new here; `dispute_window`: how long a bank may take back
    what was topped up.

    `vat_mode` None: the country of the place says it. `sale_vat_country`, `sale_vat_percent`: to
    which country VAT is owed where the hub sells in its own name, and how much; None: as of fees.
    """

    fee_basis_points: int = FEE_BASIS_POINTS
    fee_vat_percent: Decimal = FEE_VAT_PERCENT
    fee_vat_country: str = FEE_VAT_COUNTRY
    maturity: timedelta = MATURITY
    new_owner_maturity: timedelta = MATURITY
    dispute_window: timedelta = DISPUTE_WINDOW
    vat_mode: VatMode | None = None
    sale_vat_country: str | None = None
    sale_vat_percent: Decimal | None = None

    @property
    def vat_country(self) -> str:
        """To which country the VAT of a session is owed."""
        own = self.sale_vat_country if self.vat_mode == "commissionaire" else None
        return own or self.fee_vat_country

    @property
    def sale_percent(self) -> Decimal:
        """The VAT of what the hub sells in its own name, whatever the owner's tariff says."""
        if self.sale_vat_percent is None:
            return self.fee_vat_percent
        return self.sale_vat_percent

    @property
    def sold_at(self) -> str | None:
        """The VAT of a sale of the hub's own, in percent; None: owners sell."""
        return f"{self.sale_percent:f}" if self.vat_mode == "commissionaire" else None


TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Split:
    """A gross cost in minor units: owner + fee + vat, none negative. `fee` is net of its VAT."""

    owner_minor: int
    fee_minor: int
    vat_minor: int

    @property
    def gross_minor(self) -> int:
        return self.owner_minor + self.fee_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose money it is. `driver_id` None: nobody we know owes what was not captured."""

    owner_id: str
    driver_id: str | None
    currency: str


def split(
    gross_minor: int,
    fee_basis_points: int = FEE_BASIS_POINTS,
    fee_vat_percent: Decimal = FEE_VAT_PERCENT,
) -> Split:
    """Divide a gross cost: the fee with its VAT is rounded down, the owner has the rest.

    owner + fee + vat == gross, always, and none is negative. Raises BadSplit.
    """
    if gross_minor < 0 or not 0 <= fee_basis_points <= _WHOLE or fee_vat_percent < 0:
        raise BadSplit(f"{gross_minor} at {fee_basis_points} bp and {fee_vat_percent} % VAT")
    fee_gross = gross_minor * fee_basis_points // _WHOLE
    vat = vat_within(fee_gross, fee_vat_percent)
    return Split(gross_minor - fee_gross, fee_gross - vat, vat)


def split_own_sale(
    gross_minor: int, vat_minor: int, fee_basis_points: int = FEE_BASIS_POINTS
) -> Split:
    """Divide a gross cost that the hub sells in its own name, with `vat_minor` of VAT in it.

    The fee is a part of what the VAT leaves, rounded down; the owner has the rest. owner + fee +
    vat == gross, always, and none is negative. Raises BadSplit.
    """
    if not 0 <= vat_minor <= gross_minor or not 0 <= fee_basis_points <= _WHOLE:
        raise BadSplit(f"{gross_minor} with {vat_minor} VAT at {fee_basis_points} bp")
    net = gross_minor - vat_minor
    fee = net * fee_basis_points // _WHOLE
    return Split(net - fee, fee, vat_minor)


def divided(gross_minor: int, terms: Terms) -> Split:
    """Divide a gross cost on these terms. Raises BadSplit."""
    if terms.vat_mode == "commissionaire":
        vat_minor = vat_within(gross_minor, terms.sale_percent)
        return split_own_sale(gross_minor, vat_minor, terms.fee_basis_points)
    return split(gross_minor, terms.fee_basis_points, terms.fee_vat_percent)


def capture_entries(
    divided: Split,
    captured_minor: int,
    parties: Parties,
    country: str = FEE_VAT_COUNTRY,
    credit_minor: int = 0,
) -> tuple[Entry, ...]:
    """A cost, captured in full or in part: what is missing the driver owes.

    `credit_minor` of it the driver's credit paid. What was captured beyond the cost belongs to
    nobody known and goes to suspense.
    """
    if captured_minor < 0 or credit_minor < 0:
        raise BadSplit(f"{captured_minor} captured, {credit_minor} by credit")
    missing = divided.gross_minor - captured_minor - credit_minor
    driver = parties.driver_id or "unknown"
    amounts = {
        "psp:pending": captured_minor,
        f"driver:credit_used:{driver}": credit_minor,
        _receivable(parties): max(missing, 0),
        "psp:suspense": min(missing, 0),
        f"owner:accrued:{parties.owner_id}": -divided.owner_minor,
        "income:platform_fee": -divided.fee_minor,
        f"vat:payable:{country}": -divided.vat_minor,
    }
    return _entries(amounts, parties.currency)


def written_off_entries(owed_minor: int, owner_minor: int, parties: Parties) -> tuple[Entry, ...]:
    """What a driver owes is given up: `owner_minor` of it the owner's, who is paid only what
    drivers pay; the rest the hub's loss."""
    amounts = {
        f"owner:accrued:{parties.owner_id}": owner_minor,
        BAD_DEBT: owed_minor - owner_minor,
        _receivable(parties): -owed_minor,
    }
    return _entries(amounts, parties.currency)


def recovered_entries(paid_minor: int, owner_minor: int, parties: Parties) -> tuple[Entry, ...]:
    """What was written off is owed again, for it is being paid; `owner_minor` of it the owner's."""
    return negated(written_off_entries(paid_minor, owner_minor, parties))


def debt_paid_entries(paid_minor: int, beyond_minor: int, parties: Parties) -> tuple[Entry, ...]:
    """A driver pays what is owed. `beyond_minor`: paid, but not owed any more; to suspense."""
    amounts = {
        "psp:pending": paid_minor + beyond_minor,
        _receivable(parties): -paid_minor,
        "psp:suspense": -beyond_minor,
    }
    return _entries(amounts, parties.currency)


def _receivable(parties: Parties) -> str:
    return f"{RECEIVABLE}:{parties.driver_id or 'unknown'}"


def early_end_entries(
    divided: Split, parties: Parties, country: str = FEE_VAT_COUNTRY
) -> tuple[Entry, ...]:
    """The captured fee for cancelling late or not coming. Source: money.md 1.4."""
    amounts = {
        "psp:pending": divided.gross_minor,
        f"owner:accrued:{parties.owner_id}": -divided.owner_minor,
        "income:no_show_cancel": -divided.fee_minor,
        f"vat:payable:{country}": -divided.vat_minor,
    }
    return _entries(amounts, parties.currency)


def penalty_entries(
    penalty_minor: int, vat_minor: int, parties: Parties, country: str = FEE_VAT_COUNTRY
) -> tuple[Entry, ...]:
    """What an owner owes for cancelling a booking; it is taken from what is earned later."""
    amounts = {
        f"owner:receivable:{parties.owner_id}": penalty_minor,
        "income:no_show_cancel": vat_minor - penalty_minor,
        f"vat:payable:{country}": -vat_minor,
    }
    return _entries(amounts, parties.currency)


def maturity_entries(owner_id: str, earned: int, currency: str) -> tuple[Entry, ...]:
    """The owner may have what was earned now (`earned_minor`)."""
    amounts = {f"owner:accrued:{owner_id}": earned, f"owner:payable:{owner_id}": -earned}
    return _entries(amounts, currency)


def earned_minor(owner_minor: int, paid_minor: int, vat_minor: int = 0) -> int:
    """How much of an owner's share may leave: never more than the driver paid, credit included,
    less the VAT where the hub sells and owes it of the whole (`vat_minor`; else 0).

    Anybody can own a station that reports what it likes, and drive without paying: the rest of
    the share stays accrued. Where a hold was a little too small, the fee yields first.
    """
    return min(owner_minor, max(0, paid_minor - vat_minor))


def unpaid_minor(owner_minor: int, paid_minor: int, vat_minor: int = 0) -> int:
    """How much of an owner's share the driver has not paid: what is not earned."""
    return owner_minor - earned_minor(owner_minor, paid_minor, vat_minor)


def recall_entries(
    owner_id: str, earned: int, payable_minor: int, currency: str
) -> tuple[Entry, ...]:
    """Maturity taken back, for a correction. What `payable_minor` does not cover was paid out
    already: the owner owes it."""
    covered = min(earned, payable_minor)
    amounts = {
        f"owner:payable:{owner_id}": covered,
        f"owner:receivable:{owner_id}": earned - covered,
        f"owner:accrued:{owner_id}": -earned,
    }
    return _entries(amounts, currency)


def _entries(amounts: dict[str, int], currency: str) -> tuple[Entry, ...]:
    return tuple(Entry(code, currency, amount) for code, amount in amounts.items() if amount)
