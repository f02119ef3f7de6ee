"""A payment service that pays nobody, for trying out: it refuses, delays and fails on demand.

It keeps its own books in its own table, in commits of its own, as a service outside would; the
hub's ledger can be compared with them. What a means of payment does, its reference says:
`ok` · `refuse` every hold · `confirm`: wants its holder to confirm in person ·
`refuse_capture` · `fixed`: holds do not grow · `limit:500` refuses
more than 500 minor units · `lasts:30` ends every hold after 30 minutes of business time · `flaky`
loses the first answer to every order · `slow` takes its time. Payouts go to `ok`, `refuse_payout`,
`flaky`, `slow`, to `spent`, from where nothing can be taken back, or to `returns`, from where they
come back after a day.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar, assert_never

from sqlalchemy import BigInteger, Index, bindparam, func, or_, select, text
from sqlmodel import Field, SQLModel

from chargehub.clock import Clock
from chargehub.payments.rail import (
    Captured,
    CaptureOrder,
    CollectOrder,
    CollectOutcome,
    Held,
    HoldOrder,
    IncreaseOrder,
    KeyReused,
    PaidOut,
    PayoutOrder,
    RailUnreachable,
    Refunded,
    RefundOrder,
    Refusal,
    Released,
    ReleaseOrder,
    TakeBackOrder,
    TakenBack,
    TakeOrder,
)
from chargehub.rails.judging import (
    Later,
    ends_at,
    kept_minor,
    lasts,
    limit,
    refuses_charge,
    refuses_later,
    refuses_take_back,
)
from chargehub.store.columns import Instant, Json, derived_id
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of
from chargehub.store.writer import Store

SLOW_S = 2.0  # long enough to be seen on a screen, far below every time limit
METHODS = ("ok", "refuse", "confirm", "refuse_capture", "fixed", "flaky", "slow")
DESTINATIONS = ("ok", "refuse_payout", "flaky", "slow", "spent", "returns")
RETURNED_AFTER = timedelta(days=1)  # of business time

OfDriver = Literal["hold", "take", "increase", "capture", "release", "refund"]
Kind = OfDriver | Literal["payout", "return", "back"]
Order = CollectOrder | IncreaseOrder | PayoutOrder | TakeBackOrder
T = TypeVar("T")
_ENDS_A_HOLD = text("is_done AND kind IN ('capture', 'release')")


class SandboxEntryRow(SQLModel, table=True):
    """One order as the sandbox judged it; never changed. `origin` is the hold or take it is about.

    The index is the sandbox's law: a hold is captured or released once.
    """

    __tablename__ = "sandbox_entry"
    __table_args__ = (
        Index(
            "uq_sandbox_entry_end",
            "origin",
            unique=True,
            sqlite_where=_ENDS_A_HOLD,
            postgresql_where=_ENDS_A_HOLD,
        ),
        Index("ix_sandbox_entry_origin", "origin"),
    )

    key: str = Field(primary_key=True, max_length=100)
    kind: str = Field(max_length=10)
    asked: Any = Field(sa_type=Json)
    reference: str = Field(max_length=40, unique=True)
    origin: str = Field(max_length=40)
    method: str = Field(max_length=200)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    is_done: bool
    refusal_code: str | None = Field(default=None, max_length=60)
    refusal_detail: str | None = Field(default=None, max_length=300)
    created_at: datetime = Field(sa_type=Instant)


ENTRY = table_of(SandboxEntryRow)
_BY_KEY = Hot(select(ENTRY).where(ENTRY.c.key == bindparam("key")))
_BY_REFERENCE = Hot(
    select(ENTRY).where(
        ENTRY.c.reference == bindparam("reference"),
        ENTRY.c.is_done,
        or_(ENTRY.c.kind == "hold", ENTRY.c.kind == "take"),
    )
)
_AFTER = Hot(
    select(ENTRY).where(
        ENTRY.c.origin == bindparam("origin"),
        ENTRY.c.is_done,
        or_(*(ENTRY.c.kind == kind for kind in ("increase", "capture", "release", "refund"))),
    )
)

_PAYOUT = select(ENTRY).where(
    ENTRY.c.reference == bindparam("reference"), ENTRY.c.is_done, ENTRY.c.kind == "payout"
)
_CAME_BACK = select(ENTRY).where(
    ENTRY.c.origin == bindparam("origin"), ENTRY.c.is_done, ENTRY.c.kind.in_(("back", "return"))
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the sandbox has done in one currency, in minor units."""

    currency: str
    held_minor: int
    captured_minor: int
    refunded_minor: int
    paid_out_minor: int


