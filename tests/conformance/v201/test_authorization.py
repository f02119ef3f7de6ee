"""2.x authorization (C) and local lists (D)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.case import (
    BLOCKED_CARD,
    CARD,
    EXPIRED_CARD,
    SECOND_CARD,
    UNKNOWN_CARD,
    Asked,
)
from tests.conformance.v201.station import (
    ACCEPTED,
    BEGIN_WH,
    CHARGING,
    END_WH,
    FIVE_KWH,
    REJECTED,
    Case2,
    Event,
    ended,
    id_token,
    started,
    updated,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

REFUSED = {
    "TC_C_02": (UNKNOWN_CARD, "Invalid"),
    "TC_C_06": (BLOCKED_CARD, "Blocked"),
    "TC_C_07": (EXPIRED_CARD, "Expired"),
}


@pytest.mark.parametrize(("card", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_token_that_may_not(case: Case2, card: str, status: str) -> None:
    assert await case.authorises(card) == status
    assert await case.sessions() == []


async def test_tc_c_08_start_from_the_cache(case: Case2) -> None:
    answer = await case.event(started("Authorized", "Charging", card=CARD, wh=BEGIN_WH))
    await case.event(updated("MeterValuePeriodic", "Charging", wh=END_WH))

    assert answer["idTokenInfo"]["status"] == "Accepted"
    await case.runs()


async def test_tc_c_20_cached_and_not_valid_any_more(case: Case2) -> None:
    answer = await case.event(started("Authorized", "Charging", card=UNKNOWN_CARD, wh=BEGIN_WH))
    await case.event(ended("Deauthorized", "DeAuthorized", wh=END_WH))

    session = await case.session()
    assert answer["idTokenInfo"] == {"status": "Invalid"}
    assert (session["status"], session["driver_id"]) == ("closed", None)
    assert await case.bill(session) == (END_WH - BEGIN_WH, None)


async def master_pass(case: Case2) -> tuple[str, str]:
    """A master card of the owner, and the group that its station now knows for it."""
    card = f"MASTER-{case.identity}"[:20]
    await case.site.owner.post("/id-tokens", {"value": card, "kind": "master"})
    variable = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "MasterPassGroupId"}}
    told = {"setVariableResult": [variable | {"attributeStatus": "Accepted"}]}
    done = await case.commands({"kind": "set_master_pass"}, "SetVariables", told)
    (wanted,) = done.sent["setVariableData"]
    assert (done.state, wanted | variable) == ("answered", wanted)
    return card, wanted["attributeValue"]


TWO = "tx-2"
AT_TWO = tuple(each._replace(evse=2, card=each.card and SECOND_CARD) for each in CHARGING)


def stopped_by_master(card: str, evse: int = 1) -> Event:
    return ended("StopAuthorized", "MasterPass", card=card, evse=evse)


@pytest.mark.parametrize("chosen", [2, 1, 2], ids=["TC_C_47", "TC_C_48", "TC_C_49"])
async def test_a_master_card_ends_sessions(case: Case2, chosen: int) -> None:
    """All of them, or those that were chosen on a screen; drivers pay what they took."""
    card, group = await master_pass(case)
    await case.charges()
    await case.events(AT_TWO, TWO)
    judged = await case.tells("Authorize", {"idToken": id_token(card)})
    answers = [await case.event(stopped_by_master(card))]
    if chosen == 2:
        answers.append(await case.event(stopped_by_master(card, 2), TWO))

    accepted = {"status": "Accepted", "groupIdToken": {"idToken": group, "type": "Central"}}
    assert judged["idTokenInfo"] == accepted
    assert [each["idTokenInfo"] for each in answers] == [accepted] * chosen
    second, first = await case.sessions()
    assert (first["status"], first["stop_reason"]) == ("closed", "master_pass")
    assert await case.bill(first) == FIVE_KWH
    assert second["status"] == ("closed" if chosen == 2 else "active")
    assert first["driver_id"] == second["driver_id"] == case.site.driver.account_id


async def test_a_master_card_starts_nothing(case: Case2) -> None:
    card, _ = await master_pass(case)
    at_once = await case.event(started("Authorized", "Charging", card=card, wh=BEGIN_WH))
    await case.event(ended("Deauthorized", "DeAuthorized", wh=END_WH))
    await case.event(started("CablePluggedIn", "EVConnected", wh=BEGIN_WH), TWO)
    later = await case.event(updated("Authorized", "EVConnected", card=card), TWO)

    assert at_once["idTokenInfo"] == later["idTokenInfo"] == {"status": "Invalid"}
    assert {each["driver_id"] for each in await case.sessions()} == {None}


async def test_a_master_card_is_one_at_its_owners_stations(case: Case2) -> None:
    """And an operator's at all."""
    for person, status in ((case.site.driver, "Invalid"), (case.site.operator, "Accepted")):
        card = f"{case.identity}-{status}"[:20]
        await person.post("/id-tokens", {"value": card, "kind": "master"})
        assert await case.authorises(card) == status


