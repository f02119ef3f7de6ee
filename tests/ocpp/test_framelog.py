"""The frame log: what of a frame is kept, for how long, and that nothing secret is in it."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from chargehub.clock import HandClock
from chargehub.ocpp.framelog import LONGEST, WAITING, FrameLog, description
from chargehub.ocpp.wire import masked
from chargehub.stations import frames
from chargehub.stations.frames import FrameView
from chargehub.store.writer import Store
from tests.ocpp.story import AT

HEARTBEAT = b'[2,"m-1","Heartbeat",{}]'


async def kept(store: Store, station_id: str = "s-1") -> list[FrameView]:
    return list(await store.read(frames.page_of, station_id, True, None, 10_000))


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (HEARTBEAT, ("call", "m-1", "Heartbeat", None)),
        (b'[6,"m-1","Told",{}]', ("send", "m-1", "Told", None)),
        (b'[3,"m-1",{}]', ("result", "m-1", None, None)),
        (b'[4,"m-1","NotSupported","no",{}]', ("error", "m-1", None, "NotSupported")),
        (b'[5,"m-1","FormatViolation","",{}]', ("result_error", "m-1", None, "FormatViolation")),
        (b'[2,"m-1"', ("unreadable", None, None, None)),
        (b'[true,"m-1",{}]', ("unreadable", "m-1", None, None)),
        (b"[]", ("unreadable", None, None, None)),
        (b"{}", ("unreadable", None, None, None)),
        (b'[2,7,{},"x"]', ("call", None, None, None)),
    ],
)
def test_a_frame_is_named_by_what_it_is(frame: bytes, told: tuple[Any, ...]) -> None:
    found = description("s-1", AT, "received", frame)

    assert (found.kind, found.message_id, found.action, found.error_code) == told


def test_a_long_frame_is_cut_and_holds_no_nul() -> None:
    frame = orjson.dumps([2, "m\x00", "DataTransfer", {"data": "x" * 60_000}])

    found = description("s-1", AT, "received", frame)

    assert (found.message_id, len(found.text)) == ("m", LONGEST)


@pytest.mark.parametrize(
    "payload",
    [
        {"idTag": "SECRET-1"},
        {"idTagInfo": {"parentIdTag": "SECRET-1"}},
        {"idToken": {"idToken": "SECRET-1", "additionalInfo": [{"additionalIdToken": "SECRET"}]}},
        {"key": "AuthorizationKey", "value": "SECRET"},
        {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "SECRET"},
        {"connectionData": {"basicAuthPassword": "SECRET", "apn": {"apnPassword": "SECRET"}}},
        {"vpn": {"server": "vpn.example.org", "user": "u", "password": "SECRET", "key": "SECRET"}},
        {"location": "ftp://user:SECRET@example.org/logs"},
    ],
)
@pytest.mark.parametrize("is_escaped", [False, True])
def test_no_secret_is_shown(payload: dict[str, Any], is_escaped: bool) -> None:
    """Escaped, a name is the same name: `\\u0069dTag` is idTag."""
    frame = orjson.dumps([2, "m", "Any", payload])
    if is_escaped:
        frame = frame.replace(b'"i', b'"\\u0069').replace(b'"k', b'"\\u006b')

    assert "SECRET" not in masked(frame).replace("***T-1", "")


async def test_frames_are_kept_in_order_and_of_each_station_the_newest(store: Store) -> None:
    log = FrameLog(store, HandClock(AT), kept=8, rate_per_s=1_000)

    for number in range(50):
        log.note("s-1", "<", f'[2,"m-{number}","Heartbeat",{{}}]'.encode())
        log.note("s-2", ">", f'[3,"m-{number}",{{}}]'.encode())
        if number % 7 == 0:
            await log.flush()
    await log.stop()

    for station_id, direction in (("s-1", "received"), ("s-2", "sent")):
        found = await kept(store, station_id)
        assert [frame.message_id for frame in found[:8]] == [f"m-{n}" for n in range(49, 41, -1)]
        assert {frame.direction for frame in found} == {direction}
        assert len(found) < 2 * 8


async def test_a_station_that_tells_very_much_at_once_leaves_its_newest_frames(
    store: Store,
) -> None:
    log = FrameLog(store, HandClock(AT), kept=1_000, rate_per_s=1_000)

    for number in range(WAITING + 5):
        log.note("s-1", "<", f'[2,"m-{number}","Heartbeat",{{}}]'.encode())
    await log.stop()

    found = await kept(store)
    assert (len(found), found[-1].message_id) == (WAITING, "m-5")


async def test_old_frames_are_forgotten(store: Store) -> None:
    clock = HandClock(AT)
    log = FrameLog(store, clock, kept=100, rate_per_s=1_000)
    log.note("s-1", "<", HEARTBEAT)
    await log.flush()
    clock.advance(timedelta(hours=1))
    log.note("s-1", "<", HEARTBEAT)
    await log.stop()

    gone = await store.do(frames.forget, AT + timedelta(minutes=1))

    assert gone == 1
    assert [frame.at for frame in await kept(store)] == [clock.now()]


async def test_a_database_that_takes_nothing_costs_the_log_and_nobody_else(store: Store) -> None:
    log = FrameLog(store, HandClock(AT), kept=100, rate_per_s=1_000)
    log.note("s-1", "<", HEARTBEAT)

    await store.close()
    await log.stop()


async def test_where_all_tell_very_much_each_leaves_a_share(store: Store) -> None:
    """The log costs no more than so many frames a second, however many stations there are."""
    log = FrameLog(store, HandClock(AT), kept=100, rate_per_s=10)

    for number in range(20):
        for station_id in ("s-1", "s-2"):
            log.note(station_id, "<", f'[2,"m-{number}","Heartbeat",{{}}]'.encode())
    await log.stop()

    for station_id in ("s-1", "s-2"):
        found = [frame.message_id for frame in await kept(store, station_id)]
        assert found == ["m-19", "m-18", "m-17", "m-16", "m-15"]
