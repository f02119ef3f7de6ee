"""The local list of a station is kept in step: an owner asks, a station of each version acts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
    update = await answered(its, version, answer)
    await its.owner.hub.settle()
    return update


async def answered(
    its: Asking, version: Version, answer: dict[str, Any]
) -> tuple[str, dict[str, bool]]:
    """Answer the list that is sent, and leave what follows to come."""
    action, sent = await its.answer(answer)
    assert action == "SendLocalList"
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
    await its.post(SYNC)
    await its.answer(version_of(version, 2))
    failed = await answered(its, version, {"status": "Failed"})
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
async def test_who_has_booked_twice_is_on_the_list_until_the_later_booking_ends(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    """Or the station, if its line is lost meanwhile, turns the driver of the second slot away."""
    its = await asking(hub, owner, place, version)
    driver = await hub.person("driver")
    wanted = {"evse_id": place.evse_ids[0], "id_token": driver.id_token}
    for begins, ends in (("10:00", "10:30"), ("11:00", "11:30")):
        slot = {"starts_at": f"2026-03-02T{begins}:00Z", "ends_at": f"2026-03-02T{ends}:00Z"}
        await driver.post("/bookings", {**wanted, **slot})
    await hub.settle()

    await its.post(SYNC)
    await its.answer(version_of(version, 0))
    _, sent = await its.answer({"status": "Accepted"})

    assert list(listed(version, sent)).count(driver.id_token) == 1
    assert "2026-03-02T11:40:00Z" in str(sent) and "10:40" not in str(sent)


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


@asynccontextmanager
async def passing(hub: RunningHub, **step: float) -> AsyncIterator[None]:
    """Time passes, and what becomes due is asked of the station meanwhile."""
    done = asyncio.create_task(hub.advance(**step))
    yield
    await done


async def follows(its: Asking, version: Version, has: int) -> tuple[str, dict[str, bool]]:
    """The hub asks by itself, and the station takes what it is sent."""
    assert (await its.answer(version_of(version, has)))[0] == "GetLocalListVersion"
    return await sent_list(its, version)


async def sent_list(its: Asking, version: Version) -> tuple[str, dict[str, bool]]:
    action, sent = await its.answer({"status": "Accepted"})
    assert action == "SendLocalList"
    return sent["updateType"], listed(version, sent)


async def commands(its: Asking) -> int:
    path = f"/stations/{its.place.station_id}/commands"
    return len((await its.owner.get(path))["items"])


@ON_EVERY
async def test_a_list_that_a_station_took_follows_by_itself(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    """A booked driver is on it from three hours before the slot until the booking is over."""
    its = await asking(hub, owner, place, version)
    driver, friend = await hub.person("driver"), await hub.person("friend")
    await synced(its, version, 0, {"status": "Accepted"})
    slot = {"starts_at": "2026-03-02T13:00:00Z", "ends_at": "2026-03-02T14:00:00Z"}
    wanted = {"evse_id": place.evse_ids[0], "id_token": driver.id_token, **slot}
    booked = await driver.post("/bookings", wanted)

    await hub.advance(minutes=119)  # nobody answers: nothing may be asked
    before = await commands(its)
    async with passing(hub, minutes=1):
        near = await follows(its, version, 1)
    household = f"/evses/{place.evse_ids[0]}/household/{friend.id_token}"
    await owner.ask("PUT", household, expect=204)
    await driver.post(f"/bookings/{booked['id']}/cancel", expect=200)
    await hub.advance(seconds=59)  # one change a minute
    between = await commands(its)
    async with passing(hub, seconds=1):
        over = await follows(its, version, 2)
    await hub.advance(hours=2)

    assert (before, between) == (2, 4)
    assert near == ("Differential", {driver.id_token: True})
    assert over == ("Differential", {friend.id_token: True, driver.id_token: False})
    assert await commands(its) == 6


@ON_SQLITE
@ON_EVERY
async def test_a_list_that_follows_is_whole_where_the_versions_disagree(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
    await synced(its, version, 0, {"status": "Accepted"})
    await owner.post("/id-tokens", {"value": "SPARE"})

    async with passing(hub, minutes=1):
        sent = await follows(its, version, 7)

    own = {owner.id_token, await owner.app_token(), "SPARE"}
    assert sent == ("Full", dict.fromkeys(own, True))


@ON_SQLITE
@ON_EVERY
async def test_who_was_blocked_is_off_the_list_within_a_quarter_of_an_hour(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
    await synced(its, version, 0, {"status": "Accepted"})
    await hub.advance(minutes=1)
    await owner.ask("PATCH", f"/id-tokens/{owner.id_token}", {"status": "blocked"}, 200)

    async with passing(hub, minutes=15):
        sent = await follows(its, version, 1)

    assert sent == ("Differential", {owner.id_token: False})


@ON_SQLITE
@ON_EVERY
async def test_a_station_that_takes_no_whole_list_is_left_in_peace(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    """And so is one that nobody ever asked for its list."""
    its = await asking(hub, owner, place, version)
    await owner.post("/id-tokens", {"value": "FIRST"})
    await hub.advance(hours=1)
    unasked = await commands(its)
    await synced(its, version, 0, {"status": "Failed"})

    await owner.post("/id-tokens", {"value": "SECOND"})
    await hub.advance(hours=1)

    assert (unasked, await commands(its)) == (0, 2)


@ON_SQLITE
@ON_EVERY
async def test_a_station_that_says_it_keeps_a_list_gets_one_with_its_first_booking(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
    driver = await hub.person("driver")
    name = "LocalAuthListEnabled" if is_old(version) else "LocalAuthListCtrlr.Enabled"
    told: dict[str, Any] = {"configurationKey": [{"key": name, "readonly": True, "value": "true"}]}
    if not is_old(version):
        variable = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "Enabled"}}
        answer = {"attributeStatus": "Accepted", "attributeValue": "true", **variable}
        told = {"getVariableResult": [answer]}
    await its.done({"kind": "read_settings", "names": [name]}, told)
    slot = {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T11:00:00Z"}
    wanted = {"evse_id": place.evse_ids[0], "id_token": driver.id_token, **slot}

    await driver.post("/bookings", wanted)
    async with passing(hub, minutes=1):
        kind, sent = await follows(its, version, 0)

    assert (kind, sent[driver.id_token]) == ("Full", True)
