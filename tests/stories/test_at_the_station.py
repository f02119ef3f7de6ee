"""What an owner sees of a station: its sessions and reservations, as the station knows them."""

from tests.hub import RunningHub


async def test_the_sessions_of_a_station_are_shown_as_it_knows_them(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    operator = await hub.operator()
    place = await hub.station(owner, version)
    path = f"/stations/{place.station_id}/sessions"

    await place.sim.plug_in(1, driver.id_token)
    await place.sim.charge(1, 1_000)
    await hub.settle()
    (running,) = (await owner.get(path))["items"]
    await place.sim.stop(1)
    await place.sim.unplug(1)
    await hub.settle()
    (over,) = (await owner.get(path))["items"]
    (seen,) = (await operator.get(path))["items"]

    assert (running["status"], running["evse"], running["ended_at"]) == ("active", 1, None)
    assert running["transaction_id"]
    assert (over["transaction_id"], over["stop_reason"]) == (running["transaction_id"], "local")
    assert over["ended_at"] is not None
    assert (over["id_token"], seen["id_token"]) == (f"…{driver.id_token[-4:]}", driver.id_token)
    for stranger in (driver, await hub.person("other")):
        await stranger.get(path, expect=404)


async def test_the_reservations_of_a_station_are_shown_with_their_numbers(
    hub: RunningHub, version: str
) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    operator = await hub.operator()
    place = await hub.station(owner, version)
    path = f"/stations/{place.station_id}/reservations"
    slot = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T11:00:00Z"}
    wanted = {"evse_id": place.evse_ids[0], "id_token": driver.id_token, **slot}

    booked = await driver.post("/bookings", wanted)
    await hub.settle()
    (before,) = (await owner.get(path))["items"]
    await hub.advance(minutes=115)
    (kept,) = (await owner.get(path))["items"]
    (seen,) = (await operator.get(path))["items"]

    assert (before["booking_id"], before["state"]) == (booked["id"], "none")
    assert (kept["state"], kept["booking_status"]) == ("made", "confirmed")
    assert kept["reservation_id"] == before["reservation_id"] > 0
    assert (kept["id_token"], seen["id_token"]) == (f"…{driver.id_token[-4:]}", driver.id_token)
    await driver.get(path, expect=404)
