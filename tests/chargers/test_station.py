"""The simulated station tells the same story on either version, in frames that fit the standard."""

import asyncio
from datetime import timedelta

import pytest

from chargers.line import HandshakeRefused
from chargers.messages import AnsweredWithError
from chargers.station import StationSim
from chargers.vehicle import Vehicle
from tests.chargers.central import PASSWORD, Central


def starts(central: Central) -> list[dict]:
    if central.version == "1.6":
        return central.payloads("StartTransaction")
    return [event for event in central.payloads("TransactionEvent") if is_a(event, "Started")]


def stops(central: Central) -> list[dict]:
    if central.version == "1.6":
        return central.payloads("StopTransaction")
    return [event for event in central.payloads("TransactionEvent") if is_a(event, "Ended")]


def is_a(event: dict, kind: str) -> bool:
    return bool(event["eventType"] == kind)


def register(payload: dict) -> int:
    """The register a start or stop tells."""
    if "meterStart" in payload:
        return int(payload["meterStart"])
    if "meterStop" in payload:
        return int(payload["meterStop"])
    return int(payload["meterValue"][0]["sampledValue"][0]["value"])


async def test_boot_says_who_it_is_and_the_state_of_every_evse(central, station):
    await station(evses=2)

    said = central.payloads("StatusNotification")
    assert central.actions()[0] == "BootNotification"
    numbers = [payload.get("connectorId", 0) for payload in said]
    if central.version == "1.6":
        assert numbers == [0, 1, 2]
    else:
        assert [payload["evseId"] for payload in said] == [1, 2]


async def test_whole_session_tells_its_energy_by_the_register(central, station, hand):
    sim = await station()

    verdict = await sim.plug_in(1, "alice")
    await sim.charge(1, energy_wh=10_001, readings=4, before_each=lambda: hand.move(minutes=15))
    await sim.stop(1, id_token="alice")
    await sim.unplug(1)

    assert verdict == "accepted"
    assert register(stops(central)[0]) - register(starts(central)[0]) == 10_001
    assert sim.sessions[0].energy_wh == 10_001
    assert sim.evses[1].status == "available"


async def test_events_of_2_0_1_are_numbered_without_gaps(central_201, hand):
    async with StationSim("2.0.1", "CS01", PASSWORD, central_201.url, clock=hand) as sim:
        await sim.connect()
        await sim.plug_in(1, "alice")
        await sim.charge(1, energy_wh=3_000, readings=3)
        await sim.suspend(1)
        await sim.resume(1)
        await sim.stop(1)

    numbers = [event["seqNo"] for event in central_201.payloads("TransactionEvent")]
    assert numbers == list(range(8))


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_repeated_message_has_the_same_content_and_a_new_id(central, station, count):
    sim = await station()
    await sim.plug_in(1, "alice")

    replies = [await sim.repeat_last_message() for _ in range(count)]

    sent = [call for call in central.calls if call[2] in starts(central)]
    assert len({name for name, _, _ in sent}) == count + 1
    assert all(payload == sent[0][2] for _, _, payload in sent)
    assert {reply.verdict for reply in replies} == {"accepted"}
    if central.version == "1.6":
        assert {reply.transaction_id for reply in replies} == {sim.sessions[0].transaction_id}


async def test_repeated_stop_is_the_stop_again(central, station):
    sim = await station()
    await sim.plug_in(1, "alice")
    await sim.stop(1)

    await sim.repeat_last_message()

    first, second = stops(central)
    assert first == second


async def test_refused_token_starts_nothing(central, station):
    central.verdicts["mallory"] = "Invalid"
    sim = await station()

    verdict = await sim.plug_in(1, "mallory")

    assert verdict == "invalid"
    assert starts(central) == []


async def test_start_that_the_hub_refuses_is_ended_by_the_station(central, station):
    central.verdicts["mallory"] = "Blocked"
    sim = await station()

    verdict = await sim.plug_in(1, "mallory", authorize=False)

    assert verdict == "blocked"
    assert sim.sessions[0].reason == "deauthorized"
    assert len(stops(central)) == 1
    assert sim.queue_length == 0


async def test_offline_session_is_delivered_in_order_with_its_own_times(central, station, hand):
    sim = await station()
    await sim.go_offline()
    before = len(central.calls)

    verdict = await sim.plug_in(1, "alice")
    await sim.charge(1, energy_wh=2_000, readings=2, before_each=lambda: hand.move(minutes=30))
    await sim.stop(1)
    hand.move(days=2)
    await sim.reconnect()

    assert verdict is None
    assert sim.queue_length == 0
    times = [payload["timestamp"] for payload in (*starts(central), *stops(central))]
    assert times == ["2026-03-02T08:00:00.000Z", "2026-03-02T09:00:00.000Z"]
    assert register(stops(central)[0]) - register(starts(central)[0]) == 2_000
    told = [payload for _, _, payload in central.calls[before:]]
    if central.version == "1.6":
        assert stops(central)[0]["transactionId"] == 1
    else:
        assert all(event["offline"] for event in told if "eventType" in event)


