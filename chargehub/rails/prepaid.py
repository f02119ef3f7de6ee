"""Prepaid balances as a rail: what a driver paid in before pays for sessions and deposits.

It is the hub's own rail: an order is judged and moved in the ledger in one commit, so that no hub
that runs beside this one can spend the same money. A means of payment is the account itself.
"""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, TypeVar, assert_never

from chargehub.clock import Clock
from chargehub.ledger import actions as ledger
from chargehub.ledger.rules import Entry, Transfer, transfer_id
from chargehub.payments import charging_back, funds, prepaid
from chargehub.payments.prepaid import PrepaidOrderRow
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    CollectOrder,
    CollectOutcome,
    Held,
    HoldOrder,
    KeyReused,
    Refunded,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeOrder,
)
from chargehub.rails.judging import PAYS_NOBODY
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from chargehub.units import Money

LABEL: Final = "Prepaid balance"
NO_HOLD: Final = Refusal("no_such_hold", "There is no such hold.")

T = TypeVar("T")


class PrepaidBalances:
    """The rail: `Collects` and `NamesMethods`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def method_of(self, account_id: str, wanted: str) -> str | Refusal:
        """Everybody's own balance, and nobody else's."""
        if wanted in (funds.OWN, account_id):
            return account_id
        return Refusal("no_such_method", f'Your prepaid balance is called "{funds.OWN}".')

    async def describe(self, method: str) -> str | Refusal:
        """The same for everybody; what is on it changes."""
        return LABEL if _is_account(method) else Refusal("no_such_method", "No such balance.")

    async def authorise(self, order: HoldOrder, key: str) -> Held | Refusal:
        return _expected(await self._carry_out(order, key), Held)

    async def take(self, order: TakeOrder, key: str) -> Captured | Refusal:
        return _expected(await self._carry_out(order, key), Captured)

    async def capture(self, order: CaptureOrder, key: str) -> Captured | Refusal:
        return _expected(await self._carry_out(order, key), Captured)

    async def release(self, order: ReleaseOrder, key: str) -> Released | Refusal:
        return _expected(await self._carry_out(order, key), Released)

    async def refund(self, order: RefundOrder, key: str) -> Refunded | Refusal:
        return _expected(await self._carry_out(order, key), Refunded)

    async def read_back(self, order: CollectOrder, key: str) -> CollectOutcome | None:
        return await self._store.read(_known, order, key)

    async def _carry_out(self, order: CollectOrder, key: str) -> CollectOutcome:
        return await self._store.do(carry_out, order, key, self._clock.now())


@dataclass(frozen=True, slots=True)
class _Judged:
    """What an order is about, and what it moves; `refusal`: why it moves nothing."""

    origin: str
    account_id: str
    amount: Money
    purpose: str
    entries: tuple[Entry, ...] = ()
    refusal: Refusal | None = None


def carry_out(work: Work, order: CollectOrder, key: str, now: datetime) -> CollectOutcome:
    """Judge an order and do it, once for its key. Raises KeyReused."""
    earlier = _known(work, order, key)
    if earlier is not None:
        return earlier
    order_id = new_id()
    judged = _judge(work, order, order_id)
    why = judged.refusal
    work.insert(
        PrepaidOrderRow,
        id=order_id,
        key=key,
        kind=_kind(order),
        asked=asdict(order),
        origin=judged.origin,
        account_id=judged.account_id,
        currency=judged.amount.currency,
        amount_minor=judged.amount.amount_minor,
        purpose=judged.purpose,
        is_done=why is None,
        refusal_code=why.code if why else None,
        refusal_detail=why.detail if why else None,
        at=now,
    )
    if why is None:
        kind = f"prepaid_{_kind(order)}"
        ledger.post(work, Transfer(transfer_id("prepaid", key), kind, judged.entries, now))
        _keep_freed(work, judged, now)
    outcome = _known(work, order, key)
    assert outcome is not None, key
    return outcome


def _keep_freed(work: Work, judged: _Judged, now: datetime) -> None:
    """What can be spent again is kept first where a bank disputes a top-up."""
    account = funds.available_account(judged.account_id)
    freed_minor = -sum(one.amount for one in judged.entries if one.account == account)
    if freed_minor > 0:
        freed = Money(freed_minor, judged.amount.currency)
        charging_back.keep(work, judged.account_id, freed, now)


def _judge(work: Work, order: CollectOrder, order_id: str) -> _Judged:
    match order:
        case HoldOrder() | TakeOrder():
            return _judge_charge(work, order, order_id)
        case CaptureOrder() | ReleaseOrder() | RefundOrder():
            return _judge_later(work, order)
        case _:
            assert_never(order)


def _judge_charge(work: Work, order: HoldOrder | TakeOrder, order_id: str) -> _Judged:
    amount, who = Money(order.amount_minor, order.currency), order.method
    if not _is_account(who):
        missing = Refusal("no_such_method", "No such balance.")
        return _Judged(order_id, "", amount, order.purpose, refusal=missing)
    if isinstance(order, HoldOrder) and order.destination is not None:
        return _Judged(order_id, who, amount, order.purpose, refusal=PAYS_NOBODY)
    available = prepaid.balance(work, who, order.currency).available
    if available.amount_minor < order.amount_minor:
        why = Refusal(
            "insufficient_funds",
            f"{amount} are needed and {available} are prepaid. Top up, or pay by another means.",
        )
        return _Judged(order_id, who, amount, order.purpose, refusal=why)
    entries = funds.set_aside if isinstance(order, HoldOrder) else funds.spent
    return _Judged(order_id, who, amount, order.purpose, entries(who, amount))


def _judge_later(work: Work, order: CaptureOrder | ReleaseOrder | RefundOrder) -> _Judged:
    """Orders about an earlier one: it must stand, in the same currency, with enough left."""
    origin = work.one(prepaid.BY_ID, id=order.hold)
    if origin is None or origin.kind not in ("hold", "take"):
        nothing = Money(0, getattr(order, "currency", "EUR"))
        return _Judged(order.hold[:36], "", nothing, "", refusal=NO_HOLD)
    after = work.all(prepaid.AFTER, origin=order.hold)
    held = Money(origin.amount_minor, origin.currency)
    amount = held if isinstance(order, ReleaseOrder) else Money(order.amount_minor, order.currency)
    why = _refuses(origin, after, order)
    entries = () if why else _entries(order, origin.account_id, held, amount)
    return _Judged(order.hold, origin.account_id, amount, origin.purpose, entries, why)


def _entries(
    order: CaptureOrder | ReleaseOrder | RefundOrder, who: str, held: Money, amount: Money
) -> tuple[Entry, ...]:
    match order:
        case RefundOrder():
            return funds.returned(who, amount)
        case ReleaseOrder():
            return funds.free_again(who, held)
        case CaptureOrder():
            rest = held - amount
            freed = funds.free_again(who, rest) if rest.amount_minor else ()
            return funds.left(who, amount) + freed


def _refuses(
    origin: Any, after: Any, order: CaptureOrder | ReleaseOrder | RefundOrder
) -> Refusal | None:
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
    if isinstance(order, CaptureOrder) and order.amount_minor > origin.amount_minor:
        return Refusal("too_much", "More than is held cannot be captured.")
    if isinstance(order, CaptureOrder) and order.owner_minor:
        return PAYS_NOBODY
    return None


def _kind(order: CollectOrder) -> str:
    match order:
        case HoldOrder():
            return "hold"
        case TakeOrder():
            return "take"
        case CaptureOrder():
            return "capture"
        case ReleaseOrder():
            return "release"
        case RefundOrder():
            return "refund"
        case _:
            assert_never(order)


def _known(reads: Reads, order: CollectOrder, key: str) -> CollectOutcome | None:
    """What the books say of a key. Raises KeyReused if it was used for another order."""
    row = reads.one(prepaid.BY_KEY, key=key)
    if row is None:
        return None
    if (row.kind, row.asked) != (_kind(order), asdict(order)):
        raise KeyReused(f"{key} was used for a {row.kind}")
    if not row.is_done:
        return Refusal(row.refusal_code, row.refusal_detail)
    outcomes: Mapping[str, CollectOutcome] = {
        "hold": Held(row.id, row.amount_minor, row.amount_minor, None),
        "take": Captured(row.id, row.amount_minor),
        "capture": Captured(row.origin, row.amount_minor),
        "release": Released(row.origin),
        "refund": Refunded(row.id, row.amount_minor),
    }
    return outcomes[row.kind]


def _is_account(method: str) -> bool:
    try:
        return str(uuid.UUID(method)) == method
    except ValueError:
        return False


def _expected(outcome: CollectOutcome, kind: type[T]) -> T | Refusal:
    assert isinstance(outcome, kind | Refusal), outcome
    return outcome
