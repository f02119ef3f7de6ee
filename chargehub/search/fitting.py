"""Which EVSEs fit a watch now: those that a search by the same driver would show, free.

Never the driver's own: they know when those are free.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from chargehub.search import candidates, rules, tables
from chargehub.search.candidates import FIRST_REACH_M, TooManyFound
from chargehub.search.judging import Judge
from chargehub.search.rules import Wanted
from chargehub.search.tables import Found
from chargehub.search.watch import Wish
from chargehub.store.work import Reads

MOST_SHOWN, LOOKED_AT = 5, 50


def fitting(reads: Reads, wish: Wish, evse_ids: Sequence[str], now: datetime) -> tuple[Found, ...]:
    """Those of these EVSEs that fit now, the nearest first."""
    spots = candidates.fitting(reads, wish.filters, evse_ids)
    if wish.around is not None:
        distance_m = rules.distances_from(wish.around)
        away = [each._replace(distance_m=distance_m(*each[3:5])) for each in spots]
        spots = sorted(each for each in away if each.distance_m <= wish.radius_m)
    elif wish.evse_id is not None:
        spots = [each for each in spots if each.evse_id == wish.evse_id]
    judge = Judge(reads, wish.filters, now)
    return tuple(_free(wish, tables.shown(reads, judge, judge.suitable(spots))))


def free_now(reads: Reads, wish: Wish, now: datetime) -> tuple[Found, ...]:
    """What fits already, `MOST_SHOWN` at most: it is not waited for.

    Where more lie there than a search looks at, what is close; none where that is too much, too.
    """
    if wish.kind == "listed":
        return ()
    if wish.evse_id is not None:
        return fitting(reads, wish, [wish.evse_id], now)
    assert wish.around is not None, wish
    for radius_m in (wish.radius_m, min(FIRST_REACH_M, wish.radius_m)):
        with suppress(TooManyFound):
            wanted = Wanted(wish.around, radius_m, wish.filters)
            return tuple(_free(wish, tables.near(reads, wanted, now, None, LOOKED_AT)))[:MOST_SHOWN]
    return ()


def _free(wish: Wish, found: Iterable[Found]) -> Iterable[Found]:
    """With a time, a search has looked whether it is free then; without, it must be free now."""
    is_any_time = wish.kind == "listed" or wish.filters.during is not None
    for each in found:
        is_own = each.evse.owner_id == wish.filters.viewer_id
        if not is_own and (is_any_time or each.availability == "free"):
            yield each
