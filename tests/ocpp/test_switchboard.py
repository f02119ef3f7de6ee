"""Asking stations: every fate a command can have."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.events import StationCommanded
from chargehub.ocpp.counts import LineMetrics
from chargehub.ocpp.switchboard import OcppSwitchboard, carry_out
from chargehub.ocpp.versions import Version
from chargehub.stations import actions, tables
from chargehub.stations.commands import (
    CancelReservation,
    Command,
    Outcome,
    ReadSettings,
    Reset,
    StartSession,
    WriteSettings,
)
from chargehub.store.writer import Store
from tests.ocpp.link import Link, linked
from tests.ocpp.story import BOTH, ONE_SIX, TWO_OH_ONE
from tests.stations import samples

STATION = "station-1"


async def asked(link: Link, command: Command, answers: Sequence[Any]) -> Outcome:
    """What comes of a command whose calls get these answers; an int is a message type."""
    switchboard = OcppSwitchboard()
    assert switchboard.connect(STATION, link.line) is None
    asking = asyncio.create_task(switchboard.ask(STATION, command))
    for answer in answers:
        _, message_id, _, _ = await link.receive()
        if isinstance(answer, str):
            await link.send([4, message_id, answer, "in its own words", {}])
        else:
            await link.send([3, message_id, answer])
    return await asyncio.wait_for(asking, 5)


@BOTH
async def test_accepted_and_refused_are_told_with_the_stations_word(version: Version) -> None:
    async with linked(version) as link:
        command = CancelReservation(7)

        accepted = await asked(link, command, [{"status": "Accepted"}])
        refused = await asked(link, command, [{"status": "Rejected"}])

        assert accepted == Outcome("accepted", "Accepted")
        assert refused == Outcome("refused", "Rejected")


@BOTH
async def test_an_error_of_the_station_is_an_error_and_no_answer(version: Version) -> None:
    async with linked(version) as link:
        outcome = await asked(link, Reset("idle"), ["NotSupported"])

        assert outcome == Outcome(
            "error", "NotSupported", {"reason": "in its own words", "done": 0}
        )


async def test_a_command_in_several_calls_stops_at_the_first_error() -> None:
    async with linked(ONE_SIX) as link:
        command = WriteSettings({"A": "1", "B": "2", "C": "3"})

        outcome = await asked(link, command, [{"status": "Accepted"}, "InternalError"])

        assert (outcome.fate, outcome.details["done"]) == ("error", 1)


async def test_silence_is_a_time_out() -> None:
    async with linked(ONE_SIX, timeout_s=0.05) as link:
        assert (await asked(link, Reset("idle"), [])).fate == "timed_out"


async def test_a_station_without_a_line_is_offline() -> None:
    assert await OcppSwitchboard().ask(STATION, Reset("idle")) == Outcome("offline")


async def test_a_line_that_breaks_before_anything_was_sent_is_offline() -> None:
    async with linked(ONE_SIX) as link:
        await link.line.close(1000, "gone")

        assert (await asked(link, Reset("idle"), [])).fate == "offline"


async def test_a_line_that_breaks_after_sending_is_a_time_out() -> None:
    """Nobody knows whether the station did it, so it must not be sent again unmarked."""
    async with linked(ONE_SIX) as link:
        switchboard = OcppSwitchboard()
        switchboard.connect(STATION, link.line)
        asking = asyncio.create_task(switchboard.ask(STATION, Reset("idle")))
        await link.receive()
        await link.station.close()

        assert (await asyncio.wait_for(asking, 5)).fate == "timed_out"


@pytest.mark.parametrize(
    ("version", "command"),
    [
        (ONE_SIX, StartSession(1, "A" * 21, 7)),
        (ONE_SIX, WriteSettings({"A" * 51: "1"})),
        (TWO_OH_ONE, StartSession(1, "A" * 37, 7)),
        (TWO_OH_ONE, ReadSettings(("HeartbeatInterval",))),
    ],
    ids=lambda value: getattr(value, "name", None) or repr(value),
)
async def test_what_the_version_cannot_carry_is_not_sent(
    version: Version, command: Command
) -> None:
    async with linked(version) as link:
        outcome = await asked(link, command, [])

        assert (outcome.fate, outcome.status) == ("error", "NotSent")
        assert link.counts.asked == 0


async def test_only_the_newest_line_of_a_station_can_be_taken_out() -> None:
    async with linked(ONE_SIX) as first, linked(TWO_OH_ONE) as second:
        switchboard = OcppSwitchboard()
        switchboard.connect(STATION, first.line)

        assert switchboard.connect(STATION, second.line) is first.line
        assert not switchboard.disconnect(STATION, first.line)
        assert switchboard.connected() == {"2.0.1": 1}
        assert switchboard.disconnect(STATION, second.line)
        assert not switchboard.is_connected(STATION)


async def test_counts_and_stations_become_metrics() -> None:
    async with linked(ONE_SIX) as link:
        switchboard = OcppSwitchboard()
        switchboard.connect(STATION, link.line)
        switchboard.counts.replaced = 3

        metrics = LineMetrics(switchboard.counts, switchboard.connected).collect()

        values = {
            (sample.name, *sample.labels.values()): sample.value
            for metric in metrics
            for sample in metric.samples
        }
        assert values["chargehub_connected_stations", "1.6"] == 1
        assert values["chargehub_ocpp_total", "replaced"] == 3


# --- the effect ----------------------------------------------------------------------------


async def test_a_command_is_marked_sent_asked_and_its_outcome_given(
    store: Store, clock: HandClock
) -> None:
    station_id = await samples.station(store)
    command_id = await store.do(
        actions.command, station_id, Reset("idle"), clock.now(), timedelta(minutes=5)
    )
    async with linked(ONE_SIX) as link:
        switchboard = OcppSwitchboard()
        switchboard.connect(station_id, link.line)
        effect = carry_out(switchboard, store, clock, b"secret")
        running = asyncio.create_task(effect.run(StationCommanded(command_id, station_id), "key"))
        _, message_id, action, _ = await link.receive()
        sent = await store.read(tables.command, command_id)
        await link.send([3, message_id, {"status": "Accepted"}])

        assert action == "Reset"
        assert sent is not None
        assert (sent.state, sent.tries) == ("sent", 1)
        assert await running == Outcome("accepted", "Accepted")


async def test_a_command_for_a_station_without_a_line_waits_unmarked(
    store: Store, clock: HandClock
) -> None:
    station_id = await samples.station(store)
    command_id = await store.do(
        actions.command, station_id, Reset("idle"), clock.now(), timedelta(minutes=5)
    )

    outcome = await carry_out(OcppSwitchboard(), store, clock, b"secret").run(
        StationCommanded(command_id, station_id), "key"
    )

    waiting = await store.read(tables.command, command_id)
    assert outcome == Outcome("offline")
    assert waiting is not None
    assert (waiting.state, waiting.tries) == ("queued", 0)


async def test_an_expired_command_is_not_sent(store: Store, clock: HandClock) -> None:
    station_id = await samples.station(store)
    command_id = await store.do(
        actions.command, station_id, Reset("idle"), clock.now(), timedelta(minutes=5)
    )
    clock.advance(timedelta(minutes=6))
    async with linked(ONE_SIX) as link:
        switchboard = OcppSwitchboard()
        switchboard.connect(station_id, link.line)

        await carry_out(switchboard, store, clock, b"secret").run(
            StationCommanded(command_id, station_id), "key"
        )

        assert link.counts.asked == 0