def totals(reads: Reads) -> tuple[Totals, ...]:
    """The sandbox's own books by currency: open holds, takings, refunds and payouts."""
    sums: dict[str, dict[str, int]] = {}
    amount = func.sum(ENTRY.c.amount_minor).label("total")
    statement = select(ENTRY.c.currency, ENTRY.c.kind, amount).where(ENTRY.c.is_done)
    for row in reads.all(statement.group_by(ENTRY.c.currency, ENTRY.c.kind)):
        sums.setdefault(row.currency, {})[row.kind] = int(row.total)
    return tuple(
        Totals(
            currency=currency,
            held_minor=_open_holds(reads, currency),
            captured_minor=by_kind.get("capture", 0) + by_kind.get("take", 0),
            refunded_minor=by_kind.get("refund", 0),
            paid_out_minor=by_kind.get("payout", 0)
            - by_kind.get("return", 0)
            - by_kind.get("back", 0),
        )
        for currency, by_kind in sorted(sums.items())
    )


def _open_holds(reads: Reads, currency: str) -> int:
    ended = select(ENTRY.c.origin).where(ENTRY.c.is_done, ENTRY.c.kind.in_(("capture", "release")))
    held = (
        select(func.max(ENTRY.c.amount_minor).label("amount_minor"))
        .where(
            ENTRY.c.currency == currency,
            ENTRY.c.kind.in_(("hold", "increase")),
            ENTRY.c.is_done,
            ENTRY.c.origin.not_in(ended),
        )
        .group_by(ENTRY.c.origin)
        .subquery()
    )
    return int(reads.value(select(func.sum(held.c.amount_minor))) or 0)


class Sandbox:
    """The sandbox as a rail: `Collects`, `GrowsHolds`, `PaysOut` and `TakesBack`.

    `slow_s`: in real time.
    """

    pays_in: str | None = None

    def __init__(self, store: Store, clock: Clock, slow_s: float = SLOW_S) -> None:
        self._store = store
        self._clock = clock
        self._slow_s = slow_s

    async def describe(self, method: str) -> str | Refusal:
        """The reference itself is what a sandbox driver knows it by."""
        if method not in METHODS and limit(method) is None and lasts(method) is None:
            known = f"{', '.join(METHODS)}, limit:<minor units> and lasts:<minutes>"
            return Refusal("no_such_method", f"The sandbox knows {known}.")
        return f"Sandbox {method}"

    async def destination(self, owner_id: str, wanted: str | None) -> str | Refusal:
        """Only the destinations of the module's text exist; `ok` is the usual one."""
        if wanted is None or wanted in DESTINATIONS:
            return wanted or "ok"
        known = ", ".join(DESTINATIONS)
        return Refusal("no_such_destination", f"The sandbox pays out to {known}.")

    async def authorise(self, order: HoldOrder, key: str) -> Held | Refusal:
        return _expected(await self._carry_out(order, key), Held)

    async def take(self, order: TakeOrder, key: str) -> Captured | Refusal:
        return _expected(await self._carry_out(order, key), Captured)

    async def increase(self, order: IncreaseOrder, key: str) -> Held | Refusal:
        return _expected(await self._carry_out(order, key), Held)

    async def capture(self, order: CaptureOrder, key: str) -> Captured | Refusal:
        return _expected(await self._carry_out(order, key), Captured)

    async def release(self, order: ReleaseOrder, key: str) -> Released | Refusal:
        return _expected(await self._carry_out(order, key), Released)

    async def refund(self, order: RefundOrder, key: str) -> Refunded | Refusal:
        return _expected(await self._carry_out(order, key), Refunded)

    async def pay_out(self, order: PayoutOrder, key: str) -> PaidOut | Refusal:
        return _expected(await self._carry_out(order, key), PaidOut)

    async def take_back(self, order: TakeBackOrder, key: str) -> TakenBack | Refusal:
        return _expected(await self._carry_out(order, key), TakenBack)

    async def read_taken_back(self, order: TakeBackOrder, key: str) -> TakenBack | Refusal | None:
        found: TakenBack | Refusal | None = await self.read_back(order, key)
        return found

    async def returned(self, reference: str) -> Refusal | None:
        """What went to `returns` has come back a day later."""
        return await self._store.do(_return, reference, self._clock.now())

    async def read_back(self, order: Order, key: str) -> Any:
        """What the books say about a key; None: nothing. Raises KeyReused."""
        return await self._store.read(_known, order, key)

    async def _carry_out(self, order: Order, key: str) -> Any:
        entry, is_first = await self._store.do(enter, order, key, self._clock.now())
        if entry.method == "slow":
            await asyncio.sleep(self._slow_s)
        if entry.method == "flaky" and is_first:
            raise RailUnreachable("The sandbox lost its answer on the way.")
        return _outcome(entry)


def _expected(outcome: Any, kind: type[T]) -> T | Refusal:
    assert isinstance(outcome, kind | Refusal), outcome
    return outcome


def enter(work: Work, order: Order, key: str, now: datetime) -> tuple[Any, bool]:
    """The entry of a key, judged and written the first time. True: it was the first time."""
    earlier = _same(work.one(_BY_KEY, key=key), order)
    if earlier is not None:
        return earlier, False
    reference = f"sb_{derived_id('sandbox', key)}"
    judged = _judge(work, order, reference, now)
    work.insert(
        SandboxEntryRow,
        key=key,
        kind=kind_of(order),
        asked=asdict(order),
        reference=reference,
        origin=judged.origin,
        method=judged.method,
        amount_minor=judged.amount_minor,
        currency=judged.currency,
        is_done=judged.refusal is None,
        refusal_code=judged.refusal.code if judged.refusal else None,
        refusal_detail=judged.refusal.detail if judged.refusal else None,
        created_at=judged.made_at or now,
    )
    entry = work.one(_BY_KEY, key=key)
    assert entry is not None, key
    return entry, True


