"""The sums of a month, and what is told where not everything is known."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chargehub.margins.rules import Divided, SessionMargin, totals

ONE = SessionMargin(
    session_id="s",
    station_id="a",
    started_at=datetime(2026, 3, 2, tzinfo=UTC),
    energy_wh=20_000,
    currency="EUR",
    divided=Divided(900, 76, 14, 810),
    cost_minor=697,
    is_spread_evenly=False,
)
AMOUNTS = st.integers(0, 10**6)
SESSIONS = st.lists(
    st.builds(
        replace,
        st.just(ONE),
        currency=st.sampled_from(["EUR", "NOK"]),
        divided=st.none() | st.builds(Divided, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
        cost_minor=AMOUNTS,
    )
)


@given(SESSIONS)
def test_the_margins_of_a_month_are_those_of_its_sessions(sessions: list[SessionMargin]) -> None:
    found = totals(sessions)

    margins = [one.margin_minor for one in sessions if one.margin_minor is not None]
    assert sum(total.margin_minor or 0 for total in found) == sum(margins)
    assert sum(total.sessions + total.unsettled for total in found) == len(sessions)


def test_one_session_of_unknown_cost_leaves_the_margin_unknown() -> None:
    (total,) = totals([ONE, replace(ONE, cost_minor=None)])

    assert (total.divided.earned_minor, total.without_cost) == (1620, 1)
    assert (total.cost_minor, total.margin_minor) == (None, None)


def test_what_is_not_settled_is_in_no_sum() -> None:
    (total,) = totals([ONE, replace(ONE, divided=None)])

    assert (total.sessions, total.unsettled, total.energy_wh) == (1, 1, 20_000)
    assert total.margin_minor == 810 - 697
