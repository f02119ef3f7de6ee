"""What a station does when the hub asks, on either version."""

import asyncio

import pytest

from chargers.station import StationSim
from tests.chargers.central import PASSWORD

SOON = "2026-03-02T08:30:00Z"


async def start(central, evse: int, id_token: str) -> str:
    if central.version == "1.6":
        payload = {"connectorId": evse, "idTag": id_token}
        answer = await central.ask("RemoteStartTransaction", payload)
    else:
        payload = {
            "evseId": evse,
            "remoteStartId": 7,
            "idToken": {"idToken": id_token, "type": "Central"},
        }
        answer = await central.ask("RequestStartTransaction", payload)
    return str(answer["status"])


async def stop(central, transaction_id: str) -> str:
    if central.version == "1.6":
        payload = {"transactionId": int(transaction_id)}
        answer = await central.ask("RemoteStopTransaction", payload)
    else:
        payload = {"transactionId": transaction_id}
        answer = await central.ask("RequestStopTransaction", payload)
    return str(answer["status"])


async def reserve(central, evse: int, id_token: str, number: int = 5) -> str:
    if central.version == "1.6":
        payload = {
            "connectorId": evse,
            "idTag": id_token,
            "reservationId": number,
            "expiryDate": SOON,
        }
    else:
        payload = {
            "id": number,
            "evseId": evse,
            "expiryDateTime": SOON,
            "idToken": {"idToken": id_token, "type": "Central"},
        }
    answer = await central.ask("ReserveNow", payload)
    return str(answer["status"])


def availability(central, evse: int, operative: bool) -> dict:
    word = "Operative" if operative else "Inoperative"
    if central.version == "1.6":
        return {"connectorId": evse, "type": word}
    return {"operationalStatus": word, **({"evse": {"id": evse}} if evse else {})}


async def test_remote_start_begins_where_a_car_is_plugged_in(central, station):
    sim = await station()
    await sim.plug_in(1)

    status = await start(central, 1, "alice")
    await sim.settled()

    assert status == "Accepted"
    assert sim.sessions[0].id_token == "alice"
    assert sim.sessions[0].verdict == "accepted"
    assert (await sim.receive("start_session")).kind == "start_session"
    if central.version != "1.6":
        first = central.payloads("TransactionEvent")[0]
        assert first["transactionInfo"]["remoteStartId"] == 7
        assert first["triggerReason"] == "RemoteStart"


async def test_remote_start_waits_for_a_car(central, station):
    sim = await station()

    status = await start(central, 1, "alice")
    await sim.settled()
    verdict = await sim.plug_in(1)

    assert status == "Accepted"
    assert verdict == "accepted"
    assert [session.id_token for session in sim.sessions] == ["alice"]


async def test_remote_start_is_forgotten_when_no_car_comes(central, station, hand):
    sim = await station()
    await start(central, 1, "alice")

    hand.move(minutes=3)
    verdict = await sim.plug_in(1)

    assert verdict is None
    assert sim.sessions == []


async def test_remote_start_is_rejected_while_another_car_charges(central, station):
    sim = await station()
    await sim.plug_in(1, "bob")

    assert await start(central, 1, "alice") == "Rejected"


async def test_remote_stop_ends_the_session(central, station):
    sim = await station()
    await sim.plug_in(1, "alice")
    await sim.charge(1, energy_wh=500)
    assert sim.sessions[0].transaction_id is not None

    status = await stop(central, sim.sessions[0].transaction_id)
    await sim.settled()

    assert status == "Accepted"
    assert sim.sessions[0].reason == "remote"
    assert sim.sessions[0].energy_wh == 500


async def test_remote_stop_of_an_unknown_session_is_rejected(central, station):
    await station()

    assert await stop(central, "4711") == "Rejected"


async def test_reservation_keeps_others_off_and_is_used_by_its_token(central, station):
    sim = await station()

    status = await reserve(central, 1, "ALICE")
    await sim.settled()
    other = await sim.plug_in(1, "bob")
    remote = await start(central, 1, "bob")
    own = await sim.plug_in(1, "alice")

    assert status == "Accepted"
    assert (other, remote, own) == ("reserved", "Rejected", "accepted")
    assert sim.sessions[0].reservation_id == 5
    assert sim.evses[1].reservation is None


async def test_reservation_is_refused_where_a_car_charges(central, station):
    sim = await station()
    await sim.plug_in(1, "bob")

    assert await reserve(central, 1, "alice") == "Occupied"


async def test_reservation_ends_by_the_clock(central, station, hand):
    sim = await station()
    await reserve(central, 1, "alice")
    await sim.settled()

    hand.move(minutes=31)
    await sim.expire_reservations()
    verdict = await sim.plug_in(1, "bob")

    assert verdict == "accepted"
    if central.version != "1.6":
        (told,) = central.payloads("ReservationStatusUpdate")
        assert told == {"reservationId": 5, "reservationUpdateStatus": "Expired"}


async def test_cancelled_reservation_frees_the_evse(central, station):
    sim = await station()
    await reserve(central, 1, "alice")

    answer = await central.ask("CancelReservation", {"reservationId": 5})
    again = await central.ask("CancelReservation", {"reservationId": 5})
    await sim.settled()

    assert (answer["status"], again["status"]) == ("Accepted", "Rejected")
    assert sim.evses[1].status == "available"


async def test_out_of_service_after_the_running_session(central, station):
    sim = await station(evses=2)
    await sim.plug_in(1, "alice")

    answer = await central.ask("ChangeAvailability", availability(central, 0, operative=False))
    await sim.settled()
    await sim.stop(1)
    await sim.unplug(1)
    verdict = await sim.plug_in(2, "bob")

    assert answer["status"] == "Scheduled"
    assert verdict == "out_of_service"
    assert [place.status for place in sim.evses.values()] == ["unavailable", "unavailable"]