def _return(work: Work, reference: str, now: datetime) -> Refusal | None:
    """The money of a payout is the sandbox's again, from a day after it on, once."""
    paid = work.one(_PAYOUT, reference=reference)
    if paid is None or paid.method != "returns" or now < paid.created_at + RETURNED_AFTER:
        return None
    if any(row.kind == "back" for row in work.all(_CAME_BACK, origin=reference)):
        return None  # it arrived: some of it was taken back from there
    key = f"return:{reference}"
    if work.one(_BY_KEY, key=key) is None:
        entry = {**paid._mapping, "key": key, "kind": "return", "created_at": now}
        work.insert(SandboxEntryRow, **entry | {"reference": f"sb_{derived_id('sandbox', key)}"})
    return Refusal("returned", "The bank knows no such account.")


def kind_of(order: Order) -> Kind:
    """The entry's kind for an order."""
    match order:
        case HoldOrder():
            return "hold"
        case TakeOrder():
            return "take"
        case IncreaseOrder():
            return "increase"
        case CaptureOrder():
            return "capture"
        case ReleaseOrder():
            return "release"
        case RefundOrder():
            return "refund"
        case PayoutOrder():
            return "payout"
        case TakeBackOrder():
            return "back"
        case _:
            assert_never(order)


def _same(entry: Any, order: Order) -> Any:
    """The entry itself or None, if its key was used for this order. Raises KeyReused."""
    if entry is not None and (entry.kind, entry.asked) != (kind_of(order), asdict(order)):
        raise KeyReused(f"{entry.key} was used for a {entry.kind}")
    return entry


def _known(reads: Reads, order: Order, key: str) -> Any:
    entry = _same(reads.one(_BY_KEY, key=key), order)
    return None if entry is None else _outcome(entry)


def _outcome(entry: Any) -> CollectOutcome | PaidOut | TakenBack:
    if not entry.is_done:
        return Refusal(entry.refusal_code, entry.refusal_detail)
    outcomes: Mapping[str, CollectOutcome | PaidOut | TakenBack] = {
        "hold": Held(entry.reference, entry.amount_minor, entry.amount_minor, ends_at(entry)),
        "increase": Held(entry.origin, entry.amount_minor, entry.amount_minor, ends_at(entry)),
        "take": Captured(entry.reference, entry.amount_minor),
        "capture": Captured(entry.origin, entry.amount_minor),
        "release": Released(entry.origin),
        "refund": Refunded(entry.reference, entry.amount_minor),
        "payout": PaidOut(entry.reference, entry.amount_minor),
        "back": TakenBack(entry.reference, entry.amount_minor),
    }
    return outcomes[entry.kind]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What an order is about, and why it is refused, if it is.

    `made_at`: of an increase, when the hold was made, which it does not prolong.
    """

    origin: str
    method: str
    amount_minor: int
    currency: str
    refusal: Refusal | None
    made_at: datetime | None = None


def _judge(work: Work, order: Order, reference: str, now: datetime) -> _Judged:
    match order:
        case HoldOrder() | TakeOrder():
            why = refuses_charge(order)
            return _Judged(reference, order.method, order.amount_minor, order.currency, why)
        case PayoutOrder():
            why = None
            if order.destination == "refuse_payout":
                why = Refusal("account_closed", "The account to pay out to is closed.")
            return _Judged(reference, order.destination, order.amount_minor, order.currency, why)
        case TakeBackOrder():
            paid = work.one(_PAYOUT, reference=order.payout)
            why = refuses_take_back(paid, work.all(_CAME_BACK, origin=order.payout), order)
            to = "" if paid is None else paid.method
            return _Judged(order.payout[:40], to, order.amount_minor, order.currency, why)
        case _:
            return _judge_later(work, order, now)


def _judge_later(work: Work, order: Later, now: datetime) -> _Judged:
    """Orders about an earlier one: it must stand, in the same currency, with enough left."""
    origin = work.one(_BY_REFERENCE, reference=order.hold)
    if origin is None:
        missing = Refusal("no_such_hold", "There is no such hold.")
        return _Judged(order.hold[:40], "", 0, getattr(order, "currency", ""), missing)
    after = work.all(_AFTER, origin=order.hold)
    kept = kept_minor(origin, after)
    amount, made_at = kept if isinstance(order, ReleaseOrder) else order.amount_minor, None
    if isinstance(order, IncreaseOrder):
        amount, made_at = max(kept, amount), origin.created_at
    why = refuses_later(origin, after, order, now)
    return _Judged(order.hold, origin.method, amount, origin.currency, why, made_at)
