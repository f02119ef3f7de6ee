"""Which day's prices are fetched when, and what of an answer is kept."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.prices import dayahead
from chargehub.prices.dayahead import Feed, Source, feeds_of
from chargehub.prices.listed import BadPrices, MarketPrice, parse
from tests.prices.source import rows

OSLO = Feed("NO1", "EUR", "Europe/Oslo")
QUARTER = timedelta(minutes=15)
LONG, SHORT = date(2026, 10, 25), date(2026, 3, 29)
SUMMER = date(2026, 7, 1)


def listed(content: list[dict[str, Any]]) -> list[MarketPrice]:
    return list(parse(orjson.dumps(content), is_json=True))


@pytest.mark.parametrize(("day", "known"), [(SUMMER, 96), (SHORT, 92), (LONG, 100)])
def test_every_quarter_of_a_local_day_has_its_price(day: date, known: int) -> None:
    """Also where an hour is missing or comes twice; what is of the next day is left out."""
    span = OSLO.span_of(day)
    said = [f"0.{n:03d}" for n in range(known + 4)]

    found = dayahead.slots(listed(rows(span.start, said, QUARTER)), OSLO, day)

    assert dayahead.quarters(OSLO, day) == known == len(found)
    assert list(found.values()) == [n * 1_000 for n in range(known)]
    assert (min(found), max(found)) == (span.start, span.end - QUARTER)


@pytest.mark.parametrize(("day", "hours"), [(SUMMER, 24), (SHORT, 23), (LONG, 25)])
def test_an_hour_is_four_quarters(day: date, hours: int) -> None:
    span = OSLO.span_of(day)

    found = dayahead.slots(listed(rows(span.start, ["-0.02"] * hours)), OSLO, day)

    assert len(found) == 4 * hours
    assert set(found.values()) == {-20_000}


def test_a_half_hour_zone_has_whole_days_too() -> None:
    kolkata = Feed("IN", "INR", "Asia/Kolkata")
    span = kolkata.span_of(SUMMER)

    found = dayahead.slots(
        listed(rows(span.start, ["4.5"] * 24, area="IN", currency="INR")), kolkata, SUMMER
    )

    assert (span.start.minute, len(found)) == (30, 96)


@given(st.sets(st.integers(0, 95), min_size=1))
def test_a_gap_stays_a_gap(there: set[int]) -> None:
    start = OSLO.span_of(SUMMER).start
    said = [row for n in there for row in rows(start + n * QUARTER, ["0.1"], QUARTER)]

    found = dayahead.slots(listed(said), OSLO, SUMMER)

    assert set(found) == {start + n * QUARTER for n in there}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (rows(datetime(2026, 7, 1, tzinfo=UTC), ["0.1"], area="NO2"), "NO2"),
        (rows(datetime(2026, 7, 1, tzinfo=UTC), ["0.1"], currency="NOK"), "NOK"),
        (rows(datetime(2026, 7, 1, 0, 5, tzinfo=UTC), ["0.1"]), "quarters"),
        (rows(datetime(2026, 7, 1, tzinfo=UTC), ["0.1"], timedelta(minutes=20)), "quarters"),
        (rows(datetime(2026, 7, 3, tzinfo=UTC), ["0.1"]), "no prices of 2026-07-01"),
        ([], "no prices of 2026-07-01"),
    ],
)
def test_what_is_not_what_was_asked_for_is_not_kept(said: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(BadPrices, match=why):
        dayahead.slots(listed(said), OSLO, SUMMER)


@pytest.mark.parametrize("text", ["0.123456", "-999.999999", "1000", "0"])
def test_no_digit_of_a_price_is_lost(text: str) -> None:
    assert dayahead.per_kwh(dayahead.micros(Decimal(text))) == Decimal(text)


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (datetime(2026, 7, 1, 10, 59, tzinfo=UTC), [SUMMER]),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), [SUMMER, date(2026, 7, 2)]),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), [date(2026, 7, 2)]),
        (datetime(2026, 1, 1, 11, 59, tzinfo=UTC), [date(2026, 1, 1)]),
    ],
)
def test_the_next_day_is_asked_for_from_one_o_clock_local(at: datetime, days: list[date]) -> None:
    assert list(dayahead.days(OSLO, at)) == days


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("NO1", "no area"),
        ("NO1 EURO Europe/Oslo", "no area"),
        ("no1 EUR Europe/Oslo", "no area"),
        ("NO1 EUR Oslo", "no time zone"),
        ("NO1 EUR ../../etc/passwd", "no time zone"),
        ("NO1 EUR Europe/Oslo, NO1 EUR Europe/Paris", "twice"),
    ],
)
def test_areas_that_cannot_be_meant_are_refused_at_the_start(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        feeds_of(text)


@pytest.mark.parametrize(
    ("url", "zones", "why"),
    [
        ("http://prices.example/{zone}/{day}", "NO1 EUR Europe/Oslo", "https"),
        ("https:///{zone}/{day}", "NO1 EUR Europe/Oslo", "host"),
        ("https://{zone}.example/{day}", "NO1 EUR Europe/Oslo", "host"),
        ("https://me:word@prices.example/{day}", "NO1 EUR Europe/Oslo", "password"),
        ("https://prices.example/{zone}", "NO1 EUR Europe/Oslo", "{day}"),
        ("https://prices.example/{day}", "A EUR Europe/Oslo, B EUR Europe/Oslo", "{zone}"),
        ("https://prices.example/{zone}/{day}", "", "wholesale_zones"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused_at_the_start(
    url: str, zones: str, why: str
) -> None:
    source = Source(url, "", feeds_of(zones), QUARTER, QUARTER)

    with pytest.raises(ValueError, match=why):
        dayahead.check_source(source, may_be_private=False)


def test_the_url_names_area_and_day() -> None:
    source = Source("https://p.example/{zone}?d={day}", "", (OSLO,), QUARTER, QUARTER)

    dayahead.check_source(source, may_be_private=False)
    assert source.url_of(OSLO, SUMMER) == "https://p.example/NO1?d=2026-07-01"