async def test_a_master_card_books_nothing(case: Case2) -> None:
    card = f"BOOKING-{case.identity}"[:20]
    await case.site.driver.post("/id-tokens", {"value": card, "kind": "master"})
    starts_at = case.site.hub.clock.now() + timedelta(hours=1)
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    slot = {name: at.isoformat() for name, at in times.items()}
    wanted = {"evse_id": case.evse_ids[0], "id_token": card, **slot}
    refused = await case.site.driver.ask("POST", "/bookings", wanted, 403)

    assert "starts nothing" in refused["detail"]


async def group_of(case: Case2, card: str) -> Any:
    """The group of a card that may charge; None: it has none."""
    answer = await case.tells("Authorize", {"idToken": id_token(card)})
    return answer["idTokenInfo"].get("groupIdToken")


@pytest.mark.parametrize(
    "is_listed", [pytest.param(False, id="TC_C_39"), pytest.param(True, id="TC_C_40")]
)
async def test_cards_of_one_driver_are_a_group(case: Case2, is_listed: bool) -> None:
    """One stops what the other started, whether the station asks or knows it from its list."""
    group = await group_of(case, CARD)
    if is_listed:
        info = ACCEPTED | {"groupIdToken": group}
        cards = [{"idToken": id_token(card), "idTokenInfo": info} for card in (CARD, SECOND_CARD)]
        await case.plays([list_sent(1, "Full", *cards)])
    else:
        assert await group_of(case, SECOND_CARD) == group
    await case.charges()
    answer = await case.event(ended("StopAuthorized", "Local", card=SECOND_CARD))

    assert group["type"] == "Central"
    assert answer["idTokenInfo"] == ACCEPTED | {"groupIdToken": group}
    await case.closed("local")


@pytest.mark.parametrize("card", [pytest.param(BLOCKED_CARD, id="TC_C_43")])
async def test_a_blocked_card_of_a_group(case: Case2, card: str) -> None:
    await case.charges()

    assert await case.authorises(card) == "Blocked"
    assert await group_of(case, card) is None
    await case.runs()


LISTED = {"idToken": id_token(CARD), "idTokenInfo": ACCEPTED}
REMOVED = {"idToken": id_token(CARD)}


def list_sent(version: int, kind: str, *entries: Any, status: str = "Accepted") -> Asked:
    """SendLocalList."""
    entered = {"localAuthorizationList": list(entries)} if entries else {}
    wanted = {"versionNumber": version, "updateType": kind} | entered
    return Asked("SendLocalList", wanted, {"status": status})


def list_version(number: int) -> Asked:
    return Asked("GetLocalListVersion", {}, {"versionNumber": number})


CASES = {
    "TC_C_37": [Asked("ClearCache", {}, ACCEPTED)],
    "TC_C_38": [Asked("ClearCache", {}, REJECTED)],
    "TC_D_01": [list_sent(1, "Full", LISTED), list_version(1)],
    "TC_D_02": [list_sent(1, "Full", LISTED), list_sent(2, "Differential", LISTED)],
    "TC_D_03": [list_sent(1, "Full", LISTED), list_sent(2, "Differential", REMOVED)],
    "TC_D_04": [list_sent(1, "Full"), list_version(1)],
    "TC_D_08": [list_version(4)],
    "TC_D_09": [list_version(0)],
}


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES)
async def test_cache_and_local_list(case: Case2, steps: Any) -> None:
    await case.plays(steps)
