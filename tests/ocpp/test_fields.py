"""Fields shared by all versions: what stations really send, and what is made of it."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.ocpp import fields
from chargehub.ocpp.fields import Unfit
from chargehub.stations.reports import Reading

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STEPS = st.timedeltas(timedelta(days=-9_000), timedelta(days=9_000))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02T08:00:00Z", AT),
        ("2026-03-02T08:00:00.000Z", AT),
        ("2026-03-02T08:00:00.0000000Z", AT),
        ("2026-03-02T09:00:00+01:00", AT),
        ("2026-03-02T09:00:00.000+0100", AT),
        ("2026-03-02T08:00:00", AT),
        ("2026-03-02 08:00:00", AT),
        (" 2026-03-02T08:00:00z ", AT),
        ("20260302T080000Z", AT),
        ("1772438400", AT),
        ("1772438400000", AT),
        ("2026-03-02T07:59:60Z", AT - timedelta(seconds=1)),
        ("1970-01-01T00:00:12Z", datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", fields.NO_CLOCK),
        ("yesterday", fields.NO_CLOCK),
        ("", fields.NO_CLOCK),
    ],
)
def test_instant_of_every_form_seen_in_the_field(text: str, at: datetime) -> None:
    assert fields.instant(text) == at


@pytest.mark.parametrize(
    ("texts", "repairs"),
    [
        (("2026-03-02T08:00:00Z", "2026-03-02T09:00:00+01:00"), ()),
        (("2026-03-02T08:00:00",), ("time_without_zone",)),
        (("2026-03-02",), ("time_without_zone",)),
        (("soon", "2026-03-02T08:00:00Z"), ("time_unreadable",)),
        (("2026-13-45T08:00:00Z", "2026-03-02T08:00:00"), ("time_unreadable", "time_without_zone")),
        ((), ()),
    ],
)
def test_what_was_assumed_of_a_time_is_said(
    texts: tuple[str, ...], repairs: tuple[str, ...]
) -> None:
    assert fields.repairs(texts) == repairs


@given(step=STEPS, offset=st.integers(-14 * 60, 14 * 60))
def test_an_instant_means_the_same_in_every_zone(step: timedelta, offset: int) -> None:
    local = (AT + step).astimezone(timezone(timedelta(minutes=offset)))

    read = fields.instant(local.isoformat())

    assert read == local
    assert read.tzinfo is UTC


@given(st.text(max_size=40))
def test_no_text_breaks_the_clock(text: str) -> None:
    at = fields.instant(text)
    fields.repairs([text])

    assert at.tzinfo is not None


@given(STEPS)
def test_an_instant_sent_is_read_back_to_the_second(step: timedelta) -> None:
    sent = fields.wire_instant(AT + step)

    assert fields.instant(sent) == (AT + step).replace(microsecond=0)
    assert len(sent) == len("2026-03-02T08:00:00Z")


def test_id_tokens_are_folded() -> None:
    assert fields.id_token(" ab12cd ") == "AB12CD"


@pytest.mark.parametrize("text", ["A" * 256, "AB\x00", "AB\nCD", "ŉ" * 130])
def test_an_id_token_that_cannot_be_one_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Unfit) as refused:
        fields.id_token(text)

    assert text not in str(refused.value)


@given(st.text(max_size=50))
def test_a_folded_id_token_stays_as_it_is(text: str) -> None:
    try:
        folded = fields.id_token(text)
    except Unfit:
        return

    assert fields.id_token(folded) == folded
    assert len(folded) <= fields.LONGEST_TOKEN


@pytest.mark.parametrize("value", [-1, 2**31, 2**63, 1e30])
def test_numbers_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(Unfit, match="seqNo is negative or too large"):
        fields.number(value, "seqNo")


NO_REGISTERS = [-1, 2**31 - 1, 2**32 - 1, 10**12 + 1, 2**63]


@pytest.mark.parametrize("value", NO_REGISTERS)
def test_what_no_meter_shows_is_no_register(value: int) -> None:
    """Firmware tells -1 or MaxInt where it has no value; the session beside it is real."""
    assert fields.register(value) is None
    (reading,) = read({"value": value}, {"value": 900, "measurand": "Power.Active.Import"})

    assert reading == Reading(AT, None, power_w=900, is_absurd=True)


@pytest.mark.parametrize("value", [0, 1, 2**31 - 2, 2**31, 10**12])
def test_what_a_meter_may_show_is_a_register(value: int) -> None:
    assert fields.register(value) == value
    assert read({"value": value}) == (Reading(AT, value),)


def test_no_phase_of_a_register_may_be_absurd() -> None:
    """Their sum would be one that only looks like a meter's."""
    phases = [{"value": value, "phase": f"L{n}"} for n, value in enumerate([2**31 - 1] * 3, 1)]

    assert read(*phases) == (Reading(AT, None, is_absurd=True),)
    assert fields.any_absurd(read(*phases))


