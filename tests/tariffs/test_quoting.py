"""What a driver is told beforehand: the same arithmetic as the bill, in the order AFIR asks for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.components import EnergyPrice, FlatPrice, IdlePrice, TimePrice
from chargehub.tariffs.pricing import Tariff, price
from chargehub.tariffs.quoting import ORDER, Need, expected_usage, quote_need
from chargehub.units import Span
from tests.tariffs.strategies import NEAR_CHANGES, STARTS, ZONES, tariffs

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = Tariff(
    "Home",
    "EUR",
    Decimal(19),
    (
        FlatPrice(Decimal("0.50")),
        IdlePrice(Decimal("0.05"), timedelta(minutes=15)),
        TimePrice(Decimal("0.01")),
        EnergyPrice(Decimal("0.45")),
    ),
)


def need(energy_wh: int, hours: int, power_w: int | None = None) -> Need:
    return Need(energy_wh, Span(NOON, NOON + hours * HOUR), power_w)


def test_a_need_is_priced_by_kwh_minute_session_and_other() -> None:
    """22 kWh at 11 kW are in after 2 of the 4 hours; 15 of the 120 idle minutes are free."""
    quote = quote_need(ALL, need(22_000, 4, 11_000), "Europe/Oslo")

    assert [(part.name, part.amount_minor) for part in quote.parts] == [
        ("kwh", 990),
        ("minute", 120 + 525),
        ("session", 50),
        ("other", 0),
    ]
    assert [line.kind for line in quote.parts[1].lines] == ["time", "idle"]
    assert (quote.cost.total_minor, quote.cost.vat_minor) == (1685, 269)
    assert (quote.energy_wh, quote.charged_at) == (22_000, NOON + 2 * HOUR)


def test_a_short_stay_is_quoted_for_what_fits() -> None:
    quote = quote_need(ALL, need(50_000, 1, 11_000), "Europe/Oslo")

    assert (quote.energy_wh, quote.charged_at) == (11_000, NOON + HOUR)
    assert quote.parts[0].amount_minor == 495


def test_without_a_power_the_car_charges_all_the_time() -> None:
    quote = quote_need(ALL, need(20_000, 4), "Europe/Oslo")

    assert [part.amount_minor for part in quote.parts] == [900, 240, 50, 0]
    assert quote.charged_at == NOON + 4 * HOUR


@st.composite
def needs(draw: st.DrawFn) -> Need:
    start = draw(NEAR_CHANGES | STARTS)
    end = start + timedelta(seconds=draw(st.integers(1, 200_000)))
    power_w = draw(st.none() | st.integers(1, 350_000))
    return Need(draw(st.integers(1, 200_000)), Span(start, end), power_w)


@given(tariffs(), needs(), st.sampled_from(ZONES))
def test_the_parts_are_the_bill_of_the_session_as_it_was_supposed(
    tariff: Tariff, need: Need, time_zone: str
) -> None:
    quote = quote_need(tariff, need, time_zone)

    assert quote.cost == price(tariff, expected_usage(need, time_zone))
    assert tuple(part.name for part in quote.parts) == ORDER
    assert sum((part.lines for part in quote.parts), ()) == quote.cost.lines
    assert sum(part.amount_minor for part in quote.parts) == quote.cost.total_minor


@given(needs())
def test_a_supposed_session_keeps_to_the_need(need: Need) -> None:
    usage = expected_usage(need, "UTC")

    assert (usage.started_at, usage.ended_at) == (need.during.start, need.during.end)
    assert usage.energy_wh <= need.energy_wh
    if usage.energy_wh < need.energy_wh:
        assert need.power_w is not None and len(usage.segments) == 1
        hours = Decimal(need.during.duration // timedelta(microseconds=1)) / 3_600_000_000
        assert abs(usage.energy_wh - need.power_w * hours) <= 1


@pytest.mark.parametrize(("energy_wh", "hours", "power_w"), [(0, 1, None), (1, 0, None), (1, 1, 0)])
def test_what_is_no_need_is_refused(energy_wh: int, hours: int, power_w: int | None) -> None:
    with pytest.raises(ValueError, match="some"):
        need(energy_wh, hours, power_w)
