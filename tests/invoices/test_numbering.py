"""Numbers have no gap and no double, whoever takes them at once and whatever fails."""

import asyncio

import pytest

from chargehub.invoices.numbering import take
from chargehub.store.work import Work
from chargehub.store.writer import Store

SERIES = "hub:invoice:2026"


class Broken(Exception):
    """Something after the number failed."""


def take_and_fail(work: Work, series: str) -> int:
    take(work, series)
    raise Broken


async def test_a_number_that_was_not_used_is_given_again(store: Store) -> None:
    first = await store.do(take, SERIES)
    with pytest.raises(Broken):
        await store.do(take_and_fail, SERIES)

    assert (first, await store.do(take, SERIES)) == (1, 2)


async def test_every_series_counts_by_itself(store: Store) -> None:
    taken = [await store.do(take, series) for series in (SERIES, "owner:invoice:2026", SERIES)]

    assert taken == [1, 1, 2]


async def test_two_hubs_at_once_leave_no_gap_and_give_none_twice(database: str) -> None:
    """Each hub has a writer of its own; every third document fails after it took its number."""
    hubs = Store(database), Store(database)
    deeds = [
        hubs[number % 2].do(take_and_fail if number % 3 == 2 else take, SERIES)
        for number in range(60)
    ]

    found = await asyncio.gather(*deeds, return_exceptions=True)

    for hub in hubs:
        await hub.close()
    numbers = [one for one in found if isinstance(one, int)]
    assert len(numbers) == 40 and sorted(numbers) == list(range(1, 41))
