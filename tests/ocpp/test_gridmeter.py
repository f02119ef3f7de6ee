"""What flows into the grid, out of MeterValues of connector or EVSE 0."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chargehub.ocpp.v16 import inbound as v16
from chargehub.ocpp.v201 import inbound as v201
from chargehub.stations.gridmeter import GridReading

AT = "2026-06-01T12:00:00Z"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OUT, IN = "Power.Active.Export", "Power.Active.Import"
REGISTER = "Energy.Active.Export.Register"


def sample(measurand: str, value: str, **more: Any) -> dict[str, Any]:
    return {"measurand": measurand, "value": value, **more}


def read(*samples: dict[str, Any], evse: int = 0) -> tuple[GridReading, ...]:
    told = {"connectorId": evse, "meterValue": [{"timestamp": AT, "sampledValue": list(samples)}]}
    return v16.metered(told).grid


INLET = {"location": "Inlet"}


@pytest.mark.parametrize(
    ("samples", "export_w", "exported_wh"),
    [
        ([sample(OUT, "3.2", unit="kW", **INLET)], 3_200, None),
        ([sample(OUT, "3200")], 3_200, None),
        ([sample(OUT, "3200", location="Upstream")], 3_200, None),
        ([sample(OUT, "3000", **INLET), sample(IN, "0", **INLET)], 3_000, None),
        ([sample(OUT, "0", **INLET), sample(IN, "1500", **INLET)], -1_500, None),
        ([sample(REGISTER, "70.5", unit="kWh", **INLET)], None, 70_500),
        ([sample(OUT, "100"), sample(REGISTER, "70500")], 100, 70_500),
        (
            [sample(OUT, "2000", phase="L1"), sample(IN, "2500", phase="L2")],
            -500,
            None,
        ),
        (
            [sample(OUT, "900"), *(sample(OUT, "300", phase=f"L{n}") for n in (1, 2, 3))],
            900,
            None,
        ),
        ([sample(OUT, "-400")], None, None),
        ([sample(OUT, "4294967295000")], None, None),
        ([sample(OUT, "3000"), sample(IN, "4294967295000")], None, None),
        ([sample(OUT, "sunny")], None, None),
        ([sample(OUT, "3000", unit="VA")], None, None),
        ([sample(OUT, "3000", location="Outlet")], None, None),  # a car that feeds back
        ([sample(OUT, "3000", location="EV")], None, None),
        ([sample(IN, "3000", **INLET)], None, None),
        ([sample("Energy.Active.Import.Register", "70500")], None, None),
    ],
)
def test_what_a_main_meter_says_of_the_grid(
    samples: list[dict[str, Any]], export_w: int | None, exported_wh: int | None
) -> None:
    is_told = (export_w, exported_wh) != (None, None)

    assert read(*samples) == ((GridReading(NOON, export_w, exported_wh),) if is_told else ())


def test_an_evse_says_nothing_of_the_grid() -> None:
    """A car that feeds back is no sun."""
    assert read(sample(OUT, "3000", **INLET), evse=1) == ()


def test_the_register_that_prices_is_another() -> None:
    told = {
        "connectorId": 0,
        "meterValue": [{"timestamp": AT, "sampledValue": [sample(REGISTER, "70500", **INLET)]}],
    }

    assert v16.metered(told).readings == ()


def test_two_says_it_with_numbers_and_multipliers() -> None:
    kilo = {"unit": "W", "multiplier": 3}
    told = {"value": 3.2, "measurand": OUT, "location": "Inlet", "unitOfMeasure": kilo}
    payload = {"evseId": 0, "meterValue": [{"timestamp": AT, "sampledValue": [told]}]}

    assert v201.metered(payload).grid == (GridReading(NOON, 3_200),)
    assert v201.metered(payload | {"evseId": 1}).grid == ()


def test_a_report_has_a_hundred_readings_at_most() -> None:
    one = {"timestamp": AT, "sampledValue": [sample(OUT, "1")]}

    assert len(v16.metered({"connectorId": 0, "meterValue": [one] * 500}).grid) == 100
