"""A meter tells more than its EVSE can give: it is not billed, and the owner's share waits."""

from datetime import timedelta
from typing import Any

import pytest

from chargehub.receipts.checking import check
from tests.disputes.court import Court, make_court
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import QUARTER, charge, leave, only, passing, slot
from tests.stories.test_trusted import confirm, forge, signing

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BECAUSE = {"because": "The EVSE gives 22 kW; its owner stated 11."}


@pytest.fixture
async def court(hub: RunningHub) -> Court:
    """A bill of 9.00 is paid and matures by itself."""
    court = await make_court(hub)
    await court.mature()
    return court


async def goes_wild(court: Court) -> dict[str, Any]:
    """35.1 kWh in three minutes; the bill."""
    hub, place = court.hub, court.place
    await place.sim.plug_in(1, court.driver.id_token)
    await place.sim.charge(1, 35_100, readings=1, before_each=passing(hub, timedelta(minutes=3)))
    await leave(hub, place)
    return await newest(court.driver)


async def newest(driver: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await driver.get("/cdrs"))["items"][0]
    return found


async def doubted(person: Person, query: str = "") -> list[tuple[str, int, list[str]]]:
    found = (await person.get(f"/doubted-earnings{query}"))["items"]
    return [
        (
            one["cdr_id"],
            one["earnings"]["amount_minor"],
            [reason["code"] for reason in one["reasons"]],
        )
        for one in found
    ]


async def test_an_implausible_bill_asks_for_what_is_possible_and_waits_for_an_operator(
    court: Court,
) -> None:
    bill = await goes_wild(court)
    told = bill["energy_wh"], bill["billed_wh"], bill["unbilled_wh"], bill["unbilled_reason"]
    assert told == (35_100, 1_145, 33_955, "too_fast")
    assert bill["cost"]["amount_minor"] == 52
    receipt = await court.hub.api.get(
        f"/api/v1/sessions/{bill['session_id']}/receipt",
        headers={"Authorization": f"Bearer {court.driver.token}"},
    )
    findings = {one.name: one.holds for one in check(receipt.content, None).findings}
    assert (findings["price"], findings["meter"]) == (True, False)

    await court.mature()
    waiting = [(bill["id"], 47, ["too_fast"])]
    assert await doubted(court.owner) == await doubted(court.operator, "?whose=all") == waiting
    assert await doubted(court.driver) == []
    await court.driver.get("/doubted-earnings?whose=all", 403)
    assert (await court.balances())["owner:accrued"] == -47

    path = f"/doubted-earnings/{bill['id']}/acceptance"
    await court.owner.post(path, BECAUSE, 403)
    await court.operator.post(path, BECAUSE, 200)
    refused = await court.operator.post(path, BECAUSE, 409)
    assert refused["code"] == "not_doubted"
    await court.hub.advance(hours=1)
    assert await doubted(court.owner) == []
    assert "owner:accrued" not in await court.balances()


async def test_what_an_operator_set_matures(court: Court) -> None:
    bill = await goes_wild(court)
    await court.mature()
    wanted = {"energy_wh": 1_000, "reason": "Read at the meter."}
    await court.operator.post(f"/cdrs/{bill['id']}/corrections", wanted, 201)
    await court.hub.settle()
    assert (await newest(court.driver))["billed_wh"] == 1_000
    assert await doubted(court.owner) == []
    await court.mature()
    assert "owner:accrued" not in await court.balances()


@pytest.mark.parametrize(("asked", "left"), [(900, []), (450, [["forged"]])])
async def test_a_decided_dispute_ends_the_doubt(
    court: Court, asked: int, left: list[list[str]]
) -> None:
    """Of a forged bill the energy goes back. A dispute about half of it leaves the rest forged."""
    key = await signing(court.hub, court.place)
    await confirm(court.owner, court.place, key.hex())
    await charge(court.hub, court.place, court.driver.id_token)
    court.session_id = (await newest(court.driver))["session_id"]
    await court.hub.hub.store.do(forge)
    await court.mature()
    assert [reasons for _, _, reasons in await doubted(court.owner)] == [["forged"]]

    made = await court.open("energy", asked)
    await court.hub.advance(hours=73)

    assert (made["how"], await court.refunded()) == ("facts", asked)
    assert [reasons for _, _, reasons in await doubted(court.owner)] == left
    assert ("owner:accrued" in await court.balances()) == bool(left)


@pytest.mark.parametrize(("energy_wh", "counted"), [(36_000, 0), (11_500, 1)])
async def test_a_quote_holds_against_a_meter_that_runs_wild(
    hub: RunningHub, energy_wh: int, counted: int
) -> None:
    """11 kW for an hour cost 4.95 at the most, whatever the meter says.

    Where it is little beyond, the energy is known all the same, and estimates count it.
    """
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place: Place = await hub.station(owner, "2.0.1")
    hour = timedelta(hours=1)
    wanted = {"evse_id": place.evse_ids[0], **slot(hub, hour, hour)}
    quote = await driver.post("/quotes", {**wanted, "energy_wh": 10_000})
    booking = {**wanted, "id_token": driver.id_token, "quote_id": quote["id"]}
    await driver.post("/bookings", booking)
    await hub.settle()
    await hub.advance(hours=1)
    await place.sim.receive("reserve")
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    await place.sim.charge(1, energy_wh, readings=4, before_each=passing(hub, QUARTER))
    await leave(hub, place)

    bill = await only(driver, "/cdrs")
    assert (bill["energy_wh"], bill["billed_wh"]) == (energy_wh, 11_000)
    assert bill["cost"]["amount_minor"] == quote["most"]["amount_minor"] == 495
    asked = {"month": bill["started_at"][:7], "tariff_id": place.tariff_id}
    estimate = await owner.post(f"/stations/{place.station_id}/earnings-estimates", asked, 200)
    assert len(estimate["sessions"]) == counted
