"""What a meter at the grid connection shows, out of the readings of connector or EVSE 0. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from chargehub.ocpp.fields import LARGEST_W, LARGEST_WH, PHASES, Payload, amount_of, instant
from chargehub.stations.gridmeter import GridReading
from chargehub.units import round_half_up

MOST: Final = 100  # of one report

_EXPORT, _IMPORT = "Power.Active.Export", "Power.Active.Import"
_EXPORTED = "Energy.Active.Export.Register"
_POWERS: Mapping[str | None, int] = {None: 1, "W": 1, "kW": 1000, "w": 1, "kw": 1000}
_ENERGIES: Mapping[str | None, int] = {None: 1, "Wh": 1, "kWh": 1000, "wh": 1, "kwh": 1000}
_SCALES = {_EXPORT: _POWERS, _IMPORT: _POWERS, _EXPORTED: _ENERGIES}
# Where no place is told it is the connection: of a main meter Outlet, the default, means nothing.
_PLACES = (None, "Inlet", "Upstream")


def readings(meter_values: Iterable[Payload]) -> tuple[GridReading, ...]:
    """What flows into the grid, in the order of the report; at most 100 instants.

    Only for connector or EVSE 0. Instants that tell of no export are left out; so is what is
    measured elsewhere than at the inlet from the grid.

    Source: OCPP 1.6, sections 4.7 and 7.33; OCPP 2.0.1 part 2, 2.43 and 3.47; 2.1 adds Upstream.
    """
    told = [_reading(each) for each in meter_values]
    return tuple([reading for reading in told if reading is not None][:MOST])


def _reading(meter_value: Payload) -> GridReading | None:
    """One instant. A total goes before the sum of phases; one phase may feed another."""
    totals: dict[str, Decimal | int] = {}
    phases: dict[str, dict[int, Decimal | int]] = {}
    for sample in meter_value["sampledValue"]:
        measurand = sample.get("measurand")
        if measurand not in _SCALES or sample.get("location") not in _PLACES:
            continue
        amount = amount_of(sample, _SCALES[measurand])
        if amount is None:
            continue
        if "phase" not in sample:
            totals[measurand] = amount
        elif sample["phase"] in PHASES:
            phases.setdefault(measurand, {})[PHASES[sample["phase"]]] = amount
    for measurand, by_phase in phases.items():
        totals.setdefault(measurand, sum(by_phase.values()))
    export_w, exported_wh = _net(totals), _whole(totals.get(_EXPORTED), LARGEST_WH)
    if export_w is None and exported_wh is None:
        return None
    return GridReading(instant(meter_value["timestamp"]), export_w, exported_wh)


def _net(totals: Mapping[str, Decimal | int]) -> int | None:
    """The power out less the power in; None where that out is not told, or absurd."""
    out_w = _whole(totals.get(_EXPORT), LARGEST_W)
    in_w = _whole(totals.get(_IMPORT, 0), LARGEST_W)
    return None if out_w is None or in_w is None else out_w - in_w


def _whole(amount: Decimal | int | None, limit: int) -> int | None:
    return None if amount is None or not 0 <= amount <= limit else round_half_up(Decimal(amount))
