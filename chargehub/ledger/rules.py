"""The law of balance: accounts, entries, transfers. Pure; the postings of everybody stand here.

An amount is whole base units of its asset (minor units of a currency, micro-units of the token,
Wh of energy); debit is positive, credit negative. The laws of money raise, they do not assert.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal

import orjson

from chargehub.units import CURRENCIES, TOKEN

ENERGY = "WH"
ENERGY_KIND = "energy"  # the kind of transfer that every CDR has one of
MAX_AMOUNT = 2**62  # a BIGINT takes the sum of any two
MAX_ENTRIES = 1000  # more is no transfer but a batch of them, and would hold up the writer
_NAMESPACE = "3b0f5d4e-8f0b-5c7e-9a53-7f3d0c2b9e41"
_MADE_AT = re.compile(  # the time of an id of the hub's, or of a step's
    r"\b[0-9a-f]{8}-[0-9a-f]{4}(?=-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b)"
)

AssetKind = Literal["money", "memo", "token", "energy"]
AccountKind = Literal["asset", "liability", "income", "expense", "clearing", "memo", "contra"]


class LedgerError(Exception):
    """A law of money would be broken. The program is wrong; nothing was posted."""


class UnbalancedTransfer(LedgerError):
    """The entries do not sum to zero in every asset, or are fewer than two, or no amounts."""


class UnknownAccount(LedgerError):
    """The chart of accounts knows no such account in this asset."""


class TransferClash(LedgerError):
    """The transfer id is taken by a transfer with another body."""


class AlreadyReversed(LedgerError):
    """The transfer was reversed before, by another transfer."""


class UnknownTransfer(LedgerError):
    """There is no transfer with this id."""


class Overdrawn(LedgerError):
    """An account that may not would end on its wrong side."""


@dataclass(frozen=True, slots=True)
class Family:
    """A row of the chart of accounts.

    `holder`: the code goes on with ':' and who or what it belongs to. `side`: +1 if the balance
    is never negative, -1 if never positive (what the hub owes), 0 if it may be either.
    """

    code: str
    kind: AccountKind
    assets: tuple[AssetKind, ...]
    holder: bool = False
    side: Literal[-1, 0, 1] = 0


def _families() -> Iterable[Family]:
    money: tuple[AssetKind, ...] = ("money",)
    yield Family("psp:available", "asset", money)
    yield Family("psp:pending", "asset", money)
    yield Family("bank:operating", "asset", money)
    yield Family("driver:receivable", "asset", money, holder=True, side=1)
    yield Family("owner:receivable", "asset", money, holder=True, side=1)
    yield Family("owner:reversing", "asset", money, holder=True, side=1)
    yield Family("psp:disputed", "asset", money, side=1)
    yield Family("owner:accrued", "liability", money, holder=True, side=-1)
    yield Family("owner:payable", "liability", money, holder=True, side=-1)
    yield Family("owner:in_transit", "liability", money, holder=True, side=-1)
    yield Family("driver:prepaid", "liability", money, holder=True, side=-1)
    yield Family("driver:prepaid_held", "liability", money, holder=True, side=-1)
    yield Family("driver:credit", "liability", money, holder=True, side=-1)
    yield Family("driver:credit_used", "liability", money, holder=True)
    yield Family("vat:payable", "liability", money, holder=True)
    yield Family("vat:input", "asset", money, holder=True)
    yield Family("psp:suspense", "liability", money)
    yield Family("owner:dispute_hold", "liability", money, holder=True, side=-1)
    yield Family("insurance:fund", "liability", money, side=-1)
    for code in ("platform_fee", "no_show_cancel", "input_vat", "fx_spread", "rounding"):
        yield Family(f"income:{code}", "income", money)
    for code in ("psp_fees", "dispute_fees", "goodwill", "bad_debt"):
        yield Family(f"expense:{code}", "expense", money)
    yield Family("fx:clearing", "clearing", ("money", "token"))
    yield Family("hold", "memo", ("memo",), holder=True)
    yield Family("hold:contra", "memo", ("memo",))
    token: tuple[AssetKind, ...] = ("token",)
    yield Family("supply", "contra", token, side=-1)
    for code in ("onchain", "burned", "insurance", "fx:treasury"):
        yield Family(code, "asset", token)
    yield Family("pool", "asset", token, holder=True)
    for code in ("escrow", "bond", "claimable", "wallet"):
        yield Family(code, "asset", token, holder=True, side=1)
    energy: tuple[AssetKind, ...] = ("energy",)
    yield Family("meter", "contra", energy, holder=True)
    yield Family("session", "asset", energy, holder=True)
    yield Family("billed", "asset", energy)
    yield Family("free", "asset", energy)
    yield Family("unbilled", "asset", energy, holder=True)


CHART: Mapping[str, Family] = {family.code: family for family in _families()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a transfer: `amount` is added to the account's balance in this asset."""

    account: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement between accounts. The id is derived from what it is for, so that the same
    step posted twice is one transfer. `effective_at` does not belong to the body: a step that is
    repeated later is still the same step."""

    id: str
    kind: str
    entries: tuple[Entry, ...]
    effective_at: datetime
    session_id: str | None = None
    booking_id: str | None = None
    payout_id: str | None = None
    reverses: str | None = None
    reason: str | None = None


def transfer_id(*parts: str | int) -> str:
    """The id of a step: the same parts give the same id, for ever.

    A UUID whose first 48 bits are those of the first part that is an id of the hub's, which say
    when that was made; the rest is a hash of all parts. So what is posted at about the same time
    stands together in every index: ids all over it made posting twice as slow.
    Source: RFC 9562, section 5.8.
    """
    text = ":".join(map(str, parts))
    hashed = sha256(f"{_NAMESPACE}:{text}".encode()).hexdigest()
    found = _MADE_AT.search(text)
    made_at = found[0] if found else f"{hashed[19:27]}-{hashed[27:31]}"
    variant = "89ab"[int(hashed[3], 16) & 3]
    return f"{made_at}-8{hashed[:3]}-{variant}{hashed[4:7]}-{hashed[7:19]}"


def asset_kind(asset: str) -> AssetKind:
    """Money, memo ('EURm': holds, never mixed with money), token or energy.

    Raises UnknownAccount.
    """
    if asset in CURRENCIES:
        return "money"
    if asset == ENERGY:
        return "energy"
    if asset == TOKEN:
        return "token"
    if asset.endswith("m") and asset[:-1] in CURRENCIES:
        return "memo"
    raise UnknownAccount(f"no such asset: {asset!r}")


def family(account: str, asset: str) -> Family:
    """The chart's row for an account. Raises UnknownAccount."""
    found = CHART.get(account)
    if found is None or found.holder:
        head, _, holder = account.rpartition(":")
        found = CHART.get(head) if holder else None
        if found is None or not found.holder:
            raise UnknownAccount(f"no such account: {account!r}")
    if asset_kind(asset) not in found.assets:
        raise UnknownAccount(f"{account!r} is not kept in {asset}")
    return found


