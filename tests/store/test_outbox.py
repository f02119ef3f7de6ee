"""Deliveries: in order, at least once, never lost by a crash, parked when hopeless."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from chargehub import events
from chargehub.clock import HandClock
from chargehub.ledger import actions as ledger
from chargehub.ledger import tables as book
from chargehub.ledger.rules import Transfer, hold_placed, transfer_id
from chargehub.store import deliveries, outbox
from chargehub.store.outbox import Effect, Reactions, Relay
from chargehub.store.tables import DeliveryRow, EventRow
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


ODD = {
    "StationTeleported": (
        {"station_id": "station-1"},
        "This hub knows no event StationTeleported.",
    ),
    "Event": ({}, "This hub knows no event Event."),
    "StationConnected": ({"station": "1"}, "This hub knows StationConnected with other fields"),
}


def rename(work: Work, name: str, body: dict[str, Any]) -> None:
    """Make the first event one of another version of the hub."""
    first = select(func.min(col(EventRow.id))).scalar_subquery()
    work.execute(update(EventRow).where(col(EventRow.id) == first).values(name=name, body=body))


@pytest.mark.parametrize("name", ODD)
async def test_an_event_that_this_hub_does_not_know_is_parked_and_keeps_nobody_from_starting(
    store: Store, clock: HandClock, name: str
) -> None:
    """It was recorded by a newer or older hub. A person sees why; a better hub may take it up."""
    store.followers = {events.StationConnected: [outbox.name_of(note)]}
    for station in ("station-1", "station-1", "station-2"):
        await store.do(connect, station)
    body, why = ODD[name]
    await store.do(rename, name, body)

    relay = await relayed(store, clock, {events.StationConnected: [note]})
    await relay.idle()
    (shown,) = await store.read(deliveries.page_of, "parked", None, 10)
    first_seen = list(SEEN)
    retried = await relay.retry(shown.id)
    await relay.idle()
    parked_again = relay.parked
    await relay.stop()
    again = await relayed(store, clock, {events.StationConnected: [note]})
    await again.idle()

    assert (shown.event, shown.aggregate, shown.tries) == (name, "station:station-1", 1)
    assert shown.error is not None and shown.error.startswith(why)
    assert first_seen == ["station-2"]  # the other station's event does not wait for it
    assert (retried, parked_again, again.parked, SEEN) == (True, 1, 1, [])
    assert await store.read(open_deliveries) == 2
    await again.stop()


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
        while not await store.read(deliveries.page_of, "parked", None, 1):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert SEEN == ["good"]
    assert await store.read(open_deliveries) == 2
    [row] = await store.read(deliveries.page_of, "parked", None, 100)
    assert (row.error, row.tries, relay.parked) == ("cannot be done", 12, 1)
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
        while not await store.read(deliveries.page_of, "parked", None, 1):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await relay.stop()

    relay = await relayed(store, clock, {events.StationConnected: [refuse]})
    SEEN.append("again")
    await store.do(connect, "bad")
    await relay.idle()

    assert SEEN == ["again"]
    assert await store.read(open_deliveries) == 2
    await relay.stop()


async def test_a_slow_effect_delays_no_other_kind_of_follower(
    store: Store, clock: HandClock
) -> None:
    """A payment service that hangs half a minute for everybody must not hold up stations."""
    released = asyncio.Event()

    async def hang(event: Any, key: str) -> None:
        await released.wait()

    async def quick(event: Any, key: str) -> str:
        return event.station_id

    def keep(work: Work, event: Any, outcome: Any, now: datetime) -> None:
        """Nothing is kept."""

    def record(work: Work, event: Any, outcome: str, now: datetime) -> None:
        SEEN.append(outcome)

    relay = await relayed(
        store,
        clock,
        {
            events.StationConnected: [Effect(hang, keep, at_once=2)],
            events.StationBooted: [Effect(quick, record, at_once=2)],
            events.StationDisconnected: [note],
        },
    )
    for number in range(300):
        await store.do(connect, f"slow-{number}")
    await store.do(tell, events.StationBooted("booted"))
    await store.do(tell, events.StationDisconnected("gone"))
    async with asyncio.timeout(10):
        while len(SEEN) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert sorted(SEEN) == ["booted", "gone"]
    released.set()
    await relay.idle()
    assert await store.read(open_deliveries) == 0
    await relay.stop()


def tell(work: Work, event: events.Event) -> None:
    work.record(event)


async def test_a_released_delivery_is_tried_anew_and_what_waited_follows(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, in this process as after a restart, and once each."""
    broken = True

    def refuse(work: Work, event: events.StationConnected, now: datetime) -> None:
        if broken:
            raise ValueError("cannot be done")
        SEEN.append(f"{event.station_id} {len(SEEN)}")

    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    relay = await relayed(store, clock, {events.StationConnected: [refuse]})
    for name in ("here", "there"):
        await store.do(connect, name)
    async with asyncio.timeout(20):
        while relay.parked < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await store.do(connect, "here")
    here, there = await store.read(deliveries.page_of, "parked", None, 10)
    broken = False
    again = [await relay.retry(here.id), await relay.retry(here.id)]
    await relay.idle()
    await relay.stop()
    relay = Relay(store, clock, {events.StationConnected: [refuse]})
    await relay.start()
    await store.do(connect, "there")
    was_parked = relay.parked
    await relay.retry(there.id)
    await relay.idle()

    assert again == [True, False]
    assert SEEN == ["here 0", "here 1", "there 2", "there 3"]
    assert (was_parked, relay.parked) == (1, 0)
    assert await store.read(open_deliveries) == 0
    await relay.stop()


