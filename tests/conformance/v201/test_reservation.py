"""2.x reservation (H): bookings, and what stations make of them."""

from typing import Any

import pytest

from tests.conformance.case import CARD, SECOND_CARD, Asked
from tests.conformance.v201.station import (
    ACCEPTED,
    BEGIN_WH,
    END_WH,
    REJECTED,
    Case2,
    id_token,
    started,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

NEVER = "2030-01-01T00:00:00Z"


async def reserved(case: Case2, answer: dict[str, str] = ACCEPTED) -> tuple[str, Any]:
    """The id of a booking whose time has come, and what the station was asked."""
    booking_id = await case.books(id_token=CARD)
    case.passes(minutes=10)
    await case.site.hub.hub.jobs.run_due()
    sent = await case.answers("ReserveNow", answer)
    await case.site.hub.settle()
    return booking_id, sent


async def comes(case: Case2, reservation_id: int, card: str = CARD) -> Any:
    """Somebody charges with the reservation; what the hub said of the card."""
    begun = started("Authorized", "Charging", card=card, wh=BEGIN_WH)
    answer = await case.event(begun, reservationId=reservation_id)
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH))
    return answer["idTokenInfo"]


async def test_tc_h_01_reserved_and_used(case: Case2) -> None:
    booking_id, sent = await reserved(case)
    assert (await case.booking(booking_id))["is_reserved"]
    await case.shows("Reserved")
    assert await case.evse() == ("reserved", None)
    await comes(case, sent["id"])

    booking, session = await case.booking(booking_id), await case.session()
    assert (sent["evseId"], sent["idToken"]["idToken"]) == (1, CARD)
    assert (booking["status"], booking["session_id"]) == ("active", session["id"])
    await case.runs()


@pytest.mark.parametrize(
    ("status", "end"),
    [
        pytest.param("Expired", "no_show", id="TC_H_07"),
        pytest.param("Removed", "failed", id="TC_H_20"),  # it is out of order
    ],
)
async def test_the_station_lets_go(case: Case2, status: str, end: str) -> None:
    booking_id, sent = await reserved(case)
    await case.shows("Faulted" if status == "Removed" else "Available")
    told = {"reservationId": sent["id"], "reservationUpdateStatus": status}

    assert await case.tells("ReservationStatusUpdate", told) == {}
    assert not (await case.booking(booking_id))["is_reserved"]
    case.passes(hours=1)
    await case.site.hub.settle()
    assert (await case.booking(booking_id))["status"] == end


async def test_tc_h_19_another_card_of_the_same_driver(case: Case2) -> None:
    booking_id, sent = await reserved(case)
    judged = await comes(case, sent["id"], SECOND_CARD)

    assert judged == ACCEPTED | {"groupIdToken": sent["groupIdToken"]}
    assert (await case.booking(booking_id))["status"] == "active"
    await case.runs()


def reservation(number: int, **where: Any) -> Asked:
    """ReserveNow."""
    wanted = {"id": number, "expiryDateTime": NEVER, "idToken": id_token("OTHER")}
    return Asked("ReserveNow", wanted | where, ACCEPTED)


async def test_tc_h_08_any_evse(case: Case2) -> None:
    await case.plays([reservation(7)])
    await comes(case, 7)

    await case.runs()


async def test_tc_h_14_as_many_as_evses(case: Case2) -> None:
    await case.plays([reservation(1), reservation(2)])
    for evse in (1, 2):
        await case.shows("Reserved", evse)

    assert [await case.evse(evse) for evse in (1, 2)] == [("reserved", None)] * 2


async def test_tc_h_15_by_type_of_connector(case: Case2) -> None:
    await case.plays([reservation(7, connectorType="sType2")])
    await case.shows("Reserved", 2)

    assert await case.evse(2) == ("reserved", None)


async def test_tc_h_17_cancelled(case: Case2) -> None:
    booking_id, reserve = await reserved(case)
    await case.site.driver.post(f"/bookings/{booking_id}/cancel", expect=200)
    sent = await case.answers("CancelReservation", ACCEPTED)

    booking = await case.booking(booking_id)
    assert sent == {"reservationId": reserve["id"]}
    assert (booking["status"], booking["is_reserved"]) == ("cancelled", False)


async def test_tc_h_22_the_station_does_not_reserve(case: Case2) -> None:
    """The slot stays the driver's by authorisation alone."""
    booking_id, _ = await reserved(case, REJECTED)

    booking = await case.booking(booking_id)
    assert (booking["status"], booking["is_reserved"]) == ("confirmed", False)
