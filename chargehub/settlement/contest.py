"""What a dispute freezes of a settled cost, and how it goes back. Pure; amounts in minor units.

Source: money.md 1.4, the rows of refunds and disputes.
"""

from dataclasses import dataclass, replace
from typing import Literal

from chargehub.ledger.rules import Entry, LedgerError, moved, negated
from chargehub.settlement.split import earned_minor

State = Literal["frozen", "released", "returned"]
Bearer = Literal["owner", "hub"]


class BadContest(LedgerError):
    """More was to be frozen or given back than the driver has paid."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A cost or fee as it was divided: gross = owner + fee + vat. `income` and `vat` are the
    accounts that the hub's part and its VAT went to; `credit_minor` the driver's credit paid."""

    owner_id: str
    currency: str
    gross_minor: int
    owner_minor: int
    fee_minor: int
    vat_minor: int
    captured_minor: int
    credit_minor: int
    is_matured: bool
    income: str
    vat: str
    sale_vat_minor: int = 0  # where the hub sells: it comes before the owner's share

    @property
    def share(self) -> str:
        """Where the owner's part is, as long as nobody took it out."""
        state = "payable" if self.is_matured else "accrued"
        return f"owner:{state}:{self.owner_id}"


@dataclass(frozen=True, slots=True)
class Parts:
    """A part of a settled amount, divided as the whole was: owner + fee + vat."""

    owner_minor: int
    fee_minor: int
    vat_minor: int

    @property
    def amount_minor(self) -> int:
        return self.owner_minor + self.fee_minor + self.vat_minor


@dataclass(frozen=True, slots=True)
class Taken:
    """What disputes have taken out of one settlement before it matures.

    `owner_minor` and `vat_minor` of `amount_minor` went back at the owner's expense, `sent_minor`
    left the rail whoever bore it, `frozen_minor` of the owner's part is held.
    """

    owner_minor: int = 0
    amount_minor: int = 0
    sent_minor: int = 0
    frozen_minor: int = 0
    vat_minor: int = 0


NOTHING = Taken()


def parts(settled: Settled, amount_minor: int, before_minor: int = 0) -> Parts:
    """The parts of an amount that goes back after `before_minor` went back already.

    They sum to the amount. Fee and VAT are rounded down over all that went back, the owner's part
    is the rest; all of it given back in any steps is the settlement itself. Raises BadContest.
    """
    after = before_minor + amount_minor
    if amount_minor < 0 or before_minor < 0 or after > settled.gross_minor:
        raise BadContest(f"{amount_minor} after {before_minor} of {settled.gross_minor}")
    now, earlier = _cumulative(settled, after), _cumulative(settled, before_minor)
    return Parts(
        now.owner_minor - earlier.owner_minor,
        now.fee_minor - earlier.fee_minor,
        now.vat_minor - earlier.vat_minor,
    )


def _cumulative(settled: Settled, amount_minor: int) -> Parts:
    if amount_minor == 0:
        return Parts(0, 0, 0)
    vat = amount_minor * settled.vat_minor // settled.gross_minor
    fee = amount_minor * settled.fee_minor // settled.gross_minor
    owner = min(settled.owner_minor, amount_minor - vat - fee)
    return Parts(owner, amount_minor - vat - owner, vat)


def frozen_entries(settled: Settled, frozen_minor: int) -> tuple[Entry, ...]:
    """The owner's part of what is disputed is kept from maturing and from payouts."""
    return moved(frozen_minor, settled.currency, settled.share, _hold(settled))


def released_entries(settled: Settled, frozen_minor: int) -> tuple[Entry, ...]:
    """It is the owner's again, as if it had never been held."""
    return moved(frozen_minor, settled.currency, _hold(settled), settled.share)


def _hold(settled: Settled) -> str:
    return f"owner:dispute_hold:{settled.owner_id}"


@dataclass(frozen=True, slots=True)
class Back:
    """What goes back to the driver: which parts, at whose expense, after what went back `before`.

    What the rail would not take back (`is_sent` false) stays, owed to the driver.
    """

    parts: Parts
    before: Taken
    bearer: Bearer
    is_sent: bool


def returned_entries(settled: Settled, back: Back, payable_minor: int) -> tuple[Entry, ...]:
    """A part goes back to the driver; `bearer` hub: the owner keeps it.

    Of a settlement that has matured the owner gives up what could mature because it was paid, and
    no more: the rest is what nobody has paid for. What of it `payable_minor` does not cover was
    paid out already and is a claim against the owner.
    """
    accrued = matured = goodwill = 0
    if back.bearer == "hub":
        goodwill = back.parts.owner_minor
    elif settled.is_matured:
        matured = _no_longer_earned(settled, back)
        accrued = back.parts.owner_minor - matured
    else:
        accrued = back.parts.owner_minor
    covered = min(matured, payable_minor)
    amounts = {
        f"owner:accrued:{settled.owner_id}": accrued,
        f"owner:payable:{settled.owner_id}": covered,
        f"owner:receivable:{settled.owner_id}": matured - covered,
        "expense:goodwill": goodwill,
        settled.income: back.parts.fee_minor,
        settled.vat: back.parts.vat_minor,
        "psp:pending" if back.is_sent else "psp:suspense": -back.parts.amount_minor,
    }
    return _entries(amounts, settled.currency)


def undone_entries(settled: Settled, back: Back) -> tuple[Entry, ...]:
    """What went back is booked anew, for the cost was corrected. A claim it left stays one: it is
    taken from what the owner may have."""
    return negated(returned_entries(settled, back, back.parts.amount_minor))


def _no_longer_earned(settled: Settled, back: Back) -> int:
    before = replace(back.before, frozen_minor=0)
    after = replace(
        before,
        owner_minor=before.owner_minor + back.parts.owner_minor,
        amount_minor=before.amount_minor + back.parts.amount_minor,
        vat_minor=before.vat_minor + back.parts.vat_minor,
    )
    return earned(settled, before) - earned(settled, after)


def earned(settled: Settled, taken: Taken) -> int:
    """How much of the owner's share may mature: not what is frozen, nor what went back."""
    owner_minor = settled.owner_minor - taken.owner_minor
    paid_minor = settled.captured_minor + settled.credit_minor - taken.amount_minor
    vat_minor = max(0, settled.sale_vat_minor - taken.vat_minor)
    return max(0, earned_minor(owner_minor, paid_minor, vat_minor) - taken.frozen_minor)


def matured_entries(settled: Settled, taken: Taken) -> tuple[Entry, ...]:
    """The owner may have what was earned."""
    amounts = {
        f"owner:accrued:{settled.owner_id}": earned(settled, taken),
        f"owner:payable:{settled.owner_id}": -earned(settled, taken),
    }
    return _entries(amounts, settled.currency)


def _entries(amounts: dict[str, int], currency: str) -> tuple[Entry, ...]:
    return tuple(Entry(code, currency, amount) for code, amount in amounts.items() if amount)
