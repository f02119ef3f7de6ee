"""Frames that are no call, calls that cannot be done: each has its error, none ends the line."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargehub.ocpp.problems import CallProblem
from chargehub.ocpp.rpc import Call
from chargehub.ocpp.versions import Version
from tests.ocpp.link import TIME, linked
from tests.ocpp.story import BOTH, ONE_SIX, TWO_OH_ONE

UNREADABLE = [
    "",
    "hello",
    "{",
    "[",
    "[2",
    "[]",
    "{}",
    "null",
    "2",
    '"x"',
    "[2]",
    "[null,1]",
    "\x00",
]


@pytest.mark.parametrize("frame", UNREADABLE)
async def test_what_is_no_call_is_ignored_in_one_six(frame: str) -> None:
    async with linked(ONE_SIX) as link:
        await link.send(frame)

        assert await link.is_alive()
        assert link.counts.unreadable == 1


@pytest.mark.parametrize("frame", UNREADABLE)
async def test_what_is_no_call_is_an_rpc_framework_error_in_two_point_x(frame: str) -> None:
    """Source: OCPP 2.0.1 part 4, section 4.2.3."""
    async with linked(TWO_OH_ONE) as link:
        answer = await link.ask(frame)

        assert answer == [4, "-1", "RpcFrameworkError", "This is no call.", {}]
        assert await link.is_alive()


@pytest.mark.parametrize(
    "frame",
    [
        '[2,"m-7","Heartbeat",{',
        '[2,"m-7"',
        [2, "m-7"],
        [2, "m-7", "Heartbeat"],
        [2, "m-7", "Heartbeat", {}, {}],
        [2, "m-7", 5, {}],
    ],
)
@BOTH
async def test_a_broken_call_is_answered_under_its_id_where_that_can_be_read(
    version: Version, frame: Any
) -> None:
    async with linked(version) as link:
        answer = await link.ask(frame)

        assert answer == [4, "m-7", version.problems["unreadable"], "This is no call.", {}]
        assert await link.is_alive()


@pytest.mark.parametrize("message_id", [7, None, ["m"], "bell \x07", "m" * 37])
async def test_an_id_that_is_none_is_no_call(message_id: Any) -> None:
    async with linked(TWO_OH_ONE) as link:
        answer = await link.ask([2, message_id, "Heartbeat", {}])

        answer_to = message_id if isinstance(message_id, str) else "-1"
        assert answer == [4, answer_to, "RpcFrameworkError", "This is no call.", {}]
        assert link.desk.calls == []


@pytest.mark.parametrize("kind", [0, 1, 5, 6, 99, -1])
async def test_unknown_message_types(kind: int) -> None:
    """1.6 ignores them; 2.x says that it does not know them, under the id where there is one."""
    async with linked(ONE_SIX) as link:
        await link.send([kind, "m-1", "Heartbeat", {}])
        assert await link.is_alive()
    async with linked(TWO_OH_ONE) as link:
        answer = await link.ask([kind, "m-1", "Heartbeat", {}])
        assert answer == [4, "m-1", "MessageTypeNotSupported", "", {}]
        assert (await link.ask([kind, 5]))[:2] == [4, "-1"]


BAD_PAYLOADS = [
    ("StatusNotification", [], "format"),
    ("StatusNotification", "x", "format"),
    ("StatusNotification", {}, "occurrence"),
    ("DataTransfer", {"vendorId": ["secret"]}, "type"),
    ("DataTransfer", {"vendorId": "secret" * 99}, "property"),
    ("MeterValues", None, "occurrence"),
]


@pytest.mark.parametrize(("action", "payload", "problem"), BAD_PAYLOADS)
@BOTH
async def test_a_bad_payload_has_the_error_of_its_version(
    version: Version, action: str, payload: Any, problem: Any
) -> None:
    async with linked(version) as link:
        answer = await link.ask([2, "m-1", action, payload])

        assert answer[:3] == [4, "m-1", version.problems[problem]]
        assert answer[4] == {}
        assert "secret" not in answer[3]
        assert link.desk.calls == []
        assert await link.is_alive()


DEEP = "[" * 900 + "]" * 900  # what the JSON reader still takes, and other libraries do not


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
@BOTH
async def test_a_deeply_nested_payload_is_the_stations_fault(
    version: Version, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a fault of the hub, which a station would repeat for ever, nor the line's end."""
    caplog.set_level(level, "chargehub.wire")
    async with linked(version) as link:
        answer = await link.ask(f'[2,"m-1","Heartbeat",{DEEP}]')

        assert answer[:4] == [4, "m-1", version.problems["format"], "payload: depth"]
        assert await link.is_alive()


@BOTH
async def test_an_unknown_action_is_not_implemented(version: Version) -> None:
    async with linked(version) as link:
        assert (await link.ask([2, "m-1", "Dance", {}]))[2] == "NotImplemented"
        assert await link.is_alive()


@pytest.mark.parametrize(
    ("version", "action"),
    [
        (ONE_SIX, "RemoteStartTransaction"),
        (TWO_OH_ONE, "GetLog"),
    ],
)
async def test_a_known_action_that_the_hub_does_not_take_is_not_supported(
    version: Version, action: str
) -> None:
    async with linked(version) as link:
        assert (await link.ask([2, "m-1", action, {}]))[2] == "NotSupported"


async def test_a_frame_over_the_limit_closes_the_line_with_1009() -> None:
    async with linked(ONE_SIX) as link:
        await link.send("[" + "1," * 40_000 + "1]")

        with pytest.raises(ConnectionClosed):
            await link.receive()
        assert link.station.close_code == 1009


@BOTH
async def test_a_failing_hub_answers_with_internal_error_so_that_the_station_repeats(
    version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(call: Call) -> Mapping[str, Any]:
        raise ZeroDivisionError("the token is SECRET")

    async with linked(version) as link:
        works = link.desk.answer
        link.desk.answer = fail
        answer = await link.ask([2, "m-1", "DataTransfer", {"vendorId": "acme"}])
        link.desk.answer = works
        again = await link.ask([2, "m-1", "DataTransfer", {"vendorId": "acme"}])

        assert answer == [4, "m-1", "InternalError", "The hub failed; try again.", {}]
        assert again == [3, "m-1", TIME]
        assert link.counts.failed == 1


async def test_a_problem_that_reception_sees_has_its_name() -> None:
    def refuse(call: Call) -> Mapping[str, Any]:
        raise CallProblem("security", "Boot first.")

    async with linked(TWO_OH_ONE) as link:
        link.desk.answer = refuse

        assert await link.ask([2, "m-1", "Heartbeat", {}]) == [
            4,
            "m-1",
            "SecurityError",
            "Boot first.",
            {},
        ]
