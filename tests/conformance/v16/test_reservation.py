"""1.6 reservation: bookings, and what stations make of them."""

from typing import Any

import pytest

from tests.conformance.case import CARD, SECOND_CARD
from tests.conformance.v16.station import ACCEPTED, Case16

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def reserved(case: Case16, status: str = "Accepted") -> tuple[str, Any]:
    """The id of a booking whose time has come, and what the station was asked."""
    booking_id = await case.books(id_token=CARD)
    case.passes(minutes=10)
    await case.site.hub.hub.jobs.run_due()
    sent = await case.answers("ReserveNow", {"status": status})
    await case.site.hub.settle()
    return booking_id, sent


async def asked(case: Case16, kind: str) -> tuple[str, str]:
    """How far the newest command of this kind came, and the station's word."""
    page = await case.site.owner.get(f"/stations/{case.station_id}/commands")
    found = next(each for each in page["items"] if each["kind"] == kind)
    return found["state"], found["outcome"]["status"]


async def test_tc_046_reserved_and_used(case: Case16) -> None:
    booking_id, sent = await reserved(case)
    assert (await case.booking(booking_id))["is_reserved"]
    await case.shows("Reserved")
    assert await case.evse() == ("reserved", None)
    await case.charges(reservationId=sent["reservationId"])

    booking, session = await case.booking(booking_id), await case.session()
    assert {"connectorId", "idTag", "expiryDate", "reservationId"} <= sent.keys()
    assert (sent["connectorId"], sent["idTag"]) == (1, CARD)
    assert (booking["status"], booking["session_id"]) == ("active", session["id"])
    await case.runs()


async def test_tc_053_another_tag_of_the_same_driver(case: Case16) -> None:
    booking_id, sent = await reserved(case)
    judged = await case.tells("Authorize", {"idTag": SECOND_CARD})
    await case.charges(SECOND_CARD, reservationId=sent["reservationId"])

    assert judged["idTagInfo"] == {"status": "Accepted", "parentIdTag": sent["parentIdTag"]}
    assert (await case.booking(booking_id))["status"] == "active"
    await case.runs()


async def test_tc_047_nobody_comes(case: Case16) -> None:
    booking_id, sent = await reserved(case)
    await case.shows("Reserved")
    case.passes(hours=1)
    await case.shows("Available")
    await case.site.hub.hub.jobs.run_due()
    assert await case.answers("CancelReservation", {"status": "Rejected"}) == {
        "reservationId": sent["reservationId"]
    }

    assert (await case.booking(booking_id))["status"] == "no_show"
    assert (await case.evse(), await case.sessions()) == (("available", None), [])


@pytest.mark.parametrize(
    "status",
    [
        pytest.param("Faulted", id="TC_048_1"),
        pytest.param("Occupied", id="TC_048_2"),
        pytest.param("Unavailable", id="TC_048_3"),
        pytest.param("Rejected", id="TC_048_4"),
    ],
)
async def test_the_station_does_not_reserve(case: Case16, status: str) -> None:
    """The slot stays the driver's by authorisation alone."""
    booking_id, _ = await reserved(case, status)

    booking = await case.booking(booking_id)
    assert (booking["status"], booking["is_reserved"]) == ("confirmed", False)
    assert await asked(case, "reserve") == ("refused", status)


async def test_tc_049_any_connector(case: Case16) -> None:
    until = case.passes(hours=1)
    wanted = {"connectorId": 0, "idTag": CARD[-6:], "expiryDate": until, "reservationId": 7}
    await case.asks("ReserveNow", wanted, ACCEPTED)
    await case.shows("Reserved")

    assert await case.evse() == ("reserved", None)
    await case.charges(reservationId=7)
    await case.runs()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param("Accepted", "answered", id="TC_051"),
        pytest.param("Rejected", "refused", id="TC_052"),
    ],
)
async def test_a_reservation_is_cancelled(case: Case16, status: str, state: str) -> None:
    booking_id, reserve = await reserved(case)

    await case.site.driver.post(f"/bookings/{booking_id}/cancel", expect=200)
    sent = await case.answers("CancelReservation", {"status": status})

    booking = await case.booking(booking_id)
    assert sent == {"reservationId": reserve["reservationId"]}
    assert (booking["status"], booking["is_reserved"]) == ("cancelled", False)
    assert await asked(case, "cancel_reservation") == (state, status)
