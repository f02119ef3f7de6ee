"""2.x stations that say late where, when, or on whose token: the bill is as if said at once."""

from datetime import timedelta
from typing import Any

from tests.hub import Person, Place, RunningHub
from tests.stories.steps import HALF_HOUR, audited, bills, book, only

TOWN = {
    "name": "Town",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.60"}],
}


class Mute:
    """A station that tells a session piece by piece, and of what it is not asked to, nothing."""

    def __init__(self, hub: RunningHub, place: Place) -> None:
        self._hub = hub
        self._place = place
        self._seq_no = -1

    async def tell(self, kind: str, register_wh: int, **more: Any) -> Any:
        self._seq_no += 1
        return await self.tell_as(self._seq_no, kind, register_wh, **more)

    async def tell_as(
        self,
        seq_no: int,
        kind: str,
        register_wh: int,
        evse: int | None = None,
        token: str | None = None,
        ago: timedelta = timedelta(),
    ) -> Any:
        at = (self._hub.clock.now() - ago).isoformat()
        told: dict[str, Any] = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "Authorized",
            "seqNo": seq_no,
            "transactionInfo": {"transactionId": "T"},
            "meterValue": [{"timestamp": at, "sampledValue": [{"value": register_wh}]}],
        }
        if evse is not None:
            told["evse"] = {"id": evse}
        if token is not None:
            told["idToken"] = {"idToken": token, "type": "ISO14443"}
        return await self._place.sim.call("TransactionEvent", told)


async def publish(owner: Person, place: Place, tariff: dict[str, Any]) -> None:
    made = await owner.post("/tariffs", tariff)
    listing = {"tariff_id": made["id"], "opening_hours": "24/7"}
    await owner.ask("PUT", f"/stations/{place.station_id}/listing", listing, 200)


async def test_a_booked_driver_whose_evse_is_told_late_pays_as_booked(hub: RunningHub) -> None:
    """The booking froze the price. The deposit that was held on top of it is given back."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", evses=2)
    station = Mute(hub, place)
    booking = await book(hub, driver, place, timedelta(hours=1), timedelta(hours=2))
    await publish(owner, place, TOWN)

    await hub.advance(hours=1)
    started = await station.tell("Started", 0, token=driver.id_token)
    await hub.settle()
    await station.tell("Updated", 100, evse=1)
    await hub.settle()
    running = await only(driver, "/sessions")
    used = await driver.get(f"/bookings/{booking['id']}")
    hub.clock.advance(2 * HALF_HOUR)
    await station.tell("Ended", 10_000)
    await hub.settle()

    assert started["idTokenInfo"]["status"] == "Accepted"
    assert (running["evse_id"], running["booking_id"]) == (place.evse_ids[0], booking["id"])
    assert used["status"] == "active"
    assert (await driver.get(f"/bookings/{booking['id']}"))["status"] == "completed"
    assert [bill.lines for bill in await bills(owner)] == [("energy 10 kWh 0.45 450",)]
    payments = (await driver.get("/payments"))["items"]
    assert sorted(one["state"] for one in payments) == ["captured", "released"]
    await audited(hub)


async def test_who_turns_out_to_charge_in_anothers_slot_is_stopped_and_billed(
    hub: RunningHub,
) -> None:
    """The station was told yes before anybody knew where; the energy until the stop is owed."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, "2.0.1", evses=2)
    station = Mute(hub, place)
    await book(hub, driver, place, timedelta(hours=1), timedelta(hours=2))

    await hub.advance(hours=1)
    await station.tell("Started", 0, token=other.id_token)
    await station.tell("Updated", 100, evse=1)
    await place.sim.receive("stop_session")
    await hub.settle()
    await station.tell("Ended", 1_000)
    await hub.settle()

    (bill,) = await bills(owner)
    assert (bill.billed_wh, bill.cost_minor) == (1_000, 45)
    assert "evse_booked" in bill.flags


async def test_a_household_charges_free_although_its_evse_is_told_late(hub: RunningHub) -> None:
    owner, lodger = await hub.person("owner", pays=False), await hub.person("lodger", pays=False)
    place = await hub.station(owner, "2.0.1", evses=2)
    station = Mute(hub, place)
    household = f"/evses/{place.evse_ids[1]}/household/{lodger.id_token.lower()}"
    await owner.ask("PUT", household, expect=204)

    started = await station.tell("Started", 0, token=lodger.id_token)
    await station.tell("Updated", 0, evse=2)
    await station.tell("Ended", 2_000)
    await hub.settle()

    assert started["idTokenInfo"]["status"] == "Accepted"
    assert [bill.free_wh for bill in await bills(owner)] == [2_000]


