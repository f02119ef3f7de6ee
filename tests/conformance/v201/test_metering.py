"""2.x cost (I), meter values (J) and data transfer (P)."""

from typing import Any

import pytest

from tests.conformance.case import CARD
from tests.conformance.v201.station import (
    BEGIN_WH,
    CHARGING,
    END_WH,
    TRANSACTION,
    Case2,
    ended,
    meter_value,
    started,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

CLOCK, PERIODIC = "Sample.Clock", "Sample.Periodic"
LOCAL = ended("StopAuthorized", "Local", card=CARD)
SIGNED = {
    "signedMeterData": "T0NNRnx7fQ==",
    "signingMethod": "",
    "encodingMethod": "OCMF",
    "publicKey": "",
}


async def shows_costs(case: Case2) -> None:
    """The hub reads that the station has a display for them."""
    cost = {
        "component": {"name": "TariffCostCtrlr"},
        "variable": {"name": "Enabled", "instance": "Cost"},
    }
    told = [cost | {"attributeValue": "true", "attributeStatus": "Accepted"}]
    wanted = {"kind": "read_settings", "names": ["TariffCostCtrlr.Enabled[Cost]"]}
    await case.commands(wanted, "GetVariables", {"getVariableResult": told})


async def told_costs(case: Case2) -> int:
    """How many commands of that kind are kept, after what is due."""
    await case.site.hub.settle()
    page = await case.site.owner.get(f"/stations/{case.station_id}/commands")
    return [each["kind"] for each in page["items"]].count("tell_cost")


async def test_tc_i_01_the_running_cost(case: Case2) -> None:
    """What the driver sees too; once a minute at most, and only what is new."""
    await shows_costs(case)
    await case.charges()
    jobs = case.site.hub.hub.jobs
    await jobs.run_due()
    first = await case.answers("CostUpdated", {})
    shown = (await case.session())["cost"]["amount_minor"]
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH + 1_000))
    case.passes(minutes=1)
    await jobs.run_due()
    second = await case.answers("CostUpdated", {})
    case.passes(minutes=1)

    assert first == {"transactionId": TRANSACTION, "totalCost": 2.25}
    assert (shown, second["totalCost"]) == (225, 2.70)
    assert await told_costs(case) == 1


async def test_a_cost_is_told_to_stations_that_show_it(case: Case2) -> None:
    await case.charges()
    case.passes(minutes=5)

    assert await told_costs(case) == 0


async def test_a_station_that_knows_no_costs_is_told_no_more(case: Case2) -> None:
    await shows_costs(case)
    await case.charges()
    await case.site.hub.hub.jobs.run_due()
    await case.refuses("CostUpdated", "NotSupported")
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH + 1_000))
    case.passes(minutes=5)

    assert await told_costs(case) == 1


async def test_tc_i_02_the_final_cost(case: Case2) -> None:
    await case.charges()
    answer = await case.event(LOCAL)

    assert answer["totalCost"] == 2.25
    await case.closed("local")


async def test_tc_j_01_outside_a_session(case: Case2) -> None:
    """EVSE 0 is the station's main meter."""
    for evse in (0, 1):
        told = {"evseId": evse, "meterValue": [meter_value(case.now(), BEGIN_WH, CLOCK)]}
        assert await case.tells("MeterValues", told) == {}

    assert await case.sessions() == []


def with_values(case: Case2, register_wh: int, context: str, *, is_signed: bool) -> dict[str, Any]:
    value = meter_value(case.now(), register_wh, context)
    if is_signed:
        value["sampledValue"][0]["signedMeterValue"] = SIGNED
    return {"meterValue": [value]}


@pytest.mark.parametrize(
    ("trigger", "context", "is_signed"),
    [
        pytest.param("MeterValueClock", CLOCK, False, id="TC_J_02"),
        pytest.param("MeterValuePeriodic", PERIODIC, False, id="TC_J_09"),
    ],
)
async def test_during_a_session(case: Case2, trigger: str, context: str, is_signed: bool) -> None:
    await case.events(CHARGING[:3])
    told = with_values(case, END_WH, context, is_signed=is_signed)
    assert await case.event(updated(trigger, "Charging"), **told) == {}

    await case.runs()


@pytest.mark.parametrize(
    ("context", "is_signed"),
    [
        pytest.param(CLOCK, False, id="TC_J_03"),
        pytest.param(CLOCK, True, id="TC_J_04"),
        pytest.param("Transaction.End", False, id="TC_J_10"),
        pytest.param("Transaction.End", True, id="TC_J_11"),
    ],
)
async def test_at_the_end(case: Case2, context: str, is_signed: bool) -> None:
    await case.events(CHARGING[:3])
    told = with_values(case, END_WH, context, is_signed=is_signed)
    answer = await case.event(LOCAL, **told)

    assert answer["totalCost"] == 2.25
    await case.closed("local")


@pytest.mark.parametrize("evse", [pytest.param(1, id="TC_J_07"), pytest.param(0, id="TC_J_08")])
async def test_at_the_start(case: Case2, evse: int) -> None:
    begun = started("Authorized", "Idle", card=CARD, evse=evse)
    await case.event(begun, **with_values(case, BEGIN_WH, "Transaction.Begin", is_signed=False))
    await case.event(updated("ChargingStateChanged", "Charging", wh=END_WH))

    await case.runs()
    assert (await case.session())["evse_id"] == case.evse_ids[0]


@pytest.mark.parametrize("vendor", [pytest.param("org.example", id="TC_P_02")])
async def test_a_vendor_of_nobody(case: Case2, vendor: str) -> None:
    told = {"vendorId": vendor, "messageId": "hello", "data": {"number": 1}}

    assert await case.tells("DataTransfer", told) == {"status": "UnknownVendorId"}


async def test_tc_p_03_custom_data(case: Case2) -> None:
    own = {"customData": {"vendorId": "org.example", "colour": "green"}}
    await case.shows("Occupied", **own)
    await case.events(CHARGING[:3])
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH), **own)

    assert (await case.evse())[0] == "occupied"
    await case.runs()