@pytest.mark.parametrize(("value", "number"), [(7, 7), (0, None), (-1, None), (None, None)])
def test_reservation_ids_of_firmware_without_reservations(
    value: int | None, number: int | None
) -> None:
    assert fields.reservation_id(value) == number


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("EVDisconnected", "ev_disconnected"),
        ("SOCLimitReached", "soc_limit_reached"),
        ("LocalOutOfCredit", "local_out_of_credit"),
        ("StoppedByEV", "stopped_by_ev"),
        ("Local", "local"),
    ],
)
def test_words_of_the_standard_become_ours(text: str, word: str) -> None:
    assert fields.word(text) == word


@given(amount=st.integers(0, 10**15), exponent=st.integers(0, 4))
def test_money_leaves_with_all_its_digits(amount: int, exponent: int) -> None:
    sent = orjson.dumps({"totalCost": fields.cost(amount, exponent)}).decode()

    digits = sent.removeprefix('{"totalCost":').removesuffix("}")
    assert Decimal(digits) == Decimal(amount).scaleb(-exponent)
    assert "e" not in digits.lower()
    orjson.loads(sent)


def test_twelve_thirty_four_leaves_as_twelve_thirty_four() -> None:
    """The `ocpp` package would send 12.3."""
    assert orjson.dumps({"totalCost": fields.cost(1234, 2)}) == b'{"totalCost":12.34}'


# --- readings ------------------------------------------------------------------------------


def sampled(*samples: dict[str, Any], at: str = "2026-03-02T08:00:00Z") -> list[dict[str, Any]]:
    return [{"timestamp": at, "sampledValue": list(samples)}]


def read(*samples: dict[str, Any]) -> tuple[Reading, ...]:
    return fields.readings(sampled(*samples))


@pytest.mark.parametrize(
    ("sample", "register_wh"),
    [
        ({"value": "1234"}, 1234),
        ({"value": "1234", "unit": "Wh"}, 1234),
        ({"value": "1.2345", "unit": "kWh"}, 1235),
        ({"value": "1.2344", "unit": "kWh"}, 1234),
        ({"value": " 1234.5 "}, 1235),
        ({"value": "1e3"}, 1000),
        ({"value": 1234}, 1234),
        ({"value": 1234.4}, 1234),
        ({"value": "1234", "measurand": "Energy.Active.Import.Register"}, 1234),
        ({"value": "1234", "location": "Outlet"}, 1234),
    ],
)
def test_register_in_whole_watt_hours(sample: dict[str, Any], register_wh: int) -> None:
    assert read(sample) == (Reading(AT, register_wh),)


@pytest.mark.parametrize(
    "sample",
    [
        {"value": "NaN"},
        {"value": "Infinity"},
        {"value": "1,234"},
        {"value": ""},
        {"value": "1e999999"},
        {"value": "0e-999999999"},
        {"value": "9" * 60},
        {"value": "12", "unit": "varh"},
        {"value": "12", "measurand": "Energy.Active.Export.Register"},
        {"value": "12", "measurand": "Energy.Active.Import.Interval"},
        {"value": "12", "location": "Inlet"},
        {"value": "AQID", "format": "SignedData"},
        {"value": "12", "phase": "N"},
        {"value": "101", "measurand": "SoC", "unit": "Percent"},
    ],
)
def test_a_sample_that_is_no_register_gives_no_reading(sample: dict[str, Any]) -> None:
    assert read(sample) == ()


def test_a_total_goes_before_the_phases() -> None:
    readings = read(
        {"value": "400", "phase": "L1"},
        {"value": "401", "phase": "L2"},
        {"value": "1000"},
        {"value": "402", "phase": "L3"},
    )

    assert readings == (Reading(AT, 1000),)


def test_phases_are_summed_before_they_are_rounded() -> None:
    readings = read(
        {"value": "0.4004", "unit": "kWh", "phase": "L1-N"},
        {"value": "0.4004", "unit": "kWh", "phase": "L2-N"},
        {"value": "0.4004", "unit": "kWh", "phase": "L3-N"},
        {"value": "690", "unit": "Wh", "phase": "L1-L2"},
    )

    assert readings == (Reading(AT, 1201),)


