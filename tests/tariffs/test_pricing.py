"""Costs, deposits, and the text a tariff is kept as."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.tariffs.components import (
    COMPONENTS,
    Component,
    EnergyPrice,
    FlatPrice,
    IdlePrice,
    Segment,
    TimePrice,
    Usage,
)
from chargehub.tariffs.pricing import (
    DEPOSIT_CAP,
    MAX_COMPONENTS,
    Tariff,
    canonical,
    coins,
    deposit,
    fingerprint,
    parse,
    price,
    quote,
    vat_within,
)
from chargehub.tariffs.windows import PowerStep, Window
from chargehub.units import Span, exponent, major
from tests.tariffs.strategies import tariffs, usages

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUMMER = Window(0, 1440, to_date=date(2026, 9, 1))
NOT_YET = Window(0, 1440, from_date=date(2026, 9, 1))
MANY = tuple(
    Window(minute, minute + 1, from_date=date(2026, 1, 1 + minute // 2)) for minute in range(50)
)


def tariff(*components: Component, currency: str = "EUR", vat: str = "19") -> Tariff:
    return Tariff("Home", currency, Decimal(vat), components)


def charged(wh: int, lasting: timedelta = HOUR) -> Usage:
    return Usage("Europe/Oslo", (Segment(NOON, NOON + lasting, wh, "charging"),))


@given(tariffs(), usages(has_free=True))
def test_lines_sum_to_the_cost_and_each_is_rounded_once(tariff: Tariff, usage: Usage) -> None:
    """Checked by somebody else's arithmetic: Decimal with room for every digit."""
    cost = price(tariff, usage)

    assert sum(line.amount_minor for line in cost.lines) == cost.total_minor
    assert 0 <= cost.vat_minor <= cost.total_minor
    with localcontext(prec=60):
        for line in cost.lines:
            exact = (line.quantity * line.price).scaleb(exponent(cost.currency))
            assert line.amount_minor == int(exact.to_integral_value(ROUND_HALF_UP))


@given(tariffs(), usages())
def test_every_component_with_a_quantity_has_its_line_in_the_order_of_a_bill(
    tariff: Tariff, usage: Usage
) -> None:
    cost = price(tariff, usage)

    kinds = [component.kind for component in tariff.components if component.quantity(usage)]
    order = [component(Decimal(1)).kind for component in COMPONENTS]
    limits = [line.kind for line in cost.lines if line.kind in ("minimum", "maximum")]
    assert [line.kind for line in cost.lines] == sorted(kinds, key=order.index) + limits
    assert len(limits) <= 1


@given(tariffs(), usages(has_free=True))
def test_a_total_lies_within_the_limits_and_is_moved_no_further(
    tariff: Tariff, usage: Usage
) -> None:
    cost = price(tariff, usage)

    free = price(replace(tariff, minimum=None, maximum=None), usage).total_minor
    total = major(cost.total_minor, cost.currency)
    low = tariff.minimum or Decimal(0) if usage.energy_wh > usage.free_wh else Decimal(0)
    high = tariff.maximum if tariff.maximum is not None else Decimal("Infinity")
    assert total == min(max(major(free, cost.currency), low), high)


def test_a_session_without_energy_owes_no_minimum() -> None:
    """A car that never charged must not pay for the try."""
    home = replace(tariff(EnergyPrice(Decimal("0.45"))), minimum=Decimal(3))

    assert price(home, charged(0)).total_minor == 0
    assert price(home, charged(1)).total_minor == 300


@given(tariffs())
def test_a_tariff_survives_its_text_and_equal_tariffs_have_one_text(tariff: Tariff) -> None:
    body = canonical(tariff)

    assert parse(body) == tariff
    assert canonical(parse(body)) == body
    assert body == orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS).decode()


