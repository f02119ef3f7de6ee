"""What `chargehub bench search` says of the times it measured."""

from chargehub.commands.bench.search import Figures, Spread, verdict


def test_a_percentile_is_a_time_that_so_many_do_not_pass() -> None:
    """Of 100 times the 99th, of a few the longest."""
    assert Spread.of([float(each) for each in range(100, 0, -1)]) == Spread(50, 99, 100)
    assert Spread.of([float(each) for each in range(1, 301)]) == Spread(150, 297, 300)
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2, 3, 3)


def test_the_slow_kinds_are_named() -> None:
    """By what passed, not by what the process worked."""
    quick, slow = Spread(1, 49.9, 300), Spread(1, 50, 50)

    all_quick = verdict({"near": Figures(quick, slow, 1), "far": Figures(quick, quick, 1)})
    one_slow = verdict({"near": Figures(quick, slow, 1), "far": Figures(slow, quick, 1)})

    assert all_quick == "Of each kind, 99 of 100 searches took less than 50 ms."
    assert one_slow == "99 of 100 searches took less than 50 ms, but not these: far."
