"""What stations tell of themselves, on both databases."""

from datetime import datetime, timedelta
from typing import Literal

import pytest
from sqlalchemy import select
from sqlmodel import col

from chargehub.stations import actions, pages, rules, tables
from chargehub.stations.reports import BootAnswer, Booted, ConnectorStatus, StatusChanged
from chargehub.stations.schema import Station
from chargehub.store.tables import EventRow
from chargehub.store.work import Reads, Work
from chargehub.store.writer import Store
from tests.stations.samples import NOW, evse, evses, station

SECOND = timedelta(seconds=1)


def recorded(reads: Reads) -> list[str]:
    """The names of what happened, in order."""
    return [row[0] for row in reads.all(select(col(EventRow.name)).order_by(col(EventRow.id)))]


def status(
    status: ConnectorStatus,
    at: datetime = NOW,
    evse: int = 1,
    connector: int = 1,
    charging: Literal["charging"] | None = None,
) -> StatusChanged:
    return StatusChanged(evse, connector, status, charging, at)


async def statuses(store: Store, station_id: str) -> list[str]:
    return [each.status for each in await evses(store, station_id)]


async def tell(store: Store, station_id: str, *reports: StatusChanged) -> None:
    for report in reports:
        await store.do(actions.receive_status, station_id, report, NOW)


# --- boot ----------------------------------------------------------------------------------


async def test_a_boot_is_accepted_and_noted(store: Store) -> None:
    station_id = await station(store)
    report = Booted("ACME", "Wall 11", "SN-1", "1.2.3", reason="power_up")

    answer = await store.do(actions.receive_boot, station_id, report, NOW, interval_s=60)

    view = await store.read(tables.station, station_id)
    assert answer == BootAnswer("accepted", NOW, 60)
    assert view is not None
    assert (view.vendor, view.model, view.serial_number, view.firmware_version) == (
        *("ACME", "Wall 11", "SN-1", "1.2.3"),
    )
    assert (view.is_accepted, view.accepted_at, view.last_seen_at) == (True, NOW, NOW)
    assert await store.read(recorded) == ["StationBooted"]


async def test_accepted_at_is_the_first_boot(store: Store) -> None:
    station_id = await station(store)

    for hours in (0, 5):
        boot = Booted("ACME", "Wall 11", firmware_version=f"1.{hours}")
        await store.do(actions.receive_boot, station_id, boot, NOW + timedelta(hours=hours))

    view = await store.read(tables.station, station_id)
    assert view is not None
    assert (view.accepted_at, view.firmware_version) == (NOW, "1.5")


async def test_over_long_and_broken_words_are_stored_cut(store: Store) -> None:
    """Serial numbers are longer than the standard allows, and end in NULs."""
    station_id = await station(store)
    boot = Booted("V" * 300, "", serial_number="SN-1\x00\x00", firmware_version="\ud800")

    answer = await store.do(actions.receive_boot, station_id, boot, NOW)

    view = await store.read(tables.station, station_id)
    assert answer.status == "accepted"
    assert view is not None
    assert (view.vendor, view.model, view.serial_number, view.firmware_version) == (
        *("V" * 50, None, "SN-1", None),
    )


async def test_a_retired_station_is_rejected(store: Store) -> None:
    station_id = await station(store)

    def retire(work: Work) -> None:
        is_it = Station.__table__.c.id == station_id  # type: ignore[attr-defined]
        work.execute(Station.__table__.update().where(is_it).values(retired_at=NOW))  # type: ignore[attr-defined]

    await store.do(retire)

    answer = await store.do(actions.receive_boot, station_id, Booted("ACME", "Wall"), NOW)

    view = await store.read(tables.station, station_id)
    assert answer.status == "rejected"
    assert view is not None
    assert not view.is_accepted
    assert await store.read(tables.station_by_identity, view.identity) is None


# --- status --------------------------------------------------------------------------------


