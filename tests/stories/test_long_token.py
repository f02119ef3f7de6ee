"""An id token of 255 signs, which stations of OCPP 2.1 can carry, is one like any other."""

from datetime import timedelta

import pytest

from tests.hub import RunningHub
from tests.stories.steps import NINE_EUROS, bills, charge, slot

LONG = "NL-TNM-" + "x" * 244 + "-End"


@pytest.mark.parametrize("version", ["2.1"])
async def test_a_long_id_token_is_registered_booked_with_and_billed(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    operator = await hub.operator()
    place = await hub.station(owner, version)
    unknown = await place.sim.authorize(LONG)
    await driver.post("/id-tokens", {"value": LONG})

    asked = await place.sim.authorize(LONG.upper())
    differs_at_the_end = await place.sim.authorize(LONG[:-1] + "k")
    await charge(hub, place, LONG)
    wanted = {"evse_id": place.evse_ids[0], "id_token": LONG}
    await driver.post("/bookings", {**wanted, **slot(hub, timedelta(), timedelta(hours=1))})
    await hub.settle()
    reserved = await place.sim.receive("reserve")
    await charge(hub, place, LONG.lower())

    assert (unknown, asked, differs_at_the_end) == ("invalid", "accepted", "invalid")
    assert await bills(owner) == [NINE_EUROS, NINE_EUROS]
    (booking,) = (await driver.get("/bookings"))["items"]
    assert (booking["status"], booking["id_token"]) == ("completed", "…-End")
    shown = (await operator.get(f"/stations/{place.station_id}/sessions"))["items"]
    assert [each["id_token"] for each in shown] == [LONG.upper()] * 2
    assert reserved is not None
