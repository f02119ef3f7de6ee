"""Calls of a station: answered once each, in order, under their own ids."""

import asyncio
import logging

import pytest
from websockets.exceptions import ConnectionClosed

from chargehub.ocpp.problems import CallRefused
from chargehub.ocpp.versions import Version
from tests.ocpp.link import LIMIT_S, TIME, linked
from tests.ocpp.story import BOTH, ISO, ONE_SIX, TWO_OH_ONE


@BOTH
async def test_a_call_is_answered_with_its_own_id(version: Version) -> None:
    async with linked(version) as link:
        answer = await link.ask([2, "m-1", "Heartbeat", {}])

        assert answer == [3, "m-1", TIME]
        assert link.counts.calls == 1


@BOTH
async def test_no_payload_may_be_null(version: Version) -> None:
    async with linked(version) as link:
        assert await link.ask([2, "m-1", "Heartbeat", None]) == [3, "m-1", TIME]
        assert link.desk.calls[0].payload == {}


async def test_answers_have_no_space_and_no_null() -> None:
    async with linked(ONE_SIX) as link:
        await link.send([2, "m-1", "Heartbeat", {}])

        frame = await asyncio.wait_for(link.station.recv(), LIMIT_S)

        assert frame == f'[3,"m-1",{{"currentTime":"{ISO}"}}]'


async def test_the_payload_is_kept_as_it_came() -> None:
    payload = '{ "connectorId" : 1,"errorCode":"NoError", "status":"Available" , "info":"a\\"],b"}'
    async with linked(ONE_SIX) as link:
        await link.ask(f'[2 , "a\\"]b", "StatusNotification",  {payload} ]')

        (call,) = link.desk.calls
        assert call.payload_text == payload
        assert call.id == 'a"]b'


async def test_the_same_call_twice_is_done_once_and_answered_twice() -> None:
    call = [2, "m-1", "DataTransfer", {"vendorId": "acme"}]
    async with linked(ONE_SIX) as link:
        first, second = await link.ask(call), await link.ask(call)

        assert first == second
        assert len(link.desk.calls) == 1
        assert link.counts.repeated == 1


async def test_the_same_call_twice_in_a_row_before_the_answer_is_done_once() -> None:
    call = [2, "m-1", "DataTransfer", {"vendorId": "acme"}]
    async with linked(ONE_SIX) as link:
        link.desk.gate.clear()
        await link.send(call)
        await link.send(call)
        link.desk.gate.set()

        assert [await link.receive(), await link.receive()] == [[3, "m-1", TIME]] * 2
        assert len(link.desk.calls) == 1


async def test_an_id_used_again_for_something_else_is_another_call() -> None:
    """Real firmware counts its message ids from 1 after a reboot, or never counts."""
    async with linked(ONE_SIX) as link:
        for vendor in ("acme", "other", "acme"):
            await link.ask([2, "1", "DataTransfer", {"vendorId": vendor}])

        assert len(link.desk.calls) == 3


async def test_the_time_is_told_anew_whatever_the_id() -> None:
    async with linked(ONE_SIX) as link:
        await link.ask([2, "1", "Heartbeat", {}])
        await link.ask([2, "1", "Heartbeat", {}])

        assert len(link.desk.calls) == 2


async def test_memory_for_answers_is_small() -> None:
    async with linked(ONE_SIX) as link:
        for number in range(9):
            await link.ask([2, f"m-{number}", "DataTransfer", {"vendorId": "acme"}])
        await link.ask([2, "m-0", "DataTransfer", {"vendorId": "acme"}])

        assert len(link.desk.calls) == 10


async def test_calls_are_answered_in_order_however_many_come_at_once() -> None:
    """1.6 numbers nothing: the order of a station's queue is the order of what happened."""
    async with linked(ONE_SIX, room=4) as link:
        ids = [f"m-{number}" for number in range(100)]
        for message_id in ids:
            await link.send([2, message_id, "DataTransfer", {"vendorId": "acme"}])

        answers = [await link.receive() for _ in ids]

        assert [answer[1] for answer in answers] == ids
        assert [call.id for call in link.desk.calls] == ids


async def test_a_station_that_floods_is_read_no_further_than_the_queue() -> None:
    async with linked(ONE_SIX, room=4) as link:
        link.desk.gate.clear()
        for number in range(50):
            await link.send([2, f"m-{number}", "DataTransfer", {"vendorId": "acme"}])
        await asyncio.wait_for(link.desk.reached.wait(), LIMIT_S)
        await link.station.ping()

        assert len(link.desk.calls) == 1
        assert link.counts.frames <= 6
        link.desk.gate.set()
        assert [(await link.receive())[1] for _ in range(50)][-1] == "m-49"


async def test_finishing_answers_the_message_in_hand_and_no_other() -> None:
    async with linked(ONE_SIX) as link:
        link.desk.gate.clear()
        for number in range(3):
            await link.send([2, f"m-{number}", "DataTransfer", {"vendorId": "acme"}])
        await asyncio.wait_for(link.desk.reached.wait(), LIMIT_S)
        finishing = asyncio.create_task(link.line.finish())
        link.desk.gate.set()
        await finishing
        await link.line.close(1012, "service restart")

        assert await link.receive() == [3, "m-0", TIME]
        with pytest.raises(ConnectionClosed):
            await link.receive()
        assert link.station.close_code == 1012
        assert len(link.desk.calls) == 1


async def test_frames_are_logged_without_tokens_and_passwords(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, "chargehub.wire"):
        async with linked(TWO_OH_ONE) as link:
            token = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
            await link.ask([2, "m-1", "Authorize", {"idToken": token}])
            variable = {
                "attributeValue": "hunter2hunter2hunter2",
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
            }
            asking = asyncio.create_task(
                link.line.call("SetVariables", {"setVariableData": [variable]})
            )
            _, message_id, _, _ = await link.receive()
            await link.send([4, message_id, "NotSupported", "", {}])
            with pytest.raises(CallRefused):
                await asking
            await link.ask("[04A1B2C3D4")

    assert "CH-1 < " in caplog.text
    assert "CH-1 > " in caplog.text
    assert "***D4" in caplog.text
    assert "04A1B2C3D4" not in caplog.text
    assert "hunter2" not in caplog.text
