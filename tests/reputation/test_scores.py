"""Ratings, with the worked numbers of the design page of the market, section 1.5."""

from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.reputation.scores import (
    HALF_LIFE_DAYS,
    MEAN,
    Rate,
    median,
    rating,
    thousandths,
    weight,
)

NEW = timedelta()
YEAR = timedelta(days=HALF_LIFE_DAYS)
reviews = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 4_000).map(lambda days: timedelta(days=days))),
    max_size=40,
)


@pytest.mark.parametrize(
    ("fives", "expected"), [(0, 4_300), (1, 4_378), (3, 4_491), (10, 4_689), (50, 4_903)]
)
def test_five_star_reviews_lift_a_rating_slowly(fives: int, expected: int) -> None:
    assert thousandths(rating([(5, NEW)] * fives)) == expected


def test_one_star_costs_more_than_five_give() -> None:
    assert thousandths(rating([(1, NEW)])) == 3_933


def test_a_review_counts_half_after_a_year_and_a_quarter_after_two() -> None:
    assert weight(NEW) == 1
    assert weight(YEAR) == Fraction(1, 2)
    assert weight(2 * YEAR) == Fraction(1, 4)
    assert rating([(5, YEAR), (5, YEAR)]) == rating([(5, NEW)])


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_an_older_review_never_counts_more(one: int, other: int) -> None:
    younger, older = sorted((one, other))

    assert 0 < weight(timedelta(days=older)) <= weight(timedelta(days=younger)) <= 1


@given(reviews)
def test_a_rating_keeps_within_the_stars(said: list[tuple[int, timedelta]]) -> None:
    found = rating(said)

    assert 1 <= min([MEAN, *(Fraction(stars) for stars, _ in said)]) <= found
    assert found <= max([MEAN, *(Fraction(stars) for stars, _ in said)]) <= 5


@given(reviews, st.randoms())
def test_no_order_of_reviews_makes_a_difference(
    said: list[tuple[int, timedelta]], chance: Random
) -> None:
    shuffled = list(said)
    chance.shuffle(shuffled)

    assert rating(shuffled) == rating(said)


@given(reviews.filter(bool), st.data())
def test_a_better_review_never_lowers_a_rating(
    said: list[tuple[int, timedelta]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(said) - 1))
    stars, age = said[place]
    better = list(said)
    better[place] = (data.draw(st.integers(stars, 5)), age)

    assert rating(better) >= rating(said)


def test_rates_are_never_rounded_up() -> None:
    assert Rate(2, 3).ppm == 666_666
    assert Rate(0, 0).ppm is None
    assert not Rate(0, 0).is_above(0)
    assert (Rate(1, 100).is_above(1), Rate(2, 199).is_above(1)) == (False, True)


@pytest.mark.parametrize(("values", "middle"), [([], None), ([7], 7), ([9, 1, 5], 5), ([8, 2], 2)])
def test_the_median_is_one_of_the_values(values: list[int], middle: int | None) -> None:
    assert median(values) == middle
