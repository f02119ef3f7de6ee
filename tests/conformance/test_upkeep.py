"""Firmware, logs, smart charging and local lists: an owner asks, a station of each version acts."""

import asyncio
from typing import Any

import orjson
import pytest

from chargehub.ocpp.versions import Version
from chargers.line import RawStation
from tests.conformance.bench import VERSIONS, asked, line
from tests.hub import Person, Place, RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_EVERY = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
AT = "2026-03-02T08:00:00Z"
URL = "ftp://user:hunter2@files.example.org/firmware.bin"
SHOWN = "ftp://…@files.example.org/firmware.bin"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
FIRMWARE = {"kind": "update_firmware", "location": URL, "retrieve_at": AT}
SIGNED = FIRMWARE | {"signing_certificate": PEM, "signature": "c2lnbmF0dXJl"}
SYNC = {"kind": "sync_local_list"}


class Bench:
    """An owner, the own station, and what goes between them."""

    def __init__(self, owner: Person, place: Place, station: RawStation) -> None:
        self.owner, self.place, self.station = owner, place, station

    async def post(self, wanted: Any, expect: int = 202) -> Any:
        return await self.owner.post(f"/stations/{self.place.station_id}/commands", wanted, expect)

    async def command(self, command_id: str) -> Any:
        return await self.owner.get(f"/commands/{command_id}")

    async def answer(self, content: dict[str, Any], kind: int = 3) -> tuple[str, Any]:
        """Answer the hub's next call; its action and payload."""
        _, message_id, action, payload = await asked(self.station)
        rest = [content] if kind == 3 else [content["code"], "", {}]
        await self.station.send_raw(orjson.dumps([kind, message_id, *rest]).decode())
        return action, payload

    async def done(self, wanted: Any, answer: dict[str, Any]) -> tuple[Any, Any]:
        """Post a command and answer it; the finished command and what the station was sent."""
        posted = await self.post(wanted)
        _, payload = await self.answer(answer)
        await self.owner.hub.settle()
        return await self.command(posted["id"]), payload

    async def newest(self) -> Any:
        await self.owner.hub.settle()
        return (await self.owner.get(f"/stations/{self.place.station_id}/commands"))["items"][0]


async def bench(hub: RunningHub, owner: Person, place: Place, version: Version) -> Bench:
    return Bench(owner, place, await line(hub, place, version))


def is_old(version: Version) -> bool:
    return version.name == "1.6"


# --- firmware and logs ---------------------------------------------------------------------