async def test_a_status_is_kept_with_its_charging_state_and_time(store: Store) -> None:
    station_id = await station(store, evse(1), evse(2))
    at = NOW - 5 * SECOND

    await tell(store, station_id, status("occupied", at, evse=2, charging="charging"))

    first, second = await evses(store, station_id)
    assert (first.status, first.status_at) == ("unavailable", None)
    assert (second.status, second.charging, second.status_at) == ("occupied", "charging", at)


async def test_a_late_status_does_not_overwrite_a_newer_one(store: Store) -> None:
    station_id = await station(store)

    await tell(store, station_id, status("available"), status("occupied", NOW - SECOND))

    assert await statuses(store, station_id) == ["available"]


async def test_of_two_statuses_in_one_second_the_later_counts(store: Store) -> None:
    station_id = await station(store)

    await tell(store, station_id, status("available"), status("occupied"))

    assert await statuses(store, station_id) == ["occupied"]


async def test_a_new_connection_may_tell_an_older_time(store: Store) -> None:
    """The clock of a station that lost its power starts in 1970."""
    station_id = await station(store)
    await tell(store, station_id, status("occupied"))

    await store.do(actions.note_connected, station_id, 2, "1.6", NOW)
    await tell(store, station_id, status("available", datetime.fromisoformat("1970-01-01T00:00Z")))

    assert await statuses(store, station_id) == ["available"]


async def test_a_clock_ahead_does_not_hide_what_follows(store: Store) -> None:
    station_id = await station(store)

    await tell(
        store, station_id, status("occupied", NOW + timedelta(days=365)), status("available")
    )

    assert await statuses(store, station_id) == ["available"]


async def test_connectors_of_one_evse_are_folded(store: Store) -> None:
    station_id = await station(store, evse(1, "IEC_62196_T2_COMBO", "CHADEMO"))

    await tell(store, station_id, status("available", connector=1), status("occupied", connector=2))
    while_charging = await statuses(store, station_id)
    await tell(store, station_id, status("faulted", connector=2))

    assert while_charging == ["occupied"]
    assert await statuses(store, station_id) == ["available"]


@pytest.mark.parametrize("out_of_order", ["unavailable", "faulted"])
async def test_a_station_out_of_order_takes_its_evses_with_it(
    store: Store, out_of_order: ConnectorStatus
) -> None:
    station_id = await station(store, evse(1), evse(2))
    await tell(store, station_id, status("available"), status("occupied", evse=2))

    await tell(store, station_id, status(out_of_order, evse=0, connector=0))
    meanwhile = await statuses(store, station_id)
    await tell(store, station_id, status("available", evse=0, connector=0))

    assert meanwhile == [out_of_order, out_of_order]
    assert await statuses(store, station_id) == ["available", "occupied"]


async def test_an_evse_that_speaks_after_its_station_is_believed(store: Store) -> None:
    station_id = await station(store, evse(1), evse(2))

    await tell(store, station_id, status("unavailable", evse=0), status("available", NOW, evse=2))

    assert await statuses(store, station_id) == ["unavailable", "available"]


async def test_a_station_in_order_says_nothing_of_its_evses(store: Store) -> None:
    station_id = await station(store)
    await tell(store, station_id, status("occupied"))

    await tell(store, station_id, status("available", evse=0))

    assert await statuses(store, station_id) == ["occupied"]


async def test_a_status_of_something_unknown_changes_nothing(store: Store) -> None:
    """Some stations count sockets that nobody registered; that is no error to them."""
    station_id = await station(store, evse(1, "IEC_62196_T2", "CHADEMO"))

    await tell(store, station_id, status("faulted", evse=9), status("faulted", connector=3))

    assert await statuses(store, station_id) == ["unavailable"]


# --- the line ------------------------------------------------------------------------------


