"""`GET /money`: the operator's one look at the money of this hub, and at what waits for whom."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import func, select

from chargehub.audit import tables as audits
from chargehub.ledger.tables import ENTRY
from chargehub.operation import board
from chargehub.operation.found import Asked, Found, Topic
from chargehub.payments.balance import RailBalance, TellsBalance
from chargehub.payments.rail import RailBroken, RailUnreachable
from chargehub.payments.rails import Rails
from chargehub.people.access import CurrentOperator
from chargehub.reconciliation import tables as reconciliation
from chargehub.rest.bodies import MoneyBody
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.work import Reads
from chargehub.units import Money

router = APIRouter(tags=["operation"])

ASKED_S: Final = 10  # for a rail's balance; the rest of the answer does not need it
ACCOUNTS: Final = ("psp:pending", "psp:available", "psp:disputed", "psp:suspense")


class RailMoneyBody(BaseModel):
    """What the hub's own books say of all rails, in one currency.

    `pending`: known, and not yet free to send; `available`: free to send by the rails' books;
    `disputed`: taken back by banks for now; `suspense`: nobody knows yet whose (negative: owed).
    """

    pending: MoneyBody
    available: MoneyBody
    disputed: MoneyBody
    suspense: MoneyBody


class RailKeepsBody(BaseModel):
    """What a rail says that it keeps, in one currency."""

    available: MoneyBody
    pending: MoneyBody


class KeepingRailBody(BaseModel):
    """A rail that keeps books. `kept` None: it tells no balance, or `why` it did not now.

    `compared_until`: how far its books were compared with the hub's; None: never.
    """

    rail: str
    compared_until: datetime | None
    kept: list[RailKeepsBody] | None
    why: str | None


class DifferenceBody(BaseModel):
    """What rails keep less what the ledger says, of one currency.

    Not zero for what was booked since the last reconciliation, and for what a rail kept before the
    hub. None is told while a rail that keeps books does not tell its balance.
    """

    at_rails: MoneyBody
    in_ledger: MoneyBody
    difference: MoneyBody


class ResolvingBody(BaseModel):
    """What resolves it: a request, and how."""

    method: str
    path: str
    told: str


class WaitingThingBody(BaseModel):
    """One of what waits. `id` is what the action's path takes, or whose account it is."""

    id: str
    told: str
    amount: MoneyBody | None
    since: datetime | None


class MoneyTopicBody(BaseModel):
    """A kind of thing that waits for somebody. `count`: 1,000 means that or more; `items`: ten.

    `sums` and `oldest` are of what was counted. Nothing waits: `count` is 0.
    """

    topic: str
    told: str
    count: int
    sums: list[MoneyBody]
    oldest: datetime | None
    items: list[WaitingThingBody]
    action: ResolvingBody

    @classmethod
    def of(cls, topic: Topic, found: Found) -> Self:
        items = [
            WaitingThingBody(
                id=one.id,
                told=one.told,
                amount=None if one.amount is None else MoneyBody.of(one.amount),
                since=one.since,
            )
            for one in found.items
        ]
        action = topic.action
        return cls(
            topic=topic.name,
            told=topic.told,
            count=found.count,
            sums=[MoneyBody.of(one) for one in found.sums],
            oldest=found.oldest,
            items=items,
            action=ResolvingBody(method=action.method, path=action.path, told=action.told),
        )


class LastAuditBody(BaseModel):
    """The last audit of the books that is finished: GET /audits/{id} has all of it."""

    id: str
    finished_at: datetime
    holds: bool
    broken: list[str]


class MoneyDeskBody(BaseModel):
    """How the hub's money stands, and what waits. `audit` None: there was none yet."""

    audit: LastAuditBody | None
    ledger: list[RailMoneyBody]
    rails: list[KeepingRailBody]
    differences: list[DifferenceBody]
    topics: list[MoneyTopicBody]


Kept = list[RailBalance] | str | None
"""A rail's balances; why it did not tell them; or None: it never does."""
Booked = dict[str, dict[str, int]]
"""By currency: what stands on each of `ACCOUNTS`."""


