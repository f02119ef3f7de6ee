"""Calls to a station: one at a time, each with an answer, an error, or an end."""

import asyncio
from typing import Any

import pytest

from chargehub.ocpp.problems import CallRefused, LineClosed
from chargehub.ocpp.versions import Version
from tests.ocpp.link import LIMIT_S, TIME, linked
from tests.ocpp.story import BOTH, ONE_SIX, TWO_OH_ONE


@BOTH
async def test_a_call_to_the_station_brings_its_answer(version: Version) -> None:
    async with linked(version) as link:
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        kind, message_id, action, payload = await link.receive()
        await link.send([3, message_id, {"status": "Accepted", "vendorNote": "hello"}])

        assert (kind, action, payload) == (2, "ClearCache", {})
        assert await asking == {"status": "Accepted", "vendorNote": "hello"}


async def test_an_answer_is_read_while_a_call_of_the_station_is_in_hand() -> None:
    """Else the station, waiting for us, and we, waiting for it, would both wait for ever."""
    async with linked(ONE_SIX) as link:
        link.desk.gate.clear()
        await link.send([2, "m-1", "Heartbeat", {}])
        await asyncio.wait_for(link.desk.reached.wait(), LIMIT_S)
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        _, message_id, _, _ = await link.receive()
        await link.send([3, message_id, {"status": "Accepted"}])

        assert await asyncio.wait_for(asking, LIMIT_S) == {"status": "Accepted"}
        link.desk.gate.set()
        assert await link.receive() == [3, "m-1", TIME]


async def test_one_call_at_a_time_goes_to_a_station() -> None:
    async with linked(ONE_SIX) as link:
        asking = [asyncio.create_task(link.line.call("ClearCache", {})) for _ in range(3)]
        seen = []
        for _ in asking:
            _, message_id, _, _ = await link.receive()
            # Were a second call out already, it would come before the heartbeat's answer.
            assert await link.is_alive()
            seen.append(message_id)
            await link.send([3, message_id, {"status": "Accepted"}])

        assert len(set(seen)) == 3
        assert await asyncio.gather(*asking) == [{"status": "Accepted"}] * 3


async def test_a_call_error_is_raised_with_the_stations_words() -> None:
    async with linked(TWO_OH_ONE) as link:
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        _, message_id, _, _ = await link.receive()
        await link.send([4, message_id, "NotSupported", "no cache here", {"a": 1}])

        with pytest.raises(CallRefused) as refused:
            await asking
        assert (refused.value.code, refused.value.text) == ("NotSupported", "no cache here")


@pytest.mark.parametrize("answer", [{}, {"status": 5}, [], "yes", None])
async def test_an_answer_without_what_it_must_have_is_an_error(answer: Any) -> None:
    async with linked(ONE_SIX) as link:
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        _, message_id, _, _ = await link.receive()
        await link.send([3, message_id, answer])

        with pytest.raises(CallRefused, match="FormatViolation"):
            await asking


@pytest.mark.parametrize(
    "answer",
    [
        '[3,"{id}",{{"status":"Accepted","more":{deep}}}]',
        '[4,"{id}",{deep},{deep},{{}}]',
    ],
)
async def test_a_deeply_nested_answer_is_an_error_and_harms_no_line(answer: str) -> None:
    async with linked(ONE_SIX) as link:
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        _, message_id, _, _ = await link.receive()
        await link.send(answer.format(id=message_id, deep="[" * 900 + "]" * 900))

        with pytest.raises(CallRefused):
            await asking
        assert await link.is_alive()


@pytest.mark.parametrize("short", [[4], [3], [3, None], [4, ["m"]], [3, {"a": 1}, {}]])
async def test_a_crippled_answer_is_dropped_and_counted(short: Any) -> None:
    async with linked(ONE_SIX) as link:
        await link.send(short)

        assert await link.is_alive()
        assert link.counts.unsolicited == 1


async def test_silence_times_out_and_the_late_answer_harms_nobody() -> None:
    async with linked(ONE_SIX, timeout_s=0.05) as link:
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        _, late, _, _ = await link.receive()
        with pytest.raises(TimeoutError):
            await asking
        await link.send([3, late, {"status": "Accepted"}])
        assert await link.is_alive()

        assert (link.counts.timed_out, link.counts.unsolicited) == (1, 1)


async def test_a_thousand_answers_to_nothing_leave_no_trace() -> None:
    """They make the `ocpp` package's next call fail with a RecursionError."""
    async with linked(ONE_SIX) as link:
        for number in range(1_000):
            await link.send([3, f"m-{number}", {}])
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        _, message_id, _, _ = await link.receive()
        await link.send([3, message_id, {"status": "Accepted"}])

        assert await asking == {"status": "Accepted"}
        assert link.counts.unsolicited == 1_000


async def test_a_line_that_breaks_fails_its_call_at_once() -> None:
    async with linked(ONE_SIX) as link:
        asking = asyncio.create_task(link.line.call("ClearCache", {}))
        waiting = asyncio.create_task(link.line.call("ClearCache", {}))
        await link.receive()
        await link.station.close()

        with pytest.raises(LineClosed) as sent:
            await asyncio.wait_for(asking, LIMIT_S)
        with pytest.raises(LineClosed) as unsent:
            await asyncio.wait_for(waiting, LIMIT_S)
        assert (sent.value.was_sent, unsent.value.was_sent) == (True, False)