def test_the_text_is_the_same_for_ever() -> None:
    """Its hash is the id under which CDRs name their prices."""
    night = Window(22 * 60, 6 * 60, (4, 5, 6))
    home = tariff(
        EnergyPrice(Decimal("0.450")),
        TimePrice(Decimal("0.02"), (night,)),
        IdlePrice(Decimal("0.10"), timedelta(minutes=15)),
        FlatPrice(Decimal("10")),
    )

    assert canonical(home) == (
        '{"components":[{"kind":"energy","per_kwh":"0.45","windows":[]},'
        '{"kind":"time","per_minute":"0.02",'
        '"windows":[{"from":"22:00","to":"06:00","weekdays":[4,5,6]}]},'
        '{"grace_s":900,"kind":"idle","per_minute":"0.1","windows":[]},'
        '{"amount":"10","kind":"flat","windows":[]}],'
        '"currency":"EUR","name":"Home","vat_percent":"19"}'
    )
    assert fingerprint(canonical(home)).startswith("094e113fb2ca07e0")


def test_twenty_kwh_at_45_cents_are_nine_euros() -> None:
    cost = price(tariff(EnergyPrice(Decimal("0.45"))), charged(20_000))

    assert (cost.total_minor, cost.vat_minor, cost.currency) == (900, 144, "EUR")
    assert [line.stored() for line in cost.lines] == [
        {"kind": "energy", "quantity": "20", "unit": "kWh", "price": "0.45", "amount_minor": 900}
    ]


@pytest.mark.parametrize(
    ("currency", "per_kwh", "wh", "amount_minor"),
    [
        ("EUR", "0.45", 11, 0),  # 0.495 cents
        ("EUR", "0.45", 12, 1),  # 0.54 cents
        ("EUR", "0.5", 10, 1),  # exactly half a cent
        ("JPY", "45", 11, 0),
        ("JPY", "45.5", 1000, 46),
        ("KWD", "0.0255", 1000, 26),
        ("KWD", "0.045", 333, 15),
        ("NOK", "4.99", 87_493, 43_659),
    ],
)
def test_a_line_is_rounded_half_up_in_its_currency(
    currency: str, per_kwh: str, wh: int, amount_minor: int
) -> None:
    cost = price(tariff(EnergyPrice(Decimal(per_kwh)), currency=currency), charged(wh))

    assert cost.total_minor == amount_minor


def test_day_and_night_have_a_line_each_that_says_its_hours() -> None:
    day, night = Window(7 * 60, 22 * 60), Window(22 * 60, 7 * 60)
    cheap_at_night = tariff(
        EnergyPrice(Decimal("0.50"), (day,)), EnergyPrice(Decimal("0.30"), (night,))
    )
    evening = Span(datetime(2026, 3, 2, 20, tzinfo=UTC), datetime(2026, 3, 2, 22, tzinfo=UTC))

    cost = quote(cheap_at_night, 10_001, evening, "Europe/Oslo")

    assert [(line.quantity, line.amount_minor, line.description) for line in cost.lines] == [
        (Decimal("5.000"), 250, "07:00-22:00"),
        (Decimal("5.001"), 150, "22:00-07:00"),
    ]


def test_what_was_not_used_has_no_line_and_what_is_free_has_one() -> None:
    cost = price(tariff(EnergyPrice(Decimal(0)), IdlePrice(Decimal(1))), charged(1000))

    assert [(line.kind, line.amount_minor) for line in cost.lines] == [("energy", 0)]
    assert cost.total_minor == cost.vat_minor == 0


@pytest.mark.parametrize(
    ("total", "percent", "vat"),
    [(900, "19", 144), (90, "19", 14), (460, "19", 73), (900, "0", 0), (1000, "25.5", 203)],
)
def test_vat_is_a_part_of_the_total(total: int, percent: str, vat: int) -> None:
    assert vat_within(total, Decimal(percent)) == vat


