"""Deliveries: in order, at least once, never lost by a crash, parked when hopeless."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from chargehub import events
from chargehub.clock import HandClock
from chargehub.store import outbox
from chargehub.store.outbox import Effect, Reactions, Relay
from chargehub.store.tables import DeliveryRow
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store

SEEN: list[str] = []


def note(work: Work, event: events.StationConnected, now: datetime) -> None:
    SEEN.append(event.station_id)


def open_deliveries(reads: Reads) -> int:
    found: int = reads.value(select(func.count()).select_from(DeliveryRow))
    return found


def connect(work: Work, station_id: str) -> None:
    work.record(events.StationConnected(station_id))


async def relayed(store: Store, clock: HandClock, reactions: Reactions) -> Relay:
    SEEN.clear()
    relay = Relay(store, clock, reactions)
    await relay.start()
    return relay


async def test_every_event_reaches_its_follower_once(store: Store, clock: HandClock) -> None:
    relay = await relayed(store, clock, {events.StationConnected: [note]})

    await asyncio.gather(*(store.do(connect, f"station-{n}") for n in range(50)))
    await relay.idle()

    assert sorted(SEEN) == sorted(f"station-{n}" for n in range(50))
    assert await store.read(open_deliveries) == 0
    await relay.stop()


async def test_what_a_crash_left_is_taken_up_by_the_next_process(
    store: Store, clock: HandClock
) -> None:
    """The row was committed with its event; nobody was there to deliver it."""
    store.followers = {events.StationConnected: [outbox.name_of(note)]}
    await store.do(connect, "station-1")

    relay = await relayed(store, clock, {events.StationConnected: [note]})
    await relay.idle()

    assert SEEN == ["station-1"]
    await relay.stop()


async def test_an_effect_that_fails_is_tried_again_with_the_same_key(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    done = asyncio.Event()

    async def flaky(event: Any, key: str) -> str:
        keys.append(key)
        if len(keys) < 3:
            raise ConnectionError("no answer")
        return "paid"

    def record(work: Work, event: Any, outcome: str, now: datetime) -> None:
        SEEN.append(outcome)
        done.set()

    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.01)
    relay = await relayed(store, clock, {events.StationConnected: [Effect(flaky, record)]})
    await store.do(connect, "station-1")
    async with asyncio.timeout(10):
        await done.wait()
        await relay.idle()

    assert SEEN == ["paid"]
    assert len(set(keys)) == 1
    assert len(keys) == 3
    await relay.stop()


async def test_a_hopeless_delivery_is_parked_and_blocks_only_its_aggregate(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(work: Work, event: events.StationConnected, now: datetime) -> None:
        if event.station_id == "bad":
            raise ValueError("cannot be done")
        SEEN.append(event.station_id)

    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    relay = await relayed(store, clock, {events.StationConnected: [refuse]})
    await store.do(connect, "bad")
    await store.do(connect, "bad")
    await store.do(connect, "good")
    async with asyncio.timeout(20):
        while not await store.read(outbox.parked):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert SEEN == ["good"]
    assert await store.read(open_deliveries) == 2
    [row] = await store.read(outbox.parked)
    assert row["error"] == "cannot be done"
    await relay.stop()


async def test_a_parked_delivery_blocks_its_aggregate_also_after_a_restart(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded after the restart waits behind it, as it would have before."""

    def refuse(work: Work, event: events.StationConnected, now: datetime) -> None:
        if event.station_id == "bad" and SEEN != ["again"]:
            raise ValueError("cannot be done:\x00")
        SEEN.append(event.station_id)

    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    relay = await relayed(store, clock, {events.StationConnected: [refuse]})
    await store.do(connect, "bad")
    async with asyncio.timeout(20):
        while not await store.read(outbox.parked):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await relay.stop()

    relay = await relayed(store, clock, {events.StationConnected: [refuse]})
    SEEN.append("again")
    await store.do(connect, "bad")
    await relay.idle()

    assert SEEN == ["again"]
    assert await store.read(open_deliveries) == 2
    await relay.stop()