async def test_the_newest_connection_wins(store: Store) -> None:
    """The close of a replaced socket arrives after the new one stands."""
    station_id = await station(store)
    await store.do(actions.note_connected, station_id, 1, "1.6", NOW)
    await store.do(actions.note_connected, station_id, 2, "2.0.1", NOW + SECOND)

    await store.do(actions.note_disconnected, station_id, 1, NOW + 2 * SECOND)

    view = await store.read(tables.station, station_id)
    assert view is not None
    assert (view.connection, view.ocpp_version, view.disconnected_at) == (2, "2.0.1", None)
    assert await store.read(recorded) == ["StationConnected", "StationConnected"]


async def test_the_end_of_the_live_connection_is_noted_once(store: Store) -> None:
    station_id = await station(store)
    await store.do(actions.note_connected, station_id, 1, "1.6", NOW)

    for _ in range(2):
        await store.do(actions.note_disconnected, station_id, 1, NOW + SECOND)

    view = await store.read(tables.station, station_id)
    assert view is not None
    assert (view.is_connected, view.disconnected_at) == (False, NOW + SECOND)
    assert await store.read(recorded) == ["StationConnected", "StationDisconnected"]


async def test_an_evse_is_connected_with_its_station(store: Store) -> None:
    station_id = await station(store)
    (before,) = await evses(store, station_id)

    await store.do(actions.note_connected, station_id, 1, "1.6", NOW)

    (after,) = await evses(store, station_id)
    assert (before.is_connected, after.is_connected) == (False, True)


async def test_a_hub_that_starts_believes_no_connection(store: Store) -> None:
    """The hub before it may have died with its lines open."""
    station_ids = [await station(store) for _ in range(3)]
    for station_id in station_ids[:2]:
        await store.do(actions.note_connected, station_id, 1, "1.6", NOW)

    forgotten = await store.do(actions.forget_connections, NOW)

    views = [await store.read(tables.station, station_id) for station_id in station_ids]
    assert forgotten == 2
    assert [view and view.is_connected for view in views] == [False, False, False]


async def test_a_sign_of_life_is_noted(store: Store) -> None:
    station_id = await station(store)

    await store.do(actions.note_seen, station_id, NOW + SECOND)

    view = await store.read(tables.station, station_id)
    assert view is not None
    assert view.last_seen_at == NOW + SECOND


async def test_transaction_ids_count_up_for_each_station(store: Store) -> None:
    first, second = await station(store), await station(store)

    numbers = [
        await store.do(actions.next_transaction_id, station_id)
        for station_id in (first, first, second, first)
    ]

    assert numbers == [1, 2, 1, 3]


# --- settings ------------------------------------------------------------------------------


async def test_the_last_report_of_a_setting_counts(store: Store) -> None:
    station_id = await station(store)

    await store.do(actions.store_settings, station_id, {"A": "1", "B": "x"}, NOW)
    await store.do(actions.store_settings, station_id, {"A": "2", "C": ""}, NOW + SECOND)

    found = await store.read(pages.settings_of, station_id, None, 10)
    assert [(each.name, each.value) for each in found] == [("A", "2"), ("B", "x"), ("C", "")]
    assert [each.reported_at - NOW for each in found] == [SECOND, timedelta(), SECOND]


async def test_passwords_among_settings_are_not_kept(store: Store) -> None:
    station_id = await station(store)

    await store.do(actions.store_settings, station_id, {"AuthorizationKey": "secret"}, NOW)

    assert await store.read(pages.settings_of, station_id, None, 10) == ()


async def test_a_station_cannot_fill_the_database_with_settings(store: Store) -> None:
    station_id = await station(store)
    many = {f"Name{number:05d}": "\x00" * 3_000 for number in range(rules.MAX_SETTINGS + 10)}

    await store.do(actions.store_settings, station_id, many, NOW)

    found = await store.read(pages.settings_of, station_id, None, 5_000)
    assert len(found) == rules.MAX_SETTINGS
    assert {each.value for each in found} == {""}