def test_the_deposit_of_the_market_rules() -> None:
    """11 kW for 4 hours at 45 cents: 1.1 x 19.80 = 21.78, held are 22 euros (market.md 1.1)."""
    assert deposit(tariff(EnergyPrice(Decimal("0.45"))), 11_000, 4 * HOUR) == 2200


@pytest.mark.parametrize(
    ("components", "hours", "expected"),
    [
        ((EnergyPrice(Decimal("0.45")),), 24, 8000),  # capped
        ((EnergyPrice(Decimal("0.45")), FlatPrice(Decimal("1"))), 4, 2300),
        ((EnergyPrice(Decimal("0.45")), TimePrice(Decimal("0.01"))), 4, 2500),  # 21.78 + 2.40
        ((IdlePrice(Decimal(1)),), 4, 0),
        ((), 4, 0),
        (
            (
                EnergyPrice(Decimal("0.45"), (Window(7 * 60, 22 * 60),)),
                EnergyPrice(Decimal("0.30"), (Window(22 * 60, 7 * 60),)),
            ),
            4,
            2200,  # the dearer of the two, not their sum
        ),
        (
            (
                EnergyPrice(Decimal("0.30"), (SUMMER,)),
                EnergyPrice(Decimal("0.60"), (NOT_YET,)),
            ),
            4,
            3000,  # 1.1 x 44 kWh at the winter's price: 29.04
        ),
        (
            (
                EnergyPrice(Decimal("0.30"), power=PowerStep(None, 22_000)),
                EnergyPrice(Decimal("0.60"), power=PowerStep(22_000, None)),
            ),
            4,
            1500,  # 11 kW never reach the second step
        ),
        (
            tuple(EnergyPrice(Decimal("0.10"), MANY) for _ in range(3)),
            4,
            1500,  # too many cases: as if all held at once, 14.52
        ),
    ],
)
def test_a_deposit_reckons_with_the_dearest_hour(
    components: tuple[Component, ...], hours: int, expected: int
) -> None:
    assert deposit(tariff(*components), 11_000, hours * HOUR) == expected


