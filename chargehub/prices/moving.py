"""Prices that move: owners state by what, the clock moves them, and each move is a new version.

What is booked, quoted or begun keeps the version it was made with.
"""

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import bindparam, delete, update

from chargehub.errors import Invalid, NotFound
from chargehub.people.rules import Actor
from chargehub.prices import signals
from chargehub.prices.market import Market
from chargehub.store.chunk import ALL, Chunk
from chargehub.store.columns import Instant, Json, new_id
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work
from chargehub.tariffs import (
    dynamic,
    tables,
    versions,
)
from chargehub.tariffs.actions import keep_snapshot
from chargehub.tariffs.dynamic import Dynamics
from chargehub.tariffs.tables import TARIFF, TariffView
from chargehub.tariffs.versions import DYNAMICS, TariffDynamics, TariffVersion

_MOVED = Hot(
    update(DYNAMICS)
    .where(
        DYNAMICS.c.tariff_id == bindparam("moved"),
        DYNAMICS.c.due_at == bindparam("due", type_=Instant()),
    )
    .values(due_at=bindparam("following", type_=Instant()), signals=bindparam("said", type_=Json()))
)


class BadDynamics(Invalid):
    """A tariff whose prices cannot move so."""

    code = "bad_dynamics"


def state(
    work: Work, actor: Actor, tariff_id: str, rule: Dynamics, market: Market, now: datetime
) -> None:
    """Let a tariff's prices per kWh move from the next quarter of an hour on.

    What the tariff was made with stays the base. Raises NotFound, BadDynamics.
    """
    tariff = own_tariff(work, actor, tariff_id)
    if rule.area is not None and not market.knows(rule.area, tariff.currency):
        raise BadDynamics(
            f"This hub knows no wholesale prices of {rule.area} in {tariff.currency}."
            " Ask its operator for them, or move by utilisation."
        )
    before = versions.rule_of(work, tariff_id)
    base = tariff.content if before is None else tables.snapshot(work, before.base_snapshot_id)
    try:
        dynamic.check(base, rule)
    except ValueError as error:
        raise BadDynamics(f"These prices cannot move so: {error}.") from None
    values: dict[str, Any] = {
        "area": rule.area,
        "rule": dynamic.written(rule),
        "stated_at": now,
        "due_at": dynamic.following(now),
    }
    if before is not None:
        is_it = DYNAMICS.c.tariff_id == tariff_id
        work.execute(update(DYNAMICS).where(is_it).values(**values))
        return
    work.add(TariffDynamics(tariff_id=tariff_id, base_snapshot_id=tariff.snapshot_id, **values))
    if versions.version_at(work, tariff_id, now) is None:
        _say(work, tariff_id, tariff.snapshot_id, tariff.created_at, None)
    _set(work, tariff_id, is_dynamic=True)


def stop(work: Work, actor: Actor, tariff_id: str, now: datetime) -> None:
    """Let the prices stand still, as the tariff was made. Twice is once. Raises NotFound."""
    tariff = own_tariff(work, actor, tariff_id)
    rule = versions.rule_of(work, tariff_id)
    if rule is None:
        return
    work.execute(delete(DYNAMICS).where(DYNAMICS.c.tariff_id == tariff_id))
    if rule.base_snapshot_id != tariff.snapshot_id:
        _say(work, tariff_id, rule.base_snapshot_id, now, None)
    _set(work, tariff_id, is_dynamic=False, snapshot_id=rule.base_snapshot_id)


def move_due(work: Work, now: datetime, market: Market, chunk: Chunk = ALL) -> int:
    """Move the prices that are due, at most 50 tariffs; how many were looked at."""
    due = versions.due(work, now, chunk.limit)
    return chunk.each(work, due, str, partial(_move, market=market, now=now))


def own_tariff(reads: Reads, actor: Actor, tariff_id: str) -> TariffView:
    """The actor's own tariff. Raises NotFound."""
    found = tables.tariff(reads, tariff_id)
    if found is None or found.owner_id != actor.account_id:
        raise NotFound("You have no tariff with this id.")
    return found


def _move(work: Work, tariff_id: str, market: Market, now: datetime) -> None:
    row = versions.rule_of(work, tariff_id)
    tariff = tables.tariff(work, tariff_id)
    assert tariff is not None, tariff_id
    rule = dynamic.read(row.rule)
    known = signals.signals(work, tariff, rule, market, now)
    said = signals.told(known)
    following, due_at = dynamic.following(now), row.due_at
    if not work.execute(_MOVED, moved=tariff_id, due=due_at, following=following, said=said):
        return  # another node was first
    base = tables.snapshot(work, row.base_snapshot_id)
    held = versions.within_the_hour(work, tariff_id, now)
    past = [tables.snapshot(work, each.snapshot_id) for each in held]
    content = dynamic.moved(base, past, rule, known)
    if content == past[0]:
        return
    snapshot_id = keep_snapshot(work, content)
    _say(work, tariff_id, snapshot_id, now, said)
    _set(work, tariff_id, snapshot_id=snapshot_id)


def _say(work: Work, tariff_id: str, snapshot_id: str, since: datetime, why: Any) -> None:
    work.add(
        TariffVersion(
            id=new_id(), tariff_id=tariff_id, snapshot_id=snapshot_id, since=since, signals=why
        )
    )


def _set(work: Work, tariff_id: str, **values: Any) -> None:
    work.execute(update(TARIFF).where(TARIFF.c.id == tariff_id).values(**values))
