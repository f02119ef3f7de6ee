"""1.6 core: booting, and sessions that drivers start and stop at the station."""

from datetime import datetime

import pytest

from tests.conformance.case import (
    BLOCKED_CARD,
    CARD,
    EVSES,
    EXPIRED_CARD,
    UNKNOWN_CARD,
)
from tests.conformance.v16.station import BEGIN_WH, BOOT, END_WH, FIVE_KWH, Case16

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_tc_001_boot(case: Case16) -> None:
    answer = await case.tells("BootNotification", BOOT)
    for connector in range(EVSES + 1):
        await case.shows("Available", connector)
    beat = await case.tells("Heartbeat")

    station = await case.station()
    assert (answer["status"], answer["interval"] > 0) == ("Accepted", True)
    assert datetime.fromisoformat(answer["currentTime"]).isoformat() == case.now()
    assert datetime.fromisoformat(beat["currentTime"]).isoformat() == case.now()
    assert (station["is_accepted"], station["vendor"]) == (True, "Acme")
    assert [each["status"] for each in station["evses"]] == ["available"] * EVSES


async def test_tc_003_cable_first(case: Case16) -> None:
    await case.shows("Preparing")
    assert await case.authorises() == "Accepted"
    transaction = await case.charges()

    await case.runs()
    assert await case.evse() == ("occupied", "charging")
    await case.stops(transaction)
    await case.closed("local")


async def test_tc_004_1_identification_first(case: Case16) -> None:
    assert await case.authorises() == "Accepted"
    await case.shows("Preparing")
    await case.charges()

    await case.runs()


async def test_tc_004_2_nobody_plugs_in(case: Case16) -> None:
    await case.authorises()
    await case.shows("Preparing")
    await case.shows("Available")

    assert (await case.sessions(), await case.evse()) == ([], ("available", None))


async def test_tc_005_1_the_car_is_unplugged(case: Case16) -> None:
    transaction = await case.charges()

    await case.shows("SuspendedEV")
    assert await case.evse() == ("occupied", "suspended_ev")
    assert await case.stops(transaction, "EVDisconnected") == {}
    await case.shows("Finishing")
    await case.shows("Available")

    await case.closed("ev_disconnected")
    assert await case.evse() == ("available", None)


async def test_tc_007_start_from_the_cache(case: Case16) -> None:
    """The start is verified though nobody asked before."""
    await case.charges()

    await case.runs()


@pytest.mark.parametrize(
    ("id_tag", "status"),
    [(UNKNOWN_CARD, "Invalid"), (EXPIRED_CARD, "Expired"), (BLOCKED_CARD, "Blocked")],
    ids=["TC_023_1", "TC_023_2", "TC_023_3"],
)
async def test_an_id_tag_that_may_not(case: Case16, id_tag: str, status: str) -> None:
    assert await case.authorises(id_tag) == status
    assert await case.sessions() == []


async def test_tc_024_the_lock_fails(case: Case16) -> None:
    await case.shows("Preparing")
    await case.authorises()
    await case.shows("Faulted", error="ConnectorLockFailure")

    evse = (await case.station())["evses"][0]
    assert (evse["status"], evse["error_code"]) == ("faulted", "ConnectorLockFailure")
    assert await case.sessions() == []


async def test_tc_032_1_power_fails(case: Case16) -> None:
    transaction = await case.charges()

    await case.loses_its_line()
    assert not (await case.session())["is_station_online"]
    await case.connects()
    await case.boots()
    await case.stops(transaction, "PowerLoss")

    await case.closed("power_loss")


async def test_tc_037_1_offline_start(case: Case16) -> None:
    told_at = case.now()
    await case.loses_its_line()
    case.passes(hours=2)
    await case.connects()
    transaction, status = await case.starts(timestamp=told_at)
    await case.meters(transaction, END_WH)

    await case.shows("Charging")
    assert (status, transaction > 0) == ("Accepted", True)
    await case.runs()


async def test_tc_037_3_offline_start_with_an_invalid_tag(case: Case16) -> None:
    """The energy is kept, and nobody pays for it."""
    told_at = case.now()
    await case.loses_its_line()
    case.passes(minutes=1)
    await case.connects()
    transaction, status = await case.starts(UNKNOWN_CARD, timestamp=told_at)
    await case.stops(transaction, "DeAuthorized")

    session = await case.session()
    assert (status, transaction > 0) == ("Invalid", True)
    assert (session["status"], session["driver_id"]) == ("closed", None)
    assert await case.bill(session) == (END_WH - BEGIN_WH, None)


async def test_tc_039_a_whole_session_offline(case: Case16) -> None:
    began, ended = case.now(), case.passes(hours=1)
    await case.loses_its_line()
    case.passes(hours=2)
    await case.connects()
    transaction, status = await case.starts(timestamp=began)
    await case.stops(transaction, timestamp=ended)

    session = await case.session()
    times = [datetime.fromisoformat(session[name]) for name in ("started_at", "ended_at")]
    assert status == "Accepted"
    assert times == [datetime.fromisoformat(began), datetime.fromisoformat(ended)]
    assert await case.bill(session) == FIVE_KWH


async def test_tc_064_a_vendor_of_nobody(case: Case16) -> None:
    told = {"vendorId": "org.example", "messageId": "hello", "data": "1"}
    assert await case.tells("DataTransfer", told) == {"status": "UnknownVendorId"}
    assert await case.authorises(CARD) == "Accepted"
