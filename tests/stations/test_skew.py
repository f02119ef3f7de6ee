"""How far a station's clock is ahead, from what it says the time is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chargehub.stations.skew import AGREE_S, Skew, measured

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def after(samples: list[tuple[int, int]], known: Skew = Skew()) -> Skew:  # noqa: B008
    """What is known after samples of (seconds since NOW, seconds ahead)."""
    for passed, ahead in samples:
        now = NOW + passed * SECOND
        known = measured(known, now + ahead * SECOND, now)
    return known


@given(
    ahead=st.integers(-86_400, 86_400),
    jitter=st.lists(st.integers(-AGREE_S // 2, AGREE_S // 2), min_size=3, max_size=20),
)
def test_reports_that_agree_measure_a_clock(ahead: int, jitter: list[int]) -> None:
    found = after([(30 * number, ahead + each) for number, each in enumerate(jitter)])

    assert found.ahead_s is not None
    assert abs(found.ahead_s - ahead) <= AGREE_S


def test_a_queue_that_is_delivered_at_once_measures_nothing() -> None:
    """Each report of it is as late as it is old; and all come within seconds."""
    hours = [(number, -3_600 * (9 - number)) for number in range(9)]
    alike = [(number, -3_600) for number in range(9)]

    assert after(hours).ahead_s is None
    assert after(alike).ahead_s is None


def test_a_report_from_further_ahead_refutes_what_was_measured() -> None:
    """Nothing is told before it happens: the clock was set, or it was never behind."""
    behind = after([(0, -3_600), (40, -3_600), (80, -3_600)])

    assert behind.ahead_s == -3_600
    assert after([(120, 0)], behind).ahead_s is None
    assert after([(120, 0), (160, 0), (200, 0)], behind).ahead_s == 0


def test_a_late_report_refutes_nothing() -> None:
    ahead = after([(0, 3_600), (40, 3_600), (80, 3_600)])

    assert after([(120, -9_000)], ahead).ahead_s == 3_600


def test_a_clock_that_was_never_set_is_not_measured() -> None:
    known = Skew(ahead_s=0)

    assert measured(known, datetime(1970, 1, 1, tzinfo=UTC), NOW) == Skew()
