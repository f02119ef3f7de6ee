"""Cards that drivers took out of their wallets, and drivers who left: rails keep them no more.

A card is kept as long as something may still be taken from it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial
from operator import attrgetter

from sqlalchemy import bindparam, exists, select, update

from chargehub import events
from chargehub.payments.page import HasPages
from chargehub.payments.rail import RAIL_TIMEOUT_S
from chargehub.payments.rails import Rails
from chargehub.payments.tables import METHOD, PAYMENT
from chargehub.payments.views import MethodView
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store

_MAY_BE_TAKEN = ("requested", "authorised", "capture_requested")
_DUE = (
    select(METHOD)
    .where(
        METHOD.c.removed_at.is_not(None),
        METHOD.c.dropped_at.is_(None),
        ~exists().where(
            PAYMENT.c.driver_id == METHOD.c.account_id,
            PAYMENT.c.method == METHOD.c.reference,
            PAYMENT.c.state.in_(_MAY_BE_TAKEN),
        ),
    )
    .order_by(METHOD.c.removed_at)
    .limit(bindparam("limit"))
)

_REMOVED = select(METHOD).where(METHOD.c.id == bindparam("id"), METHOD.c.removed_at.is_not(None))


def drop_due(work: Work, now: datetime, chunk: Chunk = ALL) -> int:
    """Have rails forget cards that were removed and are needed no more, at most 50; how many."""
    found = tuple(MethodView(*row) for row in work.all(_DUE, limit=chunk.limit))
    return chunk.each(work, found, attrgetter("id"), partial(_drop, now=now))


def _drop(work: Work, method: MethodView, now: datetime) -> None:
    work.execute(update(METHOD).where(METHOD.c.id == method.id).values(dropped_at=now))
    work.record(events.MethodDropped(method.id))


def forget_method(
    rails: Rails, store: Store
) -> Callable[[events.MethodDropped, str], Awaitable[None]]:
    """The effect that has a rail forget a card. Again changes nothing."""

    async def run(event: events.MethodDropped, _key: str) -> None:
        method = await store.read(_removed, event.method_id)
        rail = None if method is None else rails.collecting.get(method.rail)
        if method is not None and isinstance(rail, HasPages):
            async with asyncio.timeout(RAIL_TIMEOUT_S):
                await rail.forget_method(method.reference)

    return run


def _removed(reads: Reads, method_id: str) -> MethodView | None:
    row = reads.one(_REMOVED, id=method_id)
    return None if row is None else MethodView(*row)


def forget_payer(rails: Rails) -> Callable[[events.PayerForgotten, str], Awaitable[None]]:
    """The effect that has every rail forget an account, its cards included."""

    async def run(event: events.PayerForgotten, _key: str) -> None:
        rails_with_pages: Iterable[HasPages] = (
            rail for rail in rails.collecting.values() if isinstance(rail, HasPages)
        )
        for rail in rails_with_pages:
            async with asyncio.timeout(RAIL_TIMEOUT_S):
                await rail.forget_payer(event.account_id)

    return run


def note_dropped(work: Work, event: events.MethodDropped, outcome: None, now: datetime) -> None:
    """The rail has forgotten it; nothing is left to be noted."""


def note_forgotten(work: Work, event: events.PayerForgotten, outcome: None, now: datetime) -> None:
    """The rails have forgotten the account; nothing is left to be noted."""
