"""The fold: whatever order reports come in, and however often, the session is the same."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chargehub.sessions.rules import (
    Candidate,
    Fact,
    Told,
    correctable,
    fold,
    is_live,
    match_stop,
    read_fact,
    repair_instant,
    told,
)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def story(updates: int) -> list[Fact]:
    facts = [Fact(0, "started", START, 1, "ALICE", 1000, "ev_connected")]
    for number in range(1, updates + 1):
        at = START + timedelta(minutes=number)
        facts.append(Fact(number, "updated", at, register_wh=1000 + number, charging="charging"))
    end = START + timedelta(minutes=updates + 1)
    facts.append(Fact(updates + 1, "ended", end, register_wh=9000, charging="idle", reason="Local"))
    return facts


@given(st.integers(0, 8).flatmap(lambda n: st.permutations(story(n))), st.data())
def test_any_order_and_any_repetition_folds_to_the_same_life(
    facts: list[Fact], data: st.DataObject
) -> None:
    """Stations deliver their queue in any order and partly twice (2.0.1 E04)."""
    repeated = facts + data.draw(st.lists(st.sampled_from(facts)))

    life = fold(repeated)

    assert life == fold(sorted(facts, key=lambda fact: fact.seq_no))
    assert life.is_whole
    assert (life.start_wh, life.end_wh, life.evse, life.id_token) == (1000, 9000, 1, "ALICE")


@given(st.integers(1, 8), st.data())
def test_a_gap_is_known_by_its_numbers(updates: int, data: st.DataObject) -> None:
    facts = story(updates)
    lost = data.draw(st.integers(1, updates))

    life = fold(fact for fact in facts if fact.seq_no != lost)

    assert life.missing == (lost,)
    assert not life.is_whole


def test_a_station_that_counts_from_one_misses_nothing() -> None:
    facts = [Fact(1, "started", START, register_wh=0), Fact(2, "ended", START, register_wh=5)]

    assert fold(facts).is_whole


@given(st.sampled_from(story(3)))
def test_a_fact_comes_back_from_storage_as_it_was(fact: Fact) -> None:
    assert read_fact(fact.stored()) == fact


def test_a_clock_of_1970_is_ours_and_a_year_offline_is_believed() -> None:
    """Age alone is no evidence against a clock; before 2010 and in the future it cannot be."""
    received = START

    assert repair_instant(datetime(1970, 1, 1, tzinfo=UTC), received) == (received, True)
    assert repair_instant(received + timedelta(hours=1), received) == (received, True)
    year_ago = received - timedelta(days=365)
    assert repair_instant(year_ago, received) == (year_ago, False)
    assert not is_live(year_ago, received)
    assert is_live(received - timedelta(seconds=30), received)


def test_a_stop_of_nobody_belongs_to_the_session_with_the_nearest_register() -> None:
    """Some stations stop with transaction id 0 or -1: register and time tell whose it is."""
    candidates = [
        Candidate("later", START + timedelta(hours=2), 100, 100),
        Candidate("near", START, 5000, 5600),
        Candidate("far", START, 1000, 1200),
        Candidate("beyond", START, 8000, 8000),
    ]

    assert match_stop(candidates, START + timedelta(hours=1), 6000) == "near"
    assert match_stop(candidates, START + timedelta(hours=1), 50) is None


def test_a_claim_of_two_thousand_million_events_costs_nothing() -> None:
    """The number of the last event is the station's to say; the writer must not count up to it."""
    last = Fact(2**31 - 1, "ended", START + timedelta(hours=1), register_wh=5)

    life = fold([Fact(0, "started", START, register_wh=0), last])

    assert not life.is_whole
    assert life.missing[:3] == (1, 2, 3)


@given(ahead_s=st.integers(-86_000, 86_000), late_s=st.integers(61, 10**6))
def test_a_clocks_error_is_taken_off_what_it_told(ahead_s: int, late_s: int) -> None:
    """However late it comes, but what is of now, or would be of tomorrow."""
    happened = START
    received = happened + timedelta(seconds=late_s)

    found = told(happened + timedelta(seconds=ahead_s), received, ahead_s)

    is_of_now = abs(late_s - ahead_s) <= 60
    assert found.at == happened or is_of_now
    assert is_of_now or found.is_corrected


def test_which_errors_of_clocks_are_corrected() -> None:
    assert [correctable(error) for error in (None, 0, 60, -60, 86_400)] == [None] * 5
    assert [correctable(error) for error in (61, -7_200, 86_399)] == [61, -7_200, 86_399]
    assert told(START, START + timedelta(hours=1), None) == Told(START)
