"""Instants and money as bodies carry them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chargehub.rest.bodies import Instant, MoneyBody
from chargehub.units import Money

INSTANT = TypeAdapter(Instant)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(
    st.datetimes(
        datetime(2000, 1, 2),  # noqa: DTZ001
        datetime(2100, 12, 30),  # noqa: DTZ001
        timezones=ZONES,
    )
)
def test_an_instant_survives_its_text_in_every_zone(moment: datetime) -> None:
    read = INSTANT.validate_python(moment.isoformat())

    assert read == moment
    assert read.tzinfo is UTC
    assert INSTANT.validate_python(INSTANT.dump_python(read, mode="json")) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T08:00:00Z", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("2026-03-02t08:00:00z", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("2026-03-02T09:00:00.5+01:00", datetime(2026, 3, 2, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T08:00:00.123456789Z", datetime(2026, 3, 2, 8, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_understood(text: str, expected: datetime) -> None:
    assert INSTANT.validate_python(text) == expected


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0, "Give an instant as text with its zone"),
        (1772438400, "Give an instant as text with its zone"),
        (1.5, "Give an instant as text with its zone"),
        (True, "Give an instant as text with its zone"),
        ("1772438400", "Give an instant as text with its zone"),
        ("2026-03-02", "Give an instant as text with its zone"),
        ("2026-03-02T08:00:00", "Give an instant as text with its zone"),
        ("2026-03-02T08:00Z", "Give an instant as text with its zone"),
        ("2026-W10-1T08:00:00Z", "Give an instant as text with its zone"),
        (datetime(2026, 3, 2), "Give an instant as text with its zone"),  # noqa: DTZ001
        ("2026-02-29T08:00:00Z", "There is no such date or time of day."),
        ("2026-03-02T24:30:00Z", "There is no such date or time of day."),
        ("2026-03-02T08:00:60Z", "There is no such date or time of day."),
        ("2026-03-02T08:00:00+25:00", "There is no such date or time of day."),
        ("1999-12-31T23:59:59Z", "The year must lie between 2000 and 2100."),
        ("0001-01-01T00:00:00+23:00", "The year must lie between 2000 and 2100."),
        ("9999-12-31T23:59:59-23:00", "The year must lie between 2000 and 2100."),
    ],
)
def test_nothing_else_is_an_instant(value: object, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        INSTANT.validate_python(value)

    assert refusal.value.errors()[0]["msg"].startswith(sentence)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "CHG"]))
def test_money_survives_its_body(amount_minor: int, currency: str) -> None:
    money = Money(amount_minor, currency)

    sent = MoneyBody.of(money).model_dump(mode="json")

    assert sent == {"amount_minor": amount_minor, "currency": currency}
    assert MoneyBody.model_validate(sent).money() == money


@pytest.mark.parametrize(
    "sent",
    [
        {"amount_minor": 1.0, "currency": "EUR"},
        {"amount_minor": "1", "currency": "EUR"},
        {"amount_minor": True, "currency": "EUR"},
        {"amount_minor": 10**15 + 1, "currency": "EUR"},
        {"amount_minor": 1, "currency": "eur"},
        {"amount_minor": 1, "currency": "XXX"},
        {"amount_minor": 1},
        {"amount_minor": 1, "currency": "EUR", "scale": 2},
    ],
)
def test_money_is_whole_minor_units_of_a_real_currency(sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MoneyBody.model_validate(sent)