def check(transfer: Transfer) -> None:
    """The law of balance: every asset sums to zero, over at least two entries.

    Raises UnbalancedTransfer, UnknownAccount.
    """
    if not 2 <= len(transfer.entries) <= MAX_ENTRIES:
        raise UnbalancedTransfer(f"{transfer.kind}: {len(transfer.entries)} entries")
    sums: dict[str, int] = {}
    for entry in transfer.entries:
        if type(entry.amount) is not int or abs(entry.amount) > MAX_AMOUNT:
            raise UnbalancedTransfer(f"{transfer.kind}: no amount: {entry.amount!r}")
        family(entry.account, entry.asset)
        sums[entry.asset] = sums.get(entry.asset, 0) + entry.amount
    if any(sums.values()):
        raise UnbalancedTransfer(f"{transfer.kind}: {sums}")


def digest(transfer: Transfer) -> str:
    """SHA-256 of the body: two transfers with one digest move the same, for the same reason."""
    body = [
        transfer.kind,
        sorted((entry.account, entry.asset, entry.amount) for entry in transfer.entries),
        transfer.session_id,
        transfer.booking_id,
        transfer.payout_id,
        transfer.reverses,
        transfer.reason,
    ]
    return sha256(orjson.dumps(body)).hexdigest()


def negated(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries that take these back."""
    return tuple(Entry(entry.account, entry.asset, -entry.amount) for entry in entries)


def reversal(original: Transfer, new_id: str, reason: str, at: datetime) -> Transfer:
    """The transfer that takes a whole transfer back, and says which and why."""
    return replace(
        original,
        id=new_id,
        kind=f"{original.kind}_reversed",
        entries=negated(original.entries),
        effective_at=at,
        reverses=original.id,
        reason=reason,
    )


def moved(amount: int, asset: str, debit: str, credit: str) -> tuple[Entry, ...]:
    """One amount from the credited account to the debited one."""
    return Entry(debit, asset, amount), Entry(credit, asset, -amount)


def hold_placed(payment_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """A rail holds the driver's money: a memo, no money moved."""
    return moved(amount_minor, f"{currency}m", f"hold:{payment_id}", "hold:contra")


def hold_ended(payment_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The hold is over, captured or released: the whole of it, as it was placed."""
    return negated(hold_placed(payment_id, amount_minor, currency))


def refund_returned(amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """A driver's bank would not take a refund: it is the hub's again, and nobody's yet."""
    return moved(amount_minor, currency, "psp:pending", "psp:suspense")


def payout_requested(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """An owner's matured balance is on its way out."""
    return moved(
        amount_minor, currency, f"owner:payable:{owner_id}", f"owner:in_transit:{owner_id}"
    )


def payout_failed(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The rail refused: the balance is the owner's again. Name the request in `reverses`."""
    return negated(payout_requested(owner_id, amount_minor, currency))


def netting_entries(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """What an owner owes is taken from what the owner may have."""
    return moved(
        amount_minor, currency, f"owner:payable:{owner_id}", f"owner:receivable:{owner_id}"
    )


def payout_confirmed(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The rail paid the owner from the hub's available funds."""
    return moved(amount_minor, currency, f"owner:in_transit:{owner_id}", "psp:available")


def payout_beyond(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """A rail sends an owner more than the owner may have: the owner owes it."""
    return moved(
        amount_minor, currency, f"owner:receivable:{owner_id}", f"owner:payable:{owner_id}"
    )


def paid_at_capture(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The rail paid the owner of a payment's own money, as it came."""
    return moved(amount_minor, currency, f"owner:in_transit:{owner_id}", "psp:pending")


def payout_confirmed_in_tokens(
    owner_id: str, amount_minor: int, currency: str, token_units: int
) -> tuple[Entry, ...]:
    """The owner takes tokens from the treasury instead; the money stays with the hub.

    The two assets meet in no entry; the price is `amount_minor` for `token_units`.
    """
    money = moved(amount_minor, currency, f"owner:in_transit:{owner_id}", "fx:clearing")
    return money + moved(token_units, TOKEN, f"wallet:{owner_id}", "fx:treasury")


def reversal_requested(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """What an owner owes is asked back from the rail that paid it: nothing else pays it now."""
    return moved(
        amount_minor, currency, f"owner:reversing:{owner_id}", f"owner:receivable:{owner_id}"
    )


def reversal_confirmed(owner_id: str, amount_minor: int, currency: str) -> tuple[Entry, ...]:
    """The rail took it back: it is the hub's, and no debt any more."""
    return moved(amount_minor, currency, "psp:available", f"owner:reversing:{owner_id}")


def energy_transfer(
    session_id: str,
    evse_id: str,
    metered_wh: int,
    billed_wh: int,
    free_wh: int,
    unbilled: Mapping[str, int],
    version: int,
    effective_at: datetime,
) -> Transfer:
    """A session's energy in Wh, from the meter through the session to where it went.

    Metered = billed + free + the sum of unbilled (by reason), or UnbalancedTransfer; `version` is
    the CDR's. A session of 0 Wh is posted too, so that every CDR has its transfer.
    """
    went = {"billed": billed_wh, "free": free_wh}
    went |= {f"unbilled:{reason}": wh for reason, wh in unbilled.items()}
    if metered_wh < 0 or any(wh < 0 for wh in went.values()):
        raise UnbalancedTransfer(f"energy flows one way: {metered_wh} to {went}")
    metered = moved(metered_wh, ENERGY, f"session:{session_id}", f"meter:{evse_id}")
    out = Entry(f"session:{session_id}", ENERGY, -metered_wh)
    parts = tuple(Entry(code, ENERGY, wh) for code, wh in went.items() if wh)
    return Transfer(
        id=transfer_id("session", session_id, "energy", version),
        kind=ENERGY_KIND,
        entries=(*metered, out, *parts),
        effective_at=effective_at,
        session_id=session_id,
    )