async def test_an_effect_whose_outcome_was_stored_unknown_to_us_is_not_run_again(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line to the database broke at the commit: what counts is what the table says."""

    async def run(event: Any, key: str) -> str:
        SEEN.append("run")
        await store.do(deliveries.finish, [key])
        raise ConnectionError("nobody knows what became of it")

    def record(work: Work, event: Any, outcome: str, now: datetime) -> None:
        SEEN.append("recorded")

    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    relay = await relayed(store, clock, {events.StationConnected: [Effect(run, record)]})
    await store.do(connect, "station-1")
    async with asyncio.timeout(10):
        while relay.pending:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert SEEN == ["run"]
    await relay.stop()


def hold(work: Work, event: events.StationConnected, now: datetime) -> None:
    """What it posts is appended: it is written at the end of the batch, unless somebody asks."""
    entries = hold_placed("payment-1", 500, "EUR")
    step = transfer_id("hold", event.station_id)
    ledger.post(work, Transfer(id=step, kind="hold_placed", entries=entries, effective_at=now))


def tell_held(work: Work, event: events.StationConnected, now: datetime) -> None:
    work.record(events.StationRetired(f"{held(work)}"))


def held(reads: Reads) -> int:
    return book.balance(reads, "hold:contra", "EURm")


def retired(reads: Reads) -> list[str]:
    """What was told, oldest first."""
    those = select(col(EventRow.body)).where(col(EventRow.name) == "StationRetired")
    return [row.body["station_id"] for row in reads.all(those.order_by(col(EventRow.id)))]


async def test_a_follower_finds_what_the_one_before_it_wrote(
    store: Store, clock: HandClock
) -> None:
    """They share one unit of work, and must not notice."""
    relay = await relayed(store, clock, {events.StationConnected: [hold, tell_held]})

    await store.do(connect, "station-1")
    await relay.idle()

    assert await store.read(retired) == ["-500"]
    await relay.stop()


async def test_a_follower_that_fails_takes_nothing_with_it(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before it are done once and stay done; those behind wait for it, in order."""
    is_broken = True

    def fail_at_first(work: Work, event: events.StationConnected, now: datetime) -> None:
        work.record(events.StationRetired("from the broken one"))
        if is_broken:
            raise ValueError("not yet")

    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(outbox, "MAX_TRIES", 2)
    followers: Reactions = {events.StationConnected: [hold, fail_at_first, tell_held]}
    relay = await relayed(store, clock, followers)
    await store.do(connect, "station-1")
    async with asyncio.timeout(20):
        while not await store.read(deliveries.page_of, "parked", None, 1):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    while_broken = await store.read(held), await store.read(retired)

    is_broken = False
    [parked] = await store.read(deliveries.page_of, "parked", None, 2)
    await relay.retry(parked.id)
    await relay.idle()

    assert while_broken == (-500, [])
    assert await store.read(retired) == ["from the broken one", "-500"]
    assert await store.read(held) == -500
    await relay.stop()
