"""What is sent of a local list: the whole or the difference, and what the station then has."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.stations.local_list import (
    LAST_VERSION,
    MAX_LISTED,
    KnownList,
    Listed,
    SendLocalList,
    after,
    at_once,
    update,
)

AT = datetime(2026, 3, 2, tzinfo=UTC)
LISTS = st.lists(
    st.builds(Listed, st.sampled_from("ABCDEFGH"), st.sampled_from([None, AT])),
    unique_by=lambda listed: listed.id_token,
).map(tuple)


@given(before=LISTS, wanted=LISTS, version=st.integers(1, 1_000))
def test_a_difference_makes_the_old_list_the_wanted_one(
    before: tuple[Listed, ...], wanted: tuple[Listed, ...], version: int
) -> None:
    known = KnownList(version, before)

    sent = update(version, known, wanted)

    if sent is None:
        assert set(before) == set(wanted)
        return
    has = after(known, sent)
    assert (sent.is_full, sent.version) == (False, version + 1)
    assert has is not None
    assert (has.version, set(has.listed)) == (version + 1, set(wanted))
    assert len(has.listed) == len(wanted)


@given(
    known=st.none() | st.builds(KnownList, st.integers(1, 9), LISTS),
    wanted=LISTS,
    told=st.integers(0, 20),
)
def test_a_list_that_is_not_known_is_sent_whole(
    known: KnownList | None, wanted: tuple[Listed, ...], told: int
) -> None:
    sent = update(told, known, wanted)

    if known is None or known.version != told:
        assert sent == SendLocalList(told + 1, is_full=True, added=wanted)
        assert after(known, sent) == KnownList(told + 1, wanted)


@given(before=LISTS, wanted=LISTS, told=st.integers(0, 5), most=st.integers(1, 3))
def test_parts_end_at_the_wanted_list(
    before: tuple[Listed, ...], wanted: tuple[Listed, ...], told: int, most: int
) -> None:
    """Whether the station's list was known or not: the whole or the difference, part by part."""
    known: KnownList | None = KnownList(3, before)
    version, sent_parts = told, 0

    while (sent := update(version, known, wanted, most)) is not None:
        assert len(sent.added) + len(sent.removed) <= most
        known = after(known, sent)
        assert known is not None
        version, sent_parts = known.version, sent_parts + 1
        assert sent_parts <= len(before) + len(wanted) + 1

    assert known is not None
    assert set(known.listed) == set(wanted)


@pytest.mark.parametrize(
    ("items", "size", "expected"),
    [(None, None, MAX_LISTED), (7, None, 7), (None, 1_000, 5), (7, 10, 1), (10_000, None, 100)],
)
def test_a_station_says_how_much_it_takes_at_once(
    items: int | None, size: int | None, expected: int
) -> None:
    assert at_once(items, size) == expected


@pytest.mark.parametrize("told", [-5, 0, LAST_VERSION, LAST_VERSION + 5])
def test_a_version_that_cannot_be_counted_on_begins_anew(told: int) -> None:
    sent = update(told, KnownList(told, ()), ())

    assert sent == SendLocalList(1, is_full=True)


def test_a_difference_to_another_version_leaves_nothing_known() -> None:
    sent = SendLocalList(5, is_full=False, added=(Listed("A"),))

    assert after(None, sent) is None
    assert after(KnownList(3, ()), sent) is None