@ON_EVERY
async def test_firmware_is_updated_and_its_progress_is_shown(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
    told = "SignedFirmwareStatusNotification" if is_old(version) else "FirmwareStatusNotification"

    command, sent = await its.done(SIGNED, {"status": "Accepted"})
    number = sent["requestId"]
    for status in ("Downloading", "InstallVerificationFailed"):
        await its.station.call(told, {"status": status, "requestId": number})
    await its.station.call(told, {"status": "Installed", "requestId": number + 7})
    await its.station.call(told, {"status": "Idle"})
    after = await its.command(command["id"])

    assert sent["firmware"]["location"] == URL
    assert (command["state"], command["progress"]) == ("answered", None)
    assert (command["fields"]["location"], command["fields"]["request_id"]) == (SHOWN, number)
    assert after["progress"] == {"status": "install_verification_failed", "at": AT}


@ON_EVERY
async def test_a_later_firmware_takes_the_place_of_the_first(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
    told = "SignedFirmwareStatusNotification" if is_old(version) else "FirmwareStatusNotification"

    first, sent = await its.done(SIGNED, {"status": "Accepted"})
    second, again = await its.done(SIGNED, {"status": "AcceptedCanceled"})
    await its.station.call(told, {"status": "Downloading", "requestId": again["requestId"]})

    assert again["requestId"] == sent["requestId"] + 1
    assert second["outcome"]["details"] == {"has_replaced": True}
    assert (await its.command(first["id"]))["progress"] is None
    assert (await its.command(second["id"]))["progress"]["status"] == "downloading"


async def test_the_progress_of_a_station_that_names_no_number_is_the_newests(
    hub: RunningHub, owner: Person, place: Place
) -> None:
    its = await bench(hub, owner, place, VERSIONS["1.6"])

    firmware, _ = await its.done(FIRMWARE, {})
    log, _ = await its.done({"kind": "get_log", "location": URL}, {"fileName": "a.zip"})
    await its.station.call("FirmwareStatusNotification", {"status": "Installing"})
    await its.station.call("DiagnosticsStatusNotification", {"status": "UploadFailed"})

    assert (await its.command(firmware["id"]))["progress"]["status"] == "installing"
    assert (await its.command(log["id"]))["progress"]["status"] == "upload_failed"


@ON_EVERY
@pytest.mark.parametrize("kind", ["diagnostics", "security"])
async def test_a_log_is_uploaded_and_its_progress_is_shown(
    hub: RunningHub, owner: Person, place: Place, version: Version, kind: str
) -> None:
    its = await bench(hub, owner, place, version)
    is_diagnostics = is_old(version) and kind == "diagnostics"
    wanted = {"kind": "get_log", "log": kind, "location": URL, "oldest_at": AT}
    answer = {"status": "Accepted", "filename": "a.log"}

    command, sent = await its.done(wanted, {"fileName": "a.log"} if is_diagnostics else answer)
    if is_diagnostics:
        await its.station.call("DiagnosticsStatusNotification", {"status": "Uploaded"})
    else:
        tells = {"status": "Uploaded", "requestId": sent["requestId"]}
        await its.station.call("LogStatusNotification", tells)
    after = await its.command(command["id"])

    assert URL in (sent.get("location"), sent.get("log", {}).get("remoteLocation"))
    assert command["outcome"]["details"] == {"file_name": "a.log"}
    assert after["progress"] == {"status": "uploaded", "at": AT}
    assert "hunter2" not in str(await its.owner.get(f"/stations/{place.station_id}/commands"))


# --- smart charging ------------------------------------------------------------------------


@ON_EVERY
async def test_profiles_are_set_read_and_cleared(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
    wanted = {
        "kind": "set_charging_profile",
        "profile_id": 3,
        "purpose": "session_default",
        "evse": 1,
        "unit": "A",
        "periods": [{"start_s": 0, "limit": 16}, {"start_s": 60, "limit": 6.5, "phases": 1}],
        "profile_kind": "recurring",
        "recurrence": "daily",
        "starts_at": AT,
    }
    periods = [{"startPeriod": 0, "limit": 6.5, "numberPhases": 1}]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, "duration": 60}
    if is_old(version):
        composite = {"connectorId": 1, "scheduleStart": AT, "chargingSchedule": schedule}
    else:
        composite = {"schedule": {"evseId": 1, "scheduleStart": AT, **schedule}}

    made, sent = await its.done(wanted, {"status": "Accepted"})
    read = {"kind": "read_composite_schedule", "evse": 1, "duration_s": 60}
    told, _ = await its.done(read, {"status": "Accepted", **composite})
    cleared, _ = await its.done(
        {"kind": "clear_charging_profiles", "profile_id": 3}, {"status": "Accepted"}
    )
    gone, _ = await its.done({"kind": "clear_charging_profiles", "evse": 1}, {"status": "Unknown"})

    profile = sent["csChargingProfiles" if is_old(version) else "chargingProfile"]
    assert (profile["chargingProfilePurpose"], profile["recurrencyKind"]) == (
        *("TxDefaultProfile", "Daily"),
    )
    assert told["outcome"]["details"]["schedule"] == {
        "evse": 1,
        "starts_at": AT,
        "duration_s": 60,
        "unit": "A",
        "periods": [{"start_s": 0, "limit": 6.5, "phases": 1}],
    }
    states = [each["state"] for each in (made, told, cleared, gone)]
    assert states == ["answered", "answered", "answered", "refused"]


# --- the local list ------------------------------------------------------------------------


def version_of(version: Version, number: int) -> dict[str, Any]:
    return {"listVersion" if is_old(version) else "versionNumber": number}


def listed(version: Version, payload: Any) -> dict[str, bool]:
    """The id tokens of a list that was sent, and whether they are added (or else removed)."""
    entries = payload.get("localAuthorizationList", [])
    if is_old(version):
        return {each["idTag"]: "idTagInfo" in each for each in entries}
    return {each["idToken"]["idToken"]: "idTokenInfo" in each for each in entries}


async def synced(
    its: Bench, version: Version, has: int, answer: dict[str, Any] | None
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
    its: Bench, version: Version, answer: dict[str, Any]
) -> tuple[str, dict[str, bool]]:
    action, sent = await its.answer(answer)
    assert action == "SendLocalList"
    await its.owner.hub.settle()
    return sent["updateType"], listed(version, sent)


@ON_EVERY
async def test_a_local_list_is_sent_whole_then_by_difference_then_whole_again(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
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


@ON_EVERY
async def test_a_booked_driver_is_on_the_list_until_the_booking_ends(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
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


@ON_EVERY
async def test_that_a_station_keeps_no_list_is_remembered(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)

    posted = await its.post(SYNC)
    await its.answer({"code": "NotSupported"}, kind=4)
    await hub.settle()
    refused = await its.post(SYNC, expect=409)

    assert (await its.command(posted["id"]))["state"] == "failed"
    assert refused["code"] == "no_local_list"


async def test_a_list_is_no_longer_than_its_station_can_take(
    hub: RunningHub, owner: Person, place: Place
) -> None:
    its = await bench(hub, owner, place, VERSIONS["1.6"])
    found = [{"key": "SendLocalListMaxLength", "readonly": True, "value": "1"}]

    await its.done({"kind": "read_settings", "names": []}, {"configurationKey": found})
    _, sent = await synced(its, VERSIONS["1.6"], 0, {"status": "Accepted"})

    assert len(sent) == 1


# --- certificates, texts, and what cannot be carried ---------------------------------------


@ON_EVERY
async def test_certificates_are_listed_installed_and_deleted(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
    hashes = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "aa",
        "issuerKeyHash": "bb",
        "serialNumber": "01",
    }
    chain = {"certificateType": "CSMSRootCertificate", "certificateHashData": hashes}
    found = {"certificateHashData": [hashes]}
    answer = found if is_old(version) else {"certificateHashDataChain": [chain]}

    told, _ = await its.done(
        {"kind": "list_certificates", "use": "hub"}, {"status": "Accepted", **answer}
    )
    (shown,) = told["outcome"]["details"]["certificates"]
    named = {key: value for key, value in shown.items() if key not in ("use", "children")}
    deleted, sent = await its.done({"kind": "delete_certificate", **named}, {"status": "Accepted"})
    installed, _ = await its.done(
        {"kind": "install_certificate", "use": "hub", "certificate": PEM}, {"status": "Failed"}
    )

    assert shown["use"] == "hub"
    assert sent == {"certificateHashData": hashes}
    assert (deleted["state"], installed["state"]) == ("answered", "refused")


@ON_EVERY
async def test_a_text_is_shown_where_the_version_can(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await bench(hub, owner, place, version)
    wanted = {"kind": "set_display_message", "message_id": 1, "text": "Back at noon"}

    if is_old(version):
        await its.post(wanted)
        command = await its.newest()

        assert (command["state"], command["outcome"]["status"]) == ("failed", "NotSent")
        reason = "OCPP 1.6, which this station speaks, has no such message."
        assert command["outcome"]["details"] == {"reason": reason}
        return
    command, sent = await its.done(wanted, {"status": "Accepted"})
    listing, asked_for = await its.done({"kind": "get_display_messages"}, {"status": "Accepted"})

    assert sent["message"]["message"] == {"format": "UTF8", "content": "Back at noon"}
    assert command["state"] == "answered"
    assert listing["fields"]["request_id"] == asked_for["requestId"]


async def test_two_who_ask_at_once_get_two_answers(
    hub: RunningHub, owner: Person, place: Place
) -> None:
    its = await bench(hub, owner, place, VERSIONS["2.0.1"])

    posted = await asyncio.gather(*(its.post({"kind": "clear_cache"}) for _ in range(2)))
    for _ in posted:
        assert (await its.answer({"status": "Accepted"}))[0] == "ClearCache"
    await hub.settle()

    states = [(await its.command(each["id"]))["state"] for each in posted]
    assert states == ["answered", "answered"]