def test_power_and_state_of_charge_come_along() -> None:
    readings = read(
        {"value": "1000"},
        {"value": "3.68", "measurand": "Power.Active.Import", "unit": "kW", "phase": "L1"},
        {"value": "3.68", "measurand": "Power.Active.Import", "unit": "kW", "phase": "L2"},
        {"value": "54.5", "measurand": "SoC", "unit": "Percent", "location": "EV"},
        {"value": "16", "measurand": "Current.Import", "unit": "A"},
    )

    assert readings == (Reading(AT, 1000, 7360, 55),)


def test_begin_and_end_in_one_instant_give_the_end() -> None:
    """Some stations put both registers of a session into one element of transactionData."""
    begin = {"value": "1000", "context": "Transaction.Begin"}
    end = {"value": "9000", "context": "Transaction.End"}

    assert read(begin, end) == read(end, begin)
    assert read(begin, end) == (Reading(AT, 9000, context="transaction_end"),)


def test_a_begin_total_does_not_outlive_phases_of_the_end() -> None:
    readings = read(
        {"value": "1000", "context": "Transaction.Begin"},
        {"value": "4000", "phase": "L1", "context": "Transaction.End"},
        {"value": "5000", "phase": "L2", "context": "Transaction.End"},
    )

    assert readings == (Reading(AT, 9000, context="transaction_end"),)


def test_multipliers_and_units_of_two_point_x() -> None:
    samples = sampled(
        {"value": 1.2345, "unitOfMeasure": {"unit": "kWh"}},
        {"value": 7.36, "measurand": "Power.Active.Import", "unitOfMeasure": {"multiplier": 3}},
    )

    assert fields.readings(samples) == (Reading(AT, 1235, 7360),)


@pytest.mark.parametrize("multiplier", [13, -13, 10**9])
def test_an_absurd_multiplier_is_no_reading(multiplier: int) -> None:
    samples = sampled({"value": 1, "unitOfMeasure": {"multiplier": multiplier}})

    assert fields.readings(samples) == ()


@given(thousandths=st.integers(0, 10**14), unit=st.sampled_from(["Wh", "kWh", None]))
def test_rounding_is_half_up_and_exact(thousandths: int, unit: str | None) -> None:
    value = Decimal(thousandths).scaleb(-3)
    wh = value * (1000 if unit == "kWh" else 1)
    sample = {"value": str(value)} | ({"unit": unit} if unit else {})

    (reading,) = read(sample) or (None,)

    expected = int(wh.to_integral_value(ROUND_HALF_UP))
    is_register = wh <= fields.LARGEST_WH and wh not in fields.NO_REGISTER
    assert reading == Reading(AT, expected if is_register else None, is_absurd=not is_register)


@given(
    value=st.one_of(st.text(max_size=30), st.floats(allow_nan=False), st.integers()),
    unit=st.one_of(st.none(), st.sampled_from(["Wh", "kWh", "WH", "x"])),
    multiplier=st.integers(),
)
def test_no_sample_breaks_a_report(value: Any, unit: str | None, multiplier: int) -> None:
    measure = {"multiplier": multiplier} | ({"unit": unit} if unit else {})

    readings = read({"value": value, "unitOfMeasure": measure})

    assert all(0 <= (reading.register_wh or 0) <= fields.LARGEST_WH for reading in readings)


# --- names of settings ---------------------------------------------------------------------

NAME = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)


@given(
    component=NAME,
    variable=NAME,
    instances=st.tuples(st.none() | NAME, st.none() | NAME),
    evse=st.none() | st.integers(0, 99),
    connector=st.none() | st.integers(0, 9),
)
def test_a_variable_is_found_again_by_its_name(
    component: str,
    variable: str,
    instances: tuple[str | None, str | None],
    evse: int | None,
    connector: int | None,
) -> None:
    meant: dict[str, Any] = {"component": {"name": component}, "variable": {"name": variable}}
    if instances[0]:
        meant["component"]["instance"] = instances[0]
    if instances[1]:
        meant["variable"]["instance"] = instances[1]
    if evse is not None:
        meant["component"]["evse"] = {"id": evse}
        if connector is not None:
            meant["component"]["evse"]["connectorId"] = connector

    name = fields.variable_name(meant["component"], meant["variable"])

    assert fields.variable_of(name) == meant


@pytest.mark.parametrize("name", ["HeartbeatInterval", "", ".", "A.", ".B", "A@x.B"])
def test_a_name_without_component_is_no_variable(name: str) -> None:
    with pytest.raises(Unfit):
        fields.variable_of(name)