async def test_message_without_an_answer_is_sent_again(central, station):
    sim = await station()
    sim.lose_next_answer()
    verdict = await sim.plug_in(1, "alice", authorize=False)

    await sim.reconnect()

    assert verdict is None
    first, second = starts(central)
    assert first == second
    assert sim.sessions[0].verdict == "accepted"
    assert sim.queue_length == 0


async def test_hub_that_dies_before_it_answers_gets_the_start_later(central, station):
    sim = await station()
    central.hangs_up_on = {"StartTransaction", "TransactionEvent"}
    verdict = await sim.plug_in(1, "alice")
    central.hangs_up_on = set()

    await sim.reconnect()

    assert verdict is None
    assert starts(central)[0] == starts(central)[1]
    assert sim.close_code is None


async def test_ocpp_error_is_raised_and_the_message_kept(central, station):
    sim = await station()
    action = "StartTransaction" if central.version == "1.6" else "TransactionEvent"
    central.errors = [(action, "InternalError")]

    with pytest.raises(AnsweredWithError) as failure:
        await sim.plug_in(1, "alice")
    await sim.deliver_queue()

    assert failure.value.code == "InternalError"
    assert starts(central)[0] == starts(central)[1]
    assert sim.sessions[0].verdict == "accepted"


@pytest.mark.parametrize("number", [0, -1])
async def test_stop_can_tell_a_transaction_id_that_was_lost(central, station, number):
    sim = await station()
    await sim.plug_in(1, "alice")

    await sim.stop(1, transaction_id=number)

    if central.version == "1.6":
        assert stops(central)[0]["transactionId"] == number
    else:
        told = {event["transactionInfo"]["transactionId"] for event in stops(central)}
        assert told == {sim.sessions[0].transaction_id}


async def test_wrong_password_is_refused_with_the_status(central):
    sim = StationSim(central.version, "CS01", "wrong", central.url)

    with pytest.raises(HandshakeRefused) as refusal:
        await sim.connect()

    assert refusal.value.status == 401
    assert "401" in str(refusal.value)


async def test_close_code_of_the_hub_is_kept(central, station):
    sim = await station()

    await central.hang_up(1012)

    assert await sim.closed() == 1012
    assert not sim.is_connected


async def test_two_evses_charge_side_by_side(central, station):
    sim = await station(evses=2)

    await asyncio.gather(sim.plug_in(1, "alice"), sim.plug_in(2, "bob"))
    await sim.charge(1, energy_wh=1_000)
    await sim.charge(2, energy_wh=2_000)
    await sim.stop(2)
    await sim.stop(1)

    assert {session.energy_wh for session in sim.sessions} == {1_000, 2_000}
    assert len({session.transaction_id for session in sim.sessions}) == 2


async def test_full_car_suspends_the_session(station, hand):
    sim = await station()
    await sim.plug_in(1, "alice", vehicle=Vehicle(battery_wh=40_000, level_wh=30_000))

    while sim.evses[1].charging == "charging":
        hand.move(minutes=5)
        await sim.tick(1, timedelta(minutes=5))

    place = sim.evses[1]
    assert place.vehicle is not None
    assert place.vehicle.is_full
    assert place.charging == "suspended_ev"
    assert 10_000 <= place.register_wh - sim.sessions[0].start_wh < 11_000


async def test_any_action_can_be_called(central, station):
    sim = await station()

    answer = await sim.call("DataTransfer", {"vendorId": "example", "messageId": "x"})

    assert answer == {"status": "UnknownVendorId"}
    assert sim.last_answers["DataTransfer"] == answer


@pytest.mark.parametrize("text", ["no JSON", "{}", "[]", "[3]", '[2,"x"]', "7", '[3,"x",{}]'])
async def test_nonsense_from_the_hub_does_no_harm(central, station, text):
    sim = await station()
    assert central.line is not None

    await central.line.send(text)

    assert await sim.plug_in(1, "alice") == "accepted"
    assert sim.is_connected


async def test_reconnect_gives_up_a_line_that_is_still_open(central, station):
    sim = await station()

    await sim.reconnect(boot=True)

    assert central.actions().count("BootNotification") == 2
    assert sim.is_connected
