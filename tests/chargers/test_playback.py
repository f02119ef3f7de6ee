"""Recordings are told in frames that fit the official schemas, in order, whatever the line does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chargers import playback
from chargers.playback import Played, Player, Told, play, transaction_id
from tests.chargers.central import PASSWORD, schema

START = datetime(2019, 1, 25, 14, 52, tzinfo=UTC)


def told(count: int) -> list[Told]:
    return [
        Told(
            str(number),
            "RPABCDEFGH",
            START + timedelta(hours=number),
            START + timedelta(hours=number, minutes=30),
            1_000 * number,
            1_000 * number + 470,
        )
        for number in range(count)
    ]


def player(version: str, count: int) -> Player:
    return Player("CS01", PASSWORD, version, told(count))


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(playback, "FIRST_WAIT_S", 0.001)


def test_frames_fit_the_schemas_of_1_6():
    (session,) = told(1)

    schema("1.6", "BootNotification", False).validate(playback.boot("1.6"))
    schema("1.6", "StatusNotification", False).validate(playback.available("1.6", START))
    schema("1.6", "StartTransaction", False).validate(playback.start_transaction(session))
    schema("1.6", "StopTransaction", False).validate(playback.stop_transaction(session, 7))


def test_frames_fit_the_schemas_of_2_0_1():
    (session,) = told(1)

    schema("2.0.1", "BootNotification", False).validate(playback.boot("2.0.1"))
    schema("2.0.1", "StatusNotification", False).validate(playback.available("2.0.1", START))
    schema("2.0.1", "TransactionEvent", False).validate(playback.started(session))
    schema("2.0.1", "TransactionEvent", False).validate(playback.ended(session))


async def test_sessions_are_delivered_in_order(central):
    played, steps = Played(), []

    await play(player(central.version, 3), central.url, played, lambda: steps.append(1))

    names = central.actions()
    pair = ["StartTransaction", "StopTransaction"]
    if central.version != "1.6":
        pair = ["TransactionEvent", "TransactionEvent"]
    assert names == ["BootNotification", *pair * 3, "StatusNotification"]
    assert (played.sessions, len(steps)) == (3, 3)
    times = [payload["timestamp"] for _, name, payload in central.calls if name in pair]
    assert times == sorted(times)
    assert times[0] == "2019-01-25T14:52:00Z"


async def test_stop_names_the_transaction_the_hub_gave(central):
    await play(player(central.version, 2), central.url, Played(), lambda: None)

    if central.version == "1.6":
        stops = central.payloads("StopTransaction")
        assert [stop["transactionId"] for stop in stops] == [1, 2]
    else:
        ids = [event["transactionInfo"]["transactionId"] for event in _events(central)]
        assert ids == ["replay-0", "replay-0", "replay-1", "replay-1"]


async def test_second_replay_says_exactly_the_same(central):
    await play(player(central.version, 3), central.url, Played(), lambda: None)
    once = [(name, payload) for _, name, payload in central.calls]

    await play(player(central.version, 3), central.url, Played(), lambda: None)

    again = [(name, payload) for _, name, payload in central.calls][len(once) :]
    assert again == once


async def test_internal_error_is_tried_again(central):
    action = "StartTransaction" if central.version == "1.6" else "TransactionEvent"
    central.errors = [(action, "InternalError"), (action, "InternalError")]
    played = Played()

    await play(player(central.version, 2), central.url, played, lambda: None)

    assert (played.sessions, played.repeats) == (2, 2)


async def test_lost_line_is_taken_up_where_it_was_left(central):
    played = Played()

    def cut_once() -> None:
        if played.sessions == 1 and played.repeats == 0:
            assert central.line is not None
            central.line.transport.abort()

    await play(player(central.version, 3), central.url, played, cut_once)

    assert played.sessions == 3
    assert played.repeats >= 1
    assert central.actions().count("BootNotification") == 2
    told_at = {payload["timestamp"] for _, _, payload in central.calls if "timestamp" in payload}
    assert len(told_at) == 2 * 3 + 1


async def test_refused_starts_are_counted(central):
    central.verdicts["RPABCDEFGH"] = "Blocked"
    played = Played()

    await play(player(central.version, 2), central.url, played, lambda: None)

    assert played.refused == {"Blocked": 2}


async def test_commands_of_the_hub_are_declined_without_losing_the_thread(central):
    asked: list[asyncio.Task] = []

    def ask() -> None:
        asked.append(asyncio.ensure_future(central.ask_raw("ClearCache", {})))

    await play(player(central.version, 2), central.url, Played(), ask)

    frame = await asked[0]
    assert (frame[0], frame[2]) == (4, "NotSupported")


@pytest.mark.parametrize("name", ["1", "6878", "x" * 29, "x" * 30, "Ladepunkt Ø 3"])
def test_transaction_id_fits_2_0_1_and_is_always_the_same(name):
    made = transaction_id(name)

    assert 1 <= len(made) <= 36
    assert made == transaction_id(name)
    assert made.isascii()


def _events(central):
    return central.payloads("TransactionEvent")