async def test_the_evse_of_a_station_that_has_one_need_not_be_told(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, "2.0.1")
    station = Mute(hub, place)
    booking = await book(hub, driver, place, timedelta(hours=1), timedelta(hours=2))

    await hub.advance(hours=1)
    refused = await station.tell("Started", 0, token=other.id_token)
    await station.tell("Ended", 0)
    station = Mute(hub, place)
    started = await place.sim.call("TransactionEvent", _second(hub, driver.id_token))
    await hub.settle()

    assert refused["idTokenInfo"]["status"] == "NotAtThisTime"
    assert started["idTokenInfo"]["status"] == "Accepted"
    running = await only(driver, "/sessions")
    assert (running["evse_id"], running["booking_id"]) == (place.evse_ids[0], booking["id"])


def _second(hub: RunningHub, token: str) -> dict[str, Any]:
    return {
        "eventType": "Started",
        "timestamp": hub.clock.now().isoformat(),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T2"},
        "idToken": {"idToken": token, "type": "ISO14443"},
    }


async def test_a_session_asked_for_from_afar_is_known_without_its_evse(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1", evses=2)
    asked = await driver.post("/sessions", {"evse_id": place.evse_ids[1]})
    await place.sim.receive("start_session")

    await Mute(hub, place).tell("Started", 0, token=await driver.app_token())

    running = await only(driver, "/sessions")
    assert (running["id"], running["status"]) == (asked["id"], "active")
    assert running["evse_id"] == place.evse_ids[1]


async def test_a_start_told_after_the_close_is_judged_by_its_own_token_and_instant(
    hub: RunningHub,
) -> None:
    """Who stopped a session was taken for its driver, until the start was told."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other", pays=False)
    place = await hub.station(owner, "2.0.1")
    station = Mute(hub, place)

    await station.tell_as(2, "Ended", 9_000, evse=1, token=other.id_token)
    await hub.advance(hours=25)
    (first,) = await bills(owner)
    await station.tell_as(
        0, "Started", 1_000, evse=1, token=driver.id_token, ago=timedelta(hours=26)
    )
    await station.tell_as(1, "Updated", 5_000, ago=timedelta(hours=25, minutes=30))
    await hub.settle()

    assert first.billed_wh == 0
    assert (await bills(owner))[-1].billed_wh == 8_000
    standing = await only(driver, "/sessions")
    assert (standing["status"], standing["cost"]["amount_minor"]) == ("closed", 360)
    assert (await other.get("/sessions"))["items"] == []
    await audited(hub)


async def test_a_card_blocked_after_the_session_still_pays_for_it(hub: RunningHub) -> None:
    """The start that is told late is of a session that was admitted already."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, "2.0.1")
    await driver.post("/id-tokens", {"value": "card-1"})
    station = Mute(hub, place)

    a_while = timedelta(minutes=50)
    await station.tell_as(1, "Updated", 2_000, evse=1, token="CARD-1", ago=a_while)
    await station.tell_as(2, "Ended", 9_000)
    await driver.ask("PATCH", "/id-tokens/card-1", {"status": "blocked"}, 200)
    await hub.advance(hours=25)
    await station.tell_as(0, "Started", 1_000, token="CARD-1", ago=timedelta(hours=26))
    await hub.settle()

    assert [bill.billed_wh for bill in await bills(owner)] == [7_000, -7_000, 8_000]


async def test_a_start_that_names_another_driver_than_the_one_who_pays_is_flagged(
    hub: RunningHub,
) -> None:
    """The money of the one who was admitted is held: only a person can tell who owes it."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    other = await hub.person("other")
    place = await hub.station(owner, "2.0.1")
    station = Mute(hub, place)

    await station.tell_as(1, "Updated", 1_000, evse=1, token=other.id_token, ago=HALF_HOUR)
    await hub.settle()
    await station.tell_as(0, "Started", 0, evse=1, token=driver.id_token, ago=HALF_HOUR)
    await station.tell_as(2, "Ended", 5_000)
    await hub.settle()

    cdr = await only(other, "/cdrs")
    assert (cdr["billed_wh"], cdr["flags"]) == (5_000, ["other_token"])
    assert (await only(other, "/payments"))["captured"]["amount_minor"] == 225
    assert (await driver.get("/payments"))["items"] == []
    await audited(hub)
