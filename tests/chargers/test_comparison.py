"""A replay agrees only if every session and every sum does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chargers.comparison import Audit, Expected, Found, Growth, compare, standing

START = datetime(2026, 1, 1, 10, tzinfo=UTC)
EMPTY = Audit({"EUR": 0, "WH": 0}, 5, 5, 50, 50, 0, 0)


def expected(number: int, energy_wh: int = 1_000, is_free: bool = False) -> Expected:
    at = START + timedelta(hours=number)
    free_wh, cost_minor = (energy_wh, 0) if is_free else (0, 45)
    return Expected(f"s{number}", "evse", at, at, energy_wh, free_wh, cost_minor)


def found(session: Expected) -> Found:
    return Found(
        f"cdr-{session.session_id}",
        f"hub-{session.session_id}",
        session.evse_id,
        session.started_at,
        session.ended_at,
        session.energy_wh,
        session.billed_wh,
        session.free_wh,
        0,
        session.cost_minor,
        "EUR",
    )


def grown(new: list[Expected], settled_minor: int) -> Growth:
    return Growth(
        EMPTY,
        Audit(
            EMPTY.sums,
            EMPTY.sessions + len(new),
            EMPTY.cdrs + len(new),
            EMPTY.metered_wh + sum(one.energy_wh for one in new),
            EMPTY.billed_wh + sum(one.billed_wh for one in new),
            EMPTY.free_wh + sum(one.free_wh for one in new),
            0,
        ),
        settled_minor,
    )


DUE = [expected(1), expected(2, 2_000), expected(3, 500, is_free=True)]
CDRS = [found(one) for one in DUE]


def test_everything_as_expected_agrees():
    comparison = compare(DUE, DUE, CDRS, grown(DUE, 90), "EUR")

    assert comparison.agrees
    assert {line.name: line.found for line in comparison.lines}["cost"] == 90


def test_second_replay_agrees_if_nothing_grew():
    assert compare(DUE, [], CDRS, grown([], 90), "EUR").agrees
    assert not compare(DUE, [], CDRS, grown(DUE[:1], 90), "EUR").agrees


def test_missing_cdr_is_named():
    comparison = compare(DUE, DUE, CDRS[1:], grown(DUE, 90), "EUR")

    (difference,) = comparison.differences
    assert (difference.session_id, difference.reason) == ("s1", "the hub has no CDR of it")
    assert not comparison.agrees


def test_cdr_too_many_is_named():
    extra = replace(CDRS[0], cdr_id="more", started_at=START)

    comparison = compare(DUE, DUE, [*CDRS, extra], grown(DUE, 90), "EUR")

    assert [one.reason for one in comparison.differences] == ["the hub has a CDR too many"]


def test_costs_that_differ_by_a_cent_each_way_do_not_agree():
    """The sums are right, and still two drivers were billed wrongly."""
    wrong = [
        replace(CDRS[0], cost_minor=46),
        replace(CDRS[1], cost_minor=44),
        CDRS[2],
    ]

    comparison = compare(DUE, DUE, wrong, grown(DUE, 90), "EUR")

    assert [one.session_id for one in comparison.differences] == ["s1", "s2"]
    assert not comparison.agrees


def test_other_currency_does_not_agree():
    wrong = [replace(CDRS[0], currency="NOK"), *CDRS[1:]]

    comparison = compare(DUE, DUE, wrong, grown(DUE, 90), "EUR")

    assert "currency NOK" in comparison.differences[0].reason


def test_unbalanced_ledger_does_not_agree():
    growth = grown(DUE, 90)
    unbalanced = replace(growth, after=replace(growth.after, sums={"EUR": 1, "WH": 0}))

    assert not compare(DUE, DUE, CDRS, unbalanced, "EUR").agrees


def test_unsettled_money_does_not_agree():
    assert not compare(DUE, DUE, CDRS, grown(DUE, 45), "EUR").agrees


def test_corrected_cdr_counts_as_its_correction():
    cdrs = [
        {"id": "a", "kind": "cdr", "replaces": None},
        {"id": "b", "kind": "credit_note", "replaces": "a"},
        {"id": "c", "kind": "cdr", "replaces": "a"},
    ]

    assert standing(cdrs) == {"c"}
