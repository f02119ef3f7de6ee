"""Firmware, logs, smart charging, certificates: an owner asks, a station of each version acts."""

import asyncio

import pytest

from chargehub.ocpp.versions import Version
from tests.conformance.bench import VERSIONS, asking, is_old
from tests.hub import Person, Place, RunningHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_EVERY = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
AT = "2026-03-02T08:00:00Z"
URL = "ftp://user:hunter2@files.example.org/firmware.bin"
SHOWN = "ftp://…@files.example.org/firmware.bin"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
FIRMWARE = {"kind": "update_firmware", "location": URL, "retrieve_at": AT}
SIGNED = FIRMWARE | {"signing_certificate": PEM, "signature": "c2lnbmF0dXJl"}


# --- firmware and logs ---------------------------------------------------------------------


@ON_EVERY
async def test_firmware_is_updated_and_its_progress_is_shown(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
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
    its = await asking(hub, owner, place, version)
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
    its = await asking(hub, owner, place, VERSIONS["1.6"])

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
    its = await asking(hub, owner, place, version)
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
    its = await asking(hub, owner, place, version)
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


# --- certificates, texts, and what cannot be carried ---------------------------------------


@ON_EVERY
async def test_certificates_are_listed_installed_and_deleted(
    hub: RunningHub, owner: Person, place: Place, version: Version
) -> None:
    its = await asking(hub, owner, place, version)
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
    its = await asking(hub, owner, place, version)
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
    its = await asking(hub, owner, place, VERSIONS["2.0.1"])

    posted = await asyncio.gather(*(its.post({"kind": "clear_cache"}) for _ in range(2)))
    for _ in posted:
        assert (await its.answer({"status": "Accepted"}))[0] == "ClearCache"
    await hub.settle()

    states = [(await its.command(each["id"]))["state"] for each in posted]
    assert states == ["answered", "answered"]
