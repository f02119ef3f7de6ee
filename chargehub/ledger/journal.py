"""The ledger as text of the plain-text accounting program beancount. Pure.

Source: the language of beancount 3: directives `open`, `balance`, transactions and metadata.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from chargehub.ledger.rules import Transfer, asset_kind, family
from chargehub.units import major

_ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "income": "Income",
    "expense": "Expenses",
    "clearing": "Equity:Clearing",
    "memo": "Equity:Memo",
    "contra": "Equity:Contra",
}
Balances = Mapping[tuple[str, str], int]
"""(account, asset) -> the sum of its entries."""


def account_name(code: str, asset: str) -> str:
    """An account of the chart as beancount writes it; the code itself stands in its metadata.

    Accounts of two codes have two names, as long as codes differ in more than case and marks.
    Raises UnknownAccount.
    """
    parts = [_component(part) for part in code.split(":")]
    return ":".join([_ROOTS[family(code, asset).kind], *parts])


def commodity(asset: str) -> str:
    """An asset as beancount writes it: memo money 'EURm' as 'EUR.MEMO'."""
    return f"{asset[:-1]}.MEMO" if asset_kind(asset) == "memo" else asset


def amount_of(amount: int, asset: str) -> Decimal:
    """An entry's amount in major units, exact; energy in Wh."""
    kind = asset_kind(asset)
    if kind == "energy":
        return Decimal(amount)
    return major(amount, asset[:-1] if kind == "memo" else asset)


def opening(balances: Balances, accounts: Iterable[tuple[str, str]], day: date) -> Iterator[str]:
    """The accounts that a period uses, and what they stood at when it began."""
    yield 'option "title" "ChargeHub ledger"\n'
    for code, of_code in groupby(sorted(accounts), key=itemgetter(0)):
        assets = [asset for _, asset in of_code]
        shown = ",".join(map(commodity, assets))
        yield f"{day} open {account_name(code, assets[0])} {shown}\n  code: {_text(code)}\n"
    left = {key: amount for key, amount in sorted(balances.items()) if amount}
    if left:
        yield f'\n{day} * "opening balances"\n'
        yield from (_posting(code, asset, amount) for (code, asset), amount in left.items())


def transaction(transfer: Transfer) -> str:
    """A transfer; what it belongs to stands in its metadata."""
    at = transfer.effective_at.astimezone(UTC)
    told = {
        "id": transfer.id,
        "at": _instant(at),
        "session": transfer.session_id,
        "booking": transfer.booking_id,
        "payout": transfer.payout_id,
        "reverses": transfer.reverses,
        "reason": transfer.reason,
    }
    head = f"\n{at.date()} * {_text(transfer.kind)}\n"
    meta = (f"  {name}: {_text(value)}\n" for name, value in told.items() if value is not None)
    postings = (_posting(one.account, one.asset, one.amount) for one in transfer.entries)
    return "".join((head, *meta, *postings))


def closing(balances: Balances, day: date) -> Iterator[str]:
    """What every account stands at before `day`: beancount checks it, to the last digit."""
    yield "\n"
    for (code, asset), amount in sorted(balances.items()):
        shown = f"{amount_of(amount, asset):f}"
        yield f"{day} balance {account_name(code, asset)} {shown} ~ 0 {commodity(asset)}\n"


def _posting(code: str, asset: str, amount: int) -> str:
    name, shown = account_name(code, asset), f"{amount_of(amount, asset):f}"
    return f"  {name}  {shown} {commodity(asset)}\n"


def _component(part: str) -> str:
    """A part of a name: it begins with a capital or a digit, and has letters, digits and '-'."""
    plain = re.sub(r"[^A-Za-z0-9]", "-", part)
    return plain[:1].upper() + plain[1:] if plain[:1].isalnum() else f"X{plain}"


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: str) -> str:
    plain = " ".join(value.split())
    return '"{}"'.format(plain.replace("\\", "\\\\").replace('"', '\\"'))
