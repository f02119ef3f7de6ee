"""The local list of a station is kept in step: an owner asks, a station of each version acts."""

from typing import Any

import pytest

from chargehub.ocpp.versions import Version
from tests.conformance.bench import VERSIONS, Asking, asking, is_old
from tests.hub import Person, Place, RunningHub

ON_EVERY = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SYNC = {"kind": "sync_local_list"}


def version_of(version: Version, number: int) -> dict[str, Any]:
    return {"listVersion" if is_old(version) else "versionNumber": number}


def listed(version: Version, payload: Any) -> dict[str, bool]:
    """The id tokens of a list that was sent, and whether they are added (or else removed)."""
    entries = payload.get("localAuthorizationList", [])
    if is_old(version):
        return {each["idTag"]: "idTagInfo" in each for each in entries}
    return {each["idToken"]["idToken"]: "idTokenInfo" in each for each in entries}


async def synced(
    its: Asking, version: Version, has: int, answer: dict[str, Any] | None
) -> tuple[str, dict[str, bool]]:
    """Synchronise: the station has this version, and answers the list that is sent (None: none
    is sent). The type of the update, and who is added or removed."""
    await its.post(SYNC)
    assert (await its.answer(version_of(version, has)))[0] == "GetLocalListVersion"
    if answer is None:
        await its.owner.hub.settle()
        return "", {}
    return await taken(its, version, answer)


async def taken(
    its: Asking, version: Version, answer: dict[str, Any]
) -> tuple[str, dict[str, bool]]:
    action, sent = await its.answer(answer)
    assert action == "SendLocalList"
    await its.owner.hub.settle()
    return sent["updateType"], listed(version, sent)


@ON_EVERY
async def test_a_local_list_is_sent_whole_then_by_difference_then_whole_again(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
    friend, guest = await hub.person("friend"), await hub.person("guest")
    household = f"/evses/{place.evse_ids[0]}/household"
    yes = {"status": "Accepted"}
    await owner.ask("PUT", f"{household}/{friend.id_token}", expect=204)
    await owner.ask("PUT", f"{household}/NOBODYS", expect=204)
    own = {owner.id_token, await owner.app_token()}

    first = await synced(its, version, 0, yes)
    same = await synced(its, version, 1, None)
    await owner.ask("DELETE", f"{household}/{friend.id_token}", expect=204)
    await owner.ask("PUT", f"{household}/{guest.id_token}", expect=204)
    second = await synced(its, version, 1, yes)
    await owner.ask("DELETE", f"{household}/{guest.id_token}", expect=204)
    failed = await synced(its, version, 2, {"status": "Failed"})
    whole = await taken(its, version, yes)
    swapped = await synced(its, version, 1, yes)

    assert first == ("Full", dict.fromkeys(own | {friend.id_token}, True))
    assert same == ("", {})
    assert second == ("Differential", {guest.id_token: True, friend.id_token: False})
    assert failed == ("Differential", {guest.id_token: False})
    assert whole == ("Full", dict.fromkeys(own, True))
    assert swapped == ("Full", dict.fromkeys(own, True))  # it lost what it had acknowledged


@ON_SQLITE
@ON_EVERY
async def test_a_booked_driver_is_on_the_list_until_the_booking_ends(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
    driver = await hub.person("driver")
    slot = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T11:00:00Z"}
    wanted = {"evse_id": place.evse_ids[0], "id_token": driver.id_token, **slot}
    await driver.post("/bookings", wanted)
    await hub.settle()

    await its.post(SYNC)
    await its.answer(version_of(version, 0))
    _, sent = await its.answer({"status": "Accepted"})

    assert listed(version, sent)[driver.id_token]
    assert "2026-03-02T11:10:00Z" in str(sent)
    shown = await its.newest()
    assert driver.id_token not in str(shown)
    assert shown["fields"]["added"][0]["id_token"].startswith("…")


@ON_SQLITE
@ON_EVERY
async def test_that_a_station_keeps_no_list_is_remembered(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)

    posted = await its.post(SYNC)
    await its.answer({"code": "NotSupported"}, kind=4)
    await hub.settle()
    refused = await its.post(SYNC, expect=409)

    assert (await its.command(posted["id"]))["state"] == "failed"
    assert refused["code"] == "no_local_list"


@ON_SQLITE
async def test_a_list_is_sent_in_parts_that_its_station_takes(
    hub: RunningHub, owner: Person, place: Place
) -> None:
    its = await asking(hub, owner, place, VERSIONS["1.6"])
    friend, yes = await hub.person("friend"), {"status": "Accepted"}
    await owner.post("/id-tokens", {"value": "MASTER", "kind": "master"})  # stands on no list
    await owner.ask("PUT", f"/evses/{place.evse_ids[0]}/household/{friend.id_token}", expect=204)
    found = [{"key": "SendLocalListMaxLength", "readonly": True, "value": "1"}]

    await its.done({"kind": "read_settings", "names": []}, {"configurationKey": found})
    await its.post(SYNC)
    await its.answer(version_of(VERSIONS["1.6"], 0))
    parts = [(await its.answer(yes))[1] for _ in range(3)]
    await hub.settle()
    same = await synced(its, VERSIONS["1.6"], 3, None)

    assert [each["updateType"] for each in parts] == ["Full", "Differential", "Differential"]
    entries = [listed(VERSIONS["1.6"], each) for each in parts]
    assert all(len(each) == 1 for each in entries)
    people = {owner.id_token, await owner.app_token(), friend.id_token}
    assert {name for each in entries for name in each} == people
    assert same == ("", {})


@ON_SQLITE
async def test_a_list_is_no_longer_than_its_station_can_hold(
    hub: RunningHub, owner: Person, place: Place
) -> None:
    its = await asking(hub, owner, place, VERSIONS["1.6"])
    found = [{"key": "LocalAuthListMaxLength", "readonly": True, "value": "1"}]

    await its.done({"kind": "read_settings", "names": []}, {"configurationKey": found})
    _, sent = await synced(its, VERSIONS["1.6"], 0, {"status": "Accepted"})

    assert len(sent) == 1


@ON_SQLITE
@ON_EVERY
async def test_an_id_token_that_a_station_cannot_carry_is_not_on_its_list(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    """1.6 knows 20 signs, 2.0.1 36; with a longer one the whole list could not be sent."""
    its = await asking(hub, owner, place, version)
    cards = ["A" * 20, "B" * 36, "C" * 255]
    for card in cards:
        await owner.post("/id-tokens", {"value": card})

    _, sent = await synced(its, version, 0, {"status": "Accepted"})

    known = {"1.6": cards[:1], "2.0.1": cards[:2], "2.1": cards}[version.name]
    assert [card for card in cards if card in sent] == known