@given(tariffs(), st.integers(1, 350_000), st.integers(1, 24 * 60))
def test_a_deposit_is_whole_coins_and_covers_the_session_unless_capped(
    tariff: Tariff, power_w: int, lasting_min: int
) -> None:
    lasting = timedelta(minutes=lasting_min)
    held = major(deposit(tariff, power_w, lasting), tariff.currency)

    full_power = quote(tariff, power_w * lasting_min // 60, Span(NOON, NOON + lasting), "UTC")
    cost = major(full_power.total_minor, tariff.currency)
    assert held == int(held)
    # Each line of the quote may have been rounded up, by less than a coin.
    assert held >= cost - len(full_power.lines) or held == DEPOSIT_CAP * coins(tariff.currency)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"name": ""}, "a tariff has a name"),
        ({"name": "x" * 101}, "a tariff has a name"),
        ({"currency": "EURO"}, "give a currency by its ISO 4217 code"),
        ({"currency": "CHG"}, "give a currency by its ISO 4217 code"),
        ({"vat_percent": Decimal(31)}, "VAT is at most 30 %"),
        ({"vat_percent": Decimal(-1)}, "a price is a number from 0"),
        (
            {"components": (EnergyPrice(Decimal(45)),)},
            "45 EUR per kWh is more than the limit",
        ),
        ({"components": (FlatPrice(Decimal(101)),)}, "101 EUR per session is more than the limit"),
        (
            {"components": (FlatPrice(Decimal(1)),) * (MAX_COMPONENTS + 1)},
            "a tariff has at most 20 components",
        ),
    ],
)
def test_a_tariff_that_can_only_be_a_slip_is_refused(
    wanted: dict[str, object], sentence: str
) -> None:
    usual = {"name": "Home", "currency": "EUR", "vat_percent": Decimal(19), "components": ()}

    with pytest.raises(ValueError, match=sentence):
        Tariff(**(usual | wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"minimum": Decimal("1.005")}, "whole coins of EUR"),
        ({"maximum": Decimal(1001)}, "1001 EUR a session: is the comma right"),
        ({"minimum": Decimal(2), "maximum": Decimal(1)}, "not below its minimum"),
        ({"minimum": Decimal(-1)}, "a price is a number from 0"),
        ({"floor_per_kwh": Decimal("0.5")}, "0.45 per kWh is outside your floor and ceiling"),
        ({"ceiling_per_kwh": Decimal("0.4")}, "0.45 per kWh is outside your floor and ceiling"),
        ({"floor_per_kwh": Decimal(1), "ceiling_per_kwh": Decimal(0)}, "not below the floor"),
        ({"free_wh_per_month": 0}, "free energy is from 1 to"),
        ({"minimum": Decimal(1), "components": ()}, "a tariff with a minimum has a price"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(limits: dict[str, Any], sentence: str) -> None:
    home = tariff(EnergyPrice(Decimal("0.45")))

    with pytest.raises(ValueError, match=sentence):
        replace(home, **limits)


def test_limits_know_that_some_coins_are_small() -> None:
    assert tariff(EnergyPrice(Decimal(45)), currency="JPY")
    assert tariff(EnergyPrice(Decimal("4.99")), currency="NOK")
    assert tariff(EnergyPrice(Decimal("3858")), currency="VND")
    with pytest.raises(ValueError, match="499 NOK per kWh is more than the limit of 100"):
        tariff(EnergyPrice(Decimal("499")), currency="NOK")


@pytest.mark.parametrize(
    ("component", "sentence"),
    [
        ({"kind": "energy", "per_kwh": 0.45}, "give a number from 0 as text"),
        ({"kind": "energy", "per_kwh": 1}, "give a number from 0 as text"),
        ({"kind": "energy", "per_kwh": "-0.45"}, "give a number from 0 as text"),
        ({"kind": "energy", "per_kwh": "1e3"}, "give a number from 0 as text"),
        ({"kind": "energy", "per_kwh": "٠.٤"}, "give a number from 0 as text"),
        ({"kind": "energy", "per_kwh": "0.45 "}, "give a number from 0 as text"),
        ({"kind": "energy", "per_kwh": None}, "give a number from 0 as text"),
        ({"kind": "energy"}, "required"),
        ({"kind": "energy", "per_kwh": "1", "per_minute": "1"}, "Unexpected keyword argument"),
        ({"kind": "solar", "per_kwh": "1"}, "does not match any of the expected tags"),
        ({"per_kwh": "1"}, "Unable to extract tag"),
        ({"kind": "idle", "per_minute": "1", "grace_s": "900"}, "give whole seconds"),
        ({"kind": "idle", "per_minute": "1", "grace_s": True}, "give whole seconds"),
        ({"kind": "idle", "per_minute": "1", "grace_s": -1}, "give whole seconds"),
        ({"kind": "idle", "per_minute": "1", "grace_s": 90000}, "give whole seconds"),
        ({"kind": "flat", "amount": "1", "windows": [{"from": 7, "to": "08:00"}]}, "local time"),
        (
            {"kind": "flat", "amount": "1", "windows": [{"from": "7:00", "to": "08:00"}]},
            "local time",
        ),
        (
            {"kind": "flat", "amount": "1", "windows": [{"from": "24:00", "to": "08:00"}]},
            "a window starts from 00:00",
        ),
        (
            {
                "kind": "flat",
                "amount": "1",
                "windows": [{"from": "07:00", "to": "08:00", "weekdays": [7]}],
            },
            "less than or equal to 6",
        ),
    ],
)
def test_text_that_is_no_tariff_is_refused(component: object, sentence: str) -> None:
    body = {"name": "x", "currency": "EUR", "vat_percent": "19", "components": [component]}

    with pytest.raises(ValueError, match=sentence):
        parse(orjson.dumps(body).decode())
