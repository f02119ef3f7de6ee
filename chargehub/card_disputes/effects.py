"""What rails are asked about disputed charges, outside any transaction. `answering` records it."""

import asyncio
from collections.abc import Awaitable, Callable

from chargehub.card_disputes import gathering
from chargehub.events import CardDisputeAccepted, CardDisputeAnswerDue
from chargehub.payments import card_disputes as tables
from chargehub.payments.facts import CardDisputed
from chargehub.payments.rail import RAIL_TIMEOUT_S, RailUnreachable, Refusal
from chargehub.payments.rails import Rails
from chargehub.store.writer import Store

Outcome = CardDisputed | Refusal | None
NO_WORDS = Refusal("no_answer", "This rail takes no answers to disputes. Answer it there by hand.")


def answer(rails: Rails, store: Store) -> Callable[[CardDisputeAnswerDue, str], Awaitable[Outcome]]:
    """Send the bank what the hub knows. None: it is not wanted any more."""

    async def run(event: CardDisputeAnswerDue, key: str) -> Outcome:
        view = await store.read(tables.card_dispute, event.card_dispute_id)
        if view is None or not view.is_open or view.accepted_by is not None:
            return None
        evidence = await store.read(gathering.gather, view)
        rail = rails.disputes.get(view.rail)
        return (
            NO_WORDS if rail is None else await _bounded(rail.answer(view.reference, evidence, key))
        )

    return run


def give_in(rails: Rails, store: Store) -> Callable[[CardDisputeAccepted, str], Awaitable[Outcome]]:
    """Tell the bank that the cardholder may have it. None: it is over."""

    async def run(event: CardDisputeAccepted, key: str) -> Outcome:
        view = await store.read(tables.card_dispute, event.card_dispute_id)
        if view is None or not view.is_open or view.accepted_by is None:
            return None
        rail = rails.disputes.get(view.rail)
        if rail is None:
            return NO_WORDS
        return await _bounded(rail.give_in(view.reference, key))

    return run


async def _bounded(asked: Awaitable[CardDisputed | Refusal]) -> Outcome:
    try:
        async with asyncio.timeout(RAIL_TIMEOUT_S):
            return await asked
    except TimeoutError as error:
        raise RailUnreachable(f"no answer within {RAIL_TIMEOUT_S} s") from error