@router.get("/money")
async def get_money(
    operator: CurrentOperator, store: CurrentStore, request: Request, now: Now
) -> MoneyDeskBody:
    """How the hub's money stands: by the ledger, by the rails, and what waits for whom, each with
    the request that resolves it. Rails are asked for ten seconds at most. For operators."""
    rails: Rails = request.app.state.hub.rails
    names = tuple(rails.books)
    told = dict(
        zip(names, await asyncio.gather(*(_kept(rails, one) for one in names)), strict=True)
    )
    booked = await store.read(_booked)
    found = await store.read(board.looked_at, Asked(now, names))
    return MoneyDeskBody(
        audit=await store.read(_last_audit),
        ledger=[_ledger(code, accounts) for code, accounts in booked.items()],
        rails=[await store.read(_rail, name, kept) for name, kept in told.items()],
        differences=_differences(booked, told),
        topics=[MoneyTopicBody.of(topic, what) for topic, what in found],
    )


def _last_audit(reads: Reads) -> LastAuditBody | None:
    last = audits.last(reads)
    if last is None or last.finished_at is None:
        return None
    broken = list(last.broken)
    at = last.finished_at
    return LastAuditBody(id=last.id, finished_at=at, holds=not broken, broken=broken)


async def _kept(rails: Rails, name: str) -> Kept:
    rail = rails.books[name]
    if not isinstance(rail, TellsBalance):
        return None
    try:
        async with asyncio.timeout(ASKED_S):
            return list(await rail.balance())
    except (TimeoutError, RailUnreachable, RailBroken) as error:
        return str(error) or f"It did not answer within {ASKED_S} s."


def _booked(reads: Reads) -> Booked:
    """Sums of entries by an index that holds all of it: some 0.1 s for a million payments."""
    keys = ENTRY.c.account, ENTRY.c.asset
    sums = select(*keys, func.sum(ENTRY.c.amount)).where(ENTRY.c.account.in_(ACCOUNTS))
    found: Booked = {}
    for code, asset, amount in reads.all(sums.group_by(*keys)):
        found.setdefault(asset, dict.fromkeys(ACCOUNTS, 0))[code] = int(amount)
    return dict(sorted(found.items()))


def _ledger(currency: str, accounts: Mapping[str, int]) -> RailMoneyBody:
    parts = {code.removeprefix("psp:"): _body(accounts[code], currency) for code in ACCOUNTS}
    return RailMoneyBody(**parts)


def _rail(reads: Reads, name: str, kept: Kept) -> KeepingRailBody:
    run = reconciliation.newest_run(reads, name)
    bodies = None
    if isinstance(kept, list):
        bodies = [
            RailKeepsBody(
                available=_body(one.available_minor, one.currency),
                pending=_body(one.pending_minor, one.currency),
            )
            for one in kept
        ]
    return KeepingRailBody(
        rail=name,
        compared_until=None if run is None else run.until,
        kept=bodies,
        why=kept if isinstance(kept, str) else None,
    )


def _differences(booked: Booked, told: Mapping[str, Kept]) -> list[DifferenceBody]:
    """By currency, where every rail has told."""
    kept: dict[str, int] = {}
    for balances in told.values():
        if not isinstance(balances, list):
            return []
        for one in balances:
            kept[one.currency] = kept.get(one.currency, 0) + one.total_minor
    found = []
    for currency in sorted({*kept, *booked}):
        ours = booked.get(currency, {})
        in_ledger = ours.get("psp:pending", 0) + ours.get("psp:available", 0)
        at_rails = kept.get(currency, 0)
        found.append(
            DifferenceBody(
                at_rails=_body(at_rails, currency),
                in_ledger=_body(in_ledger, currency),
                difference=_body(at_rails - in_ledger, currency),
            )
        )
    return found


def _body(amount_minor: int, currency: str) -> MoneyBody:
    return MoneyBody.of(Money(amount_minor, currency))
