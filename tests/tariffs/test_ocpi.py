"""A tariff as OCPI says it, held against a reading of that object that is not ours to write it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.components import (
    Component,
    EnergyPrice,
    FlatPrice,
    IdlePrice,
    Segment,
    TimePrice,
    Usage,
)
from chargehub.tariffs.ocpi import Party, as_text, published
from chargehub.tariffs.pricing import Tariff, price
from chargehub.tariffs.windows import PowerStep, Window
from tests.tariffs.strategies import NEAR_CHANGES, STARTS, ZONES, power_steps, windows

MADE_AT = datetime(2026, 3, 1, 12, 30, 15, 999, tzinfo=UTC)
PARTY = Party("NO", "HUB")
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
DAY, NIGHT = Window(7 * 60, 22 * 60), Window(22 * 60, 7 * 60)


def tariff(*components: Component, vat: str = "25", **limits: Any) -> Tariff:
    return Tariff("Home", "EUR", Decimal(vat), components, **limits)


def shape(content: Tariff) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(
        as_text(published(content, "t-1", PARTY, MADE_AT)).decode()
    )
    return answer


def test_a_tariff_has_the_shape_of_ocpi() -> None:
    content = tariff(
        EnergyPrice(Decimal("0.50"), (Window(420, 1440, (0, 1), date(2026, 6, 1)),)),
        TimePrice(Decimal("0.02"), power=PowerStep(11_000, 22_500)),
        FlatPrice(Decimal(1)),
        maximum=Decimal(30),
    )

    assert shape(content) == {
        "tariff": {
            "country_code": "NO",
            "party_id": "HUB",
            "id": "t-1",
            "currency": "EUR",
            "tariff_alt_text": [],
            "elements": [
                {
                    "price_components": [
                        {"type": "ENERGY", "price": 0.4, "vat": 25, "step_size": 1}
                    ],
                    "restrictions": {
                        "start_time": "07:00",
                        "end_time": "00:00",
                        "start_date": "2026-06-01",
                        "day_of_week": ["MONDAY", "TUESDAY"],
                    },
                },
                {
                    "price_components": [
                        {"type": "TIME", "price": 0.96, "vat": 25, "step_size": 60}
                    ],
                    "restrictions": {"min_power": 11, "max_power": 22.5},
                },
                {"price_components": [{"type": "FLAT", "price": 0.8, "vat": 25, "step_size": 1}]},
            ],
            "max_price": {"excl_vat": 24, "incl_vat": 30},
            "last_updated": "2026-03-01T12:30:15Z",
        },
        "unmapped": [],
    }


def test_a_free_tariff_says_so() -> None:
    (element,) = shape(tariff())["tariff"]["elements"]

    assert element == {
        "price_components": [{"type": "FLAT", "price": 0, "vat": 25, "step_size": 1}]
    }


def test_a_night_is_two_elements_with_days_of_their_own() -> None:
    friday = Window(22 * 60, 6 * 60, (4, 6), date(2026, 6, 1), date(2026, 9, 1))

    elements = shape(tariff(EnergyPrice(Decimal(1), (friday,))))["tariff"]["elements"]

    assert [element["restrictions"] for element in elements] == [
        {
            "start_time": "22:00",
            "end_time": "00:00",
            "start_date": "2026-06-01",
            "end_date": "2026-09-01",
            "day_of_week": ["FRIDAY", "SUNDAY"],
        },
        {
            "start_time": "00:00",
            "end_time": "06:00",
            "start_date": "2026-06-02",
            "end_date": "2026-09-02",
            "day_of_week": ["MONDAY", "SATURDAY"],
        },
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (tariff(EnergyPrice(Decimal(1)), EnergyPrice(Decimal(1), (NIGHT,))), "hold at once"),
        (tariff(FlatPrice(Decimal(1), (DAY,))), "if the session starts within its hours"),
        (tariff(IdlePrice(Decimal(1), timedelta(minutes=15))), "The first 900 seconds"),
        (tariff(EnergyPrice(Decimal(1)), minimum=Decimal(5)), "only if the car took energy"),
        (tariff(EnergyPrice(Decimal("0.45")), vat="19"), "rounded to 4 decimals"),
    ],
)
def test_what_ocpi_cannot_say_is_said_in_words(content: Tariff, sentence: str) -> None:
    answer = shape(content)

    (said,) = answer["unmapped"]
    assert sentence in said
    assert answer["tariff"]["tariff_alt_text"] == [{"language": "en", "text": said}]


@pytest.mark.parametrize(
    "components",
    [
        (EnergyPrice(Decimal(1), (DAY,)), EnergyPrice(Decimal(2), (NIGHT,))),
        (
            EnergyPrice(Decimal(1), power=PowerStep(None, 11_000)),
            EnergyPrice(Decimal(2), power=PowerStep(11_000, None)),
        ),
        (
            EnergyPrice(Decimal(1), (Window(0, 1440, to_date=date(2026, 6, 1)),)),
            EnergyPrice(Decimal(2), (Window(0, 1440, from_date=date(2026, 6, 1)),)),
        ),
    ],
)
def test_prices_that_never_meet_need_no_words(components: tuple[Component, ...]) -> None:
    assert shape(tariff(*components))["unmapped"] == []


def is_active(element: dict[str, Any], moment: datetime, zone: str, watts: Decimal) -> bool:
    """The restrictions of an element as OCPI 2.2.1 explains them."""
    rules, local = element.get("restrictions", {}), moment.astimezone(ZoneInfo(zone))
    clock, today = f"{local:%H:%M}", local.date().isoformat()
    until = rules.get("end_time", "00:00")
    return (
        clock >= rules.get("start_time", "00:00")
        and (until == "00:00" or clock < until)
        and today >= rules.get("start_date", "")
        and today < rules.get("end_date", "9999")
        and DAYS[local.weekday()] in rules.get("day_of_week", DAYS)
        and watts >= Decimal(str(rules.get("min_power", 0))) * 1000
        and watts < Decimal(str(rules.get("max_power", 10**9))) * 1000
    )


@given(
    st.lists(windows(), max_size=4).map(tuple),
    st.none() | power_steps(),
    NEAR_CHANGES | STARTS,
    st.sampled_from(ZONES),
    st.integers(1, 50_000),
)
def test_an_element_is_active_when_the_price_holds(
    hours: tuple[Window, ...],
    power: PowerStep | None,
    moment: datetime,
    zone: str,
    watts: int,
) -> None:
    """In any hour of any zone, the missing and the doubled one too."""
    content = tariff(EnergyPrice(Decimal(1), hours, power), vat="0")
    shortest = Segment(moment, moment + timedelta(microseconds=1), 0, "charging")
    second = Segment(moment, moment + timedelta(hours=1), watts, "charging")

    active = any(is_active(one, moment, zone, Decimal(watts)) for one in _elements(content))

    at_power = power is None or power.covers(watts, timedelta(hours=1))
    flat = price(tariff(FlatPrice(Decimal(1), hours)), Usage(zone, (shortest,)))
    assert active == (bool(flat.lines) and at_power)
    if not hours:
        assert active == bool(price(content, Usage(zone, (second,))).lines)


def _elements(content: Tariff) -> list[dict[str, Any]]:
    return list(shape(content)["tariff"]["elements"])
