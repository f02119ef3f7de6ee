"""The timeline: what an EVSE was, and when its station had a line, on both databases."""

from datetime import timedelta

from chargehub.stations import actions, timeline
from chargehub.stations.reports import ConnectorStatus, StatusChanged
from chargehub.stations.timeline import MOST_AN_HOUR, Change
from chargehub.store.writer import Store
from chargehub.units import Span
from tests.stations.samples import NOW, evse, station

MINUTE = timedelta(minutes=1)
DAY = Span(NOW, NOW + timedelta(days=1))


async def tell(
    store: Store, station_id: str, status: ConnectorStatus, minute: int, evse: int = 1
) -> None:
    at = NOW + minute * MINUTE
    told = StatusChanged(evse, 1, status, None, at)
    await store.do(actions.receive_status, station_id, told, at)


async def noted(store: Store, station_id: str, number: int = 1) -> list[tuple[int, str]]:
    """Minutes and words."""
    found = await store.read(timeline.during, station_id, number, DAY)
    return [((each.at - NOW) // MINUTE, each.word) for each in found]


async def test_only_what_changes_is_noted(store: Store) -> None:
    """A station repeats itself with every boot; a year of that must stay small."""
    station_id = await station(store)

    for minute, status in enumerate(("available", "available", "occupied", "available")):
        await tell(store, station_id, status, minute)

    assert await noted(store, station_id) == [(0, "available"), (2, "occupied"), (3, "available")]


async def test_a_station_out_of_order_is_all_its_evses_out_of_order(store: Store) -> None:
    station_id = await station(store, evse(1), evse(2))
    await tell(store, station_id, "available", 0)
    await tell(store, station_id, "occupied", 0, evse=2)

    await tell(store, station_id, "faulted", 5, evse=0)
    await tell(store, station_id, "available", 9, evse=0)

    assert await noted(store, station_id) == [(0, "available"), (5, "faulted"), (9, "available")]
    assert await noted(store, station_id, 2) == [(0, "occupied"), (5, "faulted"), (9, "occupied")]


async def test_a_line_is_noted_as_it_comes_and_goes(store: Store) -> None:
    """A newer line that takes the place of an older one is the same line; a hub that starts
    has none."""
    station_id = await station(store)

    await store.do(actions.note_connected, station_id, 1, "1.6", NOW)
    await store.do(actions.note_connected, station_id, 2, "1.6", NOW + MINUTE)
    await store.do(actions.note_disconnected, station_id, 1, NOW + 2 * MINUTE)
    await store.do(actions.note_disconnected, station_id, 2, NOW + 3 * MINUTE)
    await store.do(actions.note_connected, station_id, 3, "1.6", NOW + 4 * MINUTE)
    await store.do(actions.forget_connections, NOW + 5 * MINUTE)

    assert await noted(store, station_id, timeline.LINE) == [
        (0, "connected"),
        (3, "disconnected"),
        (4, "connected"),
        (5, "disconnected"),
    ]


async def test_a_loose_plug_fills_no_disk(store: Store) -> None:
    """After so many changes in an hour no more is noted; what is true then is, when it is asked
    for."""
    station_id = await station(store)
    words: tuple[ConnectorStatus, ...] = ("available", "occupied")
    for number in range(MOST_AN_HOUR + 5):
        await tell(store, station_id, words[number % 2], 1)
    await tell(store, station_id, "faulted", 2)

    full = await noted(store, station_id)
    await store.do(timeline.catch_up, station_id, False, NOW + timedelta(hours=2))

    assert (len(full), {word for _, word in full}) == (MOST_AN_HOUR, set(words))
    assert (await noted(store, station_id))[-1] == (120, "faulted")
    assert await noted(store, station_id, timeline.LINE) == []


async def test_what_was_true_before_is_known_though_old_rows_are_forgotten(store: Store) -> None:
    station_id = await station(store)
    for minute, status in ((0, "available"), (10, "faulted"), (20, "available"), (30, "faulted")):
        await tell(store, station_id, status, minute)  # type: ignore[arg-type]

    await store.do(timeline.forget, station_id, [1], NOW + 25 * MINUTE)

    assert await noted(store, station_id) == [(20, "available"), (30, "faulted")]
    later = Span(NOW + 40 * MINUTE, NOW + 50 * MINUTE)
    found = await store.read(timeline.during, station_id, 1, later)
    assert found == [Change(NOW + 30 * MINUTE, "faulted")]
