"""Quarters, what must be known of a seller, and that no sale is lost between them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.errors import Invalid
from chargehub.jurisdictions.rules import Reporting
from chargehub.reporting.exports import EARNINGS, earnings, is_reported
from chargehub.reporting.rules import (
    Earned,
    Seller,
    Year,
    missing,
    month_of,
    quarter_of,
    quarters_of,
    years,
)

DAC7 = Reporting(name="DAC7", due="01-31", sales=30, amount="2000", currency="EUR")
ANNA = Seller(
    "individual",
    name="Anna",
    address="Hauptstraße 1",
    country="DE",
    tin="12 345 678 901",
    tin_country="DE",
    born_on=date(1980, 5, 17),
)
START = datetime(2000, 1, 1, tzinfo=UTC)
KEYS = st.tuples(st.sampled_from("ab"), st.sampled_from(["EUR", "NOK"]))


@given(seconds=st.integers(0, 100 * 365 * 86_400))
def test_every_instant_lies_in_one_quarter_and_one_month(seconds: int) -> None:
    moment = START + timedelta(seconds=seconds)
    within = [span.contains(moment) for span in quarters_of(moment.year)]

    assert within.count(True) == 1
    assert quarter_of(f"{moment.year}-Q{within.index(True) + 1}").contains(moment)
    assert month_of(f"{moment.year}-{moment.month:02d}").contains(moment)


@pytest.mark.parametrize("text", ["2026-Q0", "2026-Q5", "26-Q1", "2026", "1999-Q1", "٢٠٢٦-Q1x"])
def test_no_other_quarter_is_understood(text: str) -> None:
    with pytest.raises(Invalid):
        quarter_of(text)


@pytest.mark.parametrize("text", ["2026-00", "2026-13", "2026-1", "1999-01", "x"])
def test_no_other_month_is_understood(text: str) -> None:
    with pytest.raises(Invalid):
        month_of(text)


@given(
    quarters=st.lists(
        st.dictionaries(KEYS, st.tuples(st.integers(0, 9), st.integers(0, 99))),
        min_size=4,
        max_size=4,
    )
)
def test_a_year_is_the_sum_of_its_quarters(
    quarters: list[dict[tuple[str, str], tuple[int, int]]],
) -> None:
    told = [
        {key: Earned(*key, sales, amount, 0, amount) for key, (sales, amount) in each.items()}
        for each in quarters
    ]

    found = years(told)

    assert sum(year.sales for year in found) == sum(s for q in quarters for s, _ in q.values())
    amounts = sum(amount for each in quarters for _, amount in each.values())
    assert sum(year.earnings_minor for year in found) == amounts


@pytest.mark.parametrize(
    ("seller", "lacks"),
    [
        (None, ("kind", "name", "address", "country", "tin")),
        (ANNA, ()),
        (Seller("individual"), ("name", "address", "country", "born_on", "tin")),
        (
            Seller("entity", name="A AS", address="B", country="NO", tin="1", tin_country="NO"),
            ("registration",),
        ),
    ],
)
def test_what_is_missing_is_named(seller: Seller | None, lacks: tuple[str, ...]) -> None:
    assert missing(seller) == lacks


@pytest.mark.parametrize(
    ("sales", "earnings_minor", "currency", "is_told"),
    [
        (29, 200_000, "EUR", False),
        (30, 1, "EUR", True),
        (1, 200_001, "EUR", True),
        (1, 1, "NOK", True),
    ],
)
def test_who_sold_little_is_left_out(
    sales: int, earnings_minor: int, currency: str, is_told: bool
) -> None:
    """Directive (EU) 2021/514, annex V, section I, part B, point 4(d)."""
    quarter = Earned("a", currency, sales, earnings_minor, 0, earnings_minor)
    year = Year("a", currency, (quarter, None, None, None))

    assert is_reported(year, DAC7) is is_told
    assert not is_reported(year, None)


@pytest.mark.parametrize(
    ("own", "places", "report", "is_told"),
    [
        (None, ("DE",), "DAC7", "yes"),
        (None, ("US", "ES"), "DAC7", "yes"),
        ("US", ("DE",), "DAC7", "yes"),
        ("DE", ("US",), "DAC7", "yes"),
        ("US", ("US",), None, "no"),
        (None, ("ZZ",), None, "no"),
        (None, (), None, "no"),
    ],
)
def test_without_a_rule_of_the_owner_or_the_place_nothing_is_reported(
    own: str | None, places: tuple[str, ...], report: str | None, is_told: str
) -> None:
    quarter = Earned("a", "EUR", 30, 1_000, 0, 1_000)
    sellers = {"a": Seller("individual", country=own)} if own else {}

    (row,) = earnings([Year("a", "EUR", (quarter, None, None, None))], sellers, {"a": places})

    found = dict(zip(EARNINGS, row, strict=True))
    assert (found["report"], found["is_reported"]) == (report, is_told)