async def test_back_into_service(central, station):
    sim = await station()
    await central.ask("ChangeAvailability", availability(central, 1, operative=False))

    answer = await central.ask("ChangeAvailability", availability(central, 1, operative=True))
    await sim.settled()

    assert answer["status"] == "Accepted"
    assert sim.evses[1].status == "available"


async def test_reset_ends_sessions_and_boots_again(central, station):
    sim = await station()
    await sim.plug_in(1, "alice")
    await sim.charge(1, energy_wh=700)

    kind = "Hard" if central.version == "1.6" else "Immediate"
    answer = await central.ask("Reset", {"type": kind})
    await sim.settled()

    assert answer["status"] == "Accepted"
    assert sim.sessions[0].reason == "hard_reset"
    assert central.actions().count("BootNotification") == 2
    assert sim.is_connected


async def test_reset_when_idle_waits_for_the_session(central_201, hand):
    """Only 2.0.1 has it; 1.6's soft reset ends the session."""
    sim = StationSim("2.0.1", "CS01", PASSWORD, central_201.url, clock=hand)
    await sim.connect()
    await sim.plug_in(1, "alice")

    answer = await central_201.ask("Reset", {"type": "OnIdle"})
    still_running = sim.sessions[0].is_running
    await sim.stop(1)
    await sim.settled()
    await sim.close()

    assert answer["status"] == "Scheduled"
    assert still_running
    assert central_201.actions().count("BootNotification") == 1


async def test_unlock_ends_a_session_in_1_6_and_is_refused_in_2_0_1(central, station):
    sim = await station()
    await sim.plug_in(1, "alice")

    if central.version == "1.6":
        answer = await central.ask("UnlockConnector", {"connectorId": 1})
    else:
        answer = await central.ask("UnlockConnector", {"evseId": 1, "connectorId": 1})
    await sim.settled()

    if central.version == "1.6":
        assert answer["status"] == "Unlocked"
        assert sim.sessions[0].reason == "unlock"
    else:
        assert answer["status"] == "OngoingAuthorizedTransaction"
        assert sim.sessions[0].is_running


@pytest.mark.parametrize(
    "report", ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"]
)
async def test_triggered_report_comes(central, station, report):
    sim = await station()
    before = central.actions().count(report)

    answer = await central.ask("TriggerMessage", {"requestedMessage": report})
    await sim.settled()

    assert answer["status"] == "Accepted"
    assert central.actions().count(report) > before


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_trigger_of_what_it_does_not_do(central, station, version):
    await station()
    asked = {"requestedMessage": "PublishFirmwareStatusNotification"}

    answer = await central.ask("TriggerMessage", asked)

    assert answer["status"] == "NotImplemented"


async def test_settings_are_written_and_read(central, station):
    await station()

    if central.version == "1.6":
        await central.ask("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})
        answer = await central.ask("GetConfiguration", {"key": ["HeartbeatInterval", "Nope"]})
        assert answer == {
            "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}],
            "unknownKey": ["Nope"],
        }
    else:
        name = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        await central.ask("SetVariables", {"setVariableData": [{**name, "attributeValue": "60"}]})
        answer = await central.ask("GetVariables", {"getVariableData": [name]})
        (found,) = answer["getVariableResult"]
        assert (found["attributeStatus"], found["attributeValue"]) == ("Accepted", "60")


async def test_setting_that_does_not_fit_is_rejected(central, station):
    await station()

    if central.version == "1.6":
        payload = {"key": "HeartbeatInterval", "value": "often"}
        status = (await central.ask("ChangeConfiguration", payload))["status"]
    else:
        name = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        payload = {"setVariableData": [{**name, "attributeValue": "often"}]}
        (found,) = (await central.ask("SetVariables", payload))["setVariableResult"]
        status = found["attributeStatus"]

    assert status == "Rejected"


async def test_password_set_by_the_hub_is_used_from_then_on(central, station):
    sim = await station()
    fresh = "another password, long"
    if central.version == "1.6":
        payload = {"key": "AuthorizationKey", "value": fresh}
        await central.ask("ChangeConfiguration", payload)
    else:
        name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
        await central.ask("SetVariables", {"setVariableData": [{**name, "attributeValue": fresh}]})
    await sim.disconnect()
    central.password = fresh

    await sim.connect()

    assert sim.password == fresh != PASSWORD


async def test_base_report_names_every_setting_but_no_password(central_201, hand):
    """2.0.1 sends it in parts; the last says that nothing follows."""
    sim = StationSim("2.0.1", "CS01", PASSWORD, central_201.url, clock=hand)
    await sim.connect()
    sim.settings.write("SecurityCtrlr.BasicAuthPassword", "a secret of the station")

    await central_201.ask("GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"})
    await sim.settled()
    await sim.close()

    parts = central_201.payloads("NotifyReport")
    told = [entry for part in parts for entry in part["reportData"]]
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts][-2:] == [True, False]
    assert len(told) == len(sim.settings.names())
    assert "a secret of the station" not in str(told)


async def test_a_command_that_asks_for_nothing_now_is_received_all_the_same(central, station):
    """Whoever waits for it is woken by the command itself, not by what it leads to."""
    sim = await station()
    waiting = asyncio.create_task(sim.receive("start_session"))
    await asyncio.sleep(0)

    await start(central, 1, "alice")

    assert (await asyncio.wait_for(waiting, 1.0)).kind == "start_session"
