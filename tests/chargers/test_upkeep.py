"""Firmware that is really fetched and logs that are really uploaded, told as each version does."""

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from chargers import life, upkeep
from chargers.habits import Habits
from chargers.life import Life, Pace
from chargers.station import StationSim
from tests.chargers.central import PASSWORD
from tests.shelf import FILE

NOW, LATER = "2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"
TWO_X = ("2.0.1", "2.1")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch):
    monkeypatch.setattr(upkeep, "LOOK_S", 0.005)


@pytest.fixture(scope="module")
def maker() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """A maker's key and its certificate, good in March 2026."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=90))
        .sign(key, SHA256())
    )
    return key, certificate.public_bytes(Encoding.PEM).decode()


def update(version: str, url: str, number: int = 5, **more) -> tuple[str, dict]:
    """An order in the words of a version; `more`: start, install, certificate, signature."""
    again = {name: more[name] for name in ("retries", "retryInterval") if name in more}
    start = more.get("start", NOW)
    if version == "1.6" and "certificate" not in more:
        return "UpdateFirmware", {"location": url, "retrieveDate": start, **again}
    firmware = {"location": url, "retrieveDateTime": start}
    names = {"install": "installDateTime", "certificate": "signingCertificate"}
    for name in ("install", "certificate", "signature"):
        if name in more:
            firmware[names.get(name, name)] = more[name]
    action = "SignedUpdateFirmware" if version == "1.6" else "UpdateFirmware"
    return action, {"requestId": number, "firmware": firmware, **again}


def train(central) -> list[str]:
    """Every status of firmware and logs that was told, in order."""
    return [
        payload["status"]
        for _, action, payload in central.calls
        if action.endswith(("FirmwareStatusNotification", "LogStatusNotification"))
        or action == "DiagnosticsStatusNotification"
    ]


def versions_booted(central) -> list[str]:
    return [
        (payload.get("chargingStation") or payload)["firmwareVersion"]
        for payload in central.payloads("BootNotification")
    ]


async def told(central, status: str) -> None:
    async with asyncio.timeout(5):
        while True:
            if status in train(central):
                return
            await asyncio.sleep(0.01)


async def test_firmware_is_fetched_installed_and_booted(central, station, shelf):
    sim = await station()

    await central.ask(*update(central.version, shelf.url("station-2.7.1.bin")))
    await sim.upkeep.done()

    rebooting = [] if central.version == "1.6" else ["InstallRebooting"]
    assert shelf.asked == ["/station-2.7.1.bin"]
    assert train(central) == [
        *("Downloading", "Downloaded", "Installing"),
        *rebooting,
        "Installed",
    ]
    assert versions_booted(central) == ["1.0", "2.7.1"]
    assert sim.evses[1].status == "available"
    if central.version != "1.6":
        assert central.payloads("BootNotification")[-1]["reason"] == "FirmwareUpdate"
        (event,) = central.payloads("SecurityEventNotification")
        assert event["type"] == "FirmwareUpdated"
        ids = {one["requestId"] for one in central.payloads("FirmwareStatusNotification")}
        assert ids == {5}


async def test_failing_download_is_tried_again_as_often_as_asked(central, station, shelf, hand):
    shelf.failing = 2
    sim = await station()

    order = update(central.version, shelf.url("v2.0"), retries=2, retryInterval=0)
    await central.ask(*order)
    await sim.upkeep.done()

    assert len(shelf.asked) == 3
    assert train(central)[-1] == "Installed"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/v2.bin", "http://127.0.0.1:1/v2.bin", None])
async def test_download_that_fails_is_told(central, station, shelf, url):
    shelf.failing = 9
    sim = await station()

    await central.ask(
        *update(central.version, url or shelf.url("v2.bin"), retries=1, retryInterval=0)
    )
    await sim.upkeep.done()

    assert train(central) == ["Downloading", "DownloadFailed"]
    assert versions_booted(central) == ["1.0"]


async def test_firmware_waits_for_its_hour(central, station, shelf, hand):
    sim = await station()

    await central.ask(*update(central.version, shelf.url("v2.0"), start=LATER))
    await asyncio.sleep(0.05)
    before = list(shelf.asked)
    hand.move(hours=1)
    await sim.upkeep.done()

    assert before == []
    assert train(central)[-1] == "Installed"
    assert (train(central)[0] == "DownloadScheduled") == (central.version != "1.6")


async def test_firmware_waits_for_the_car_that_charges(central, station, shelf):
    sim = await station(evses=2)
    await sim.plug_in(1, "alice")

    await central.ask(*update(central.version, shelf.url("v2.0")))
    await sim.until(lambda: sim.evses[2].status == "unavailable")
    other = await sim.plug_in(2, "bob")
    await sim.stop(1)
    await sim.unplug(1)
    await sim.upkeep.done()

    assert other == "out_of_service"
    assert sim.sessions[0].reason == "local"
    assert [place.status for place in sim.evses.values()] == ["available", "available"]


async def test_installation_that_fails_leaves_the_old_firmware(central, station, shelf):
    sim = await station(habits=Habits(install_time=None))

    await central.ask(*update(central.version, shelf.url("v2.0")))
    await sim.upkeep.done()

    assert train(central)[-2:] == ["Installing", "InstallationFailed"]
    assert versions_booted(central) == ["1.0", "1.0"]


@pytest.mark.parametrize("version", TWO_X)
async def test_second_order_cancels_the_first(central, station, shelf, hand, version):
    sim = await station()
    await central.ask(*update(version, shelf.url("v2.0"), start=LATER))

    answer = await central.ask(*update(version, shelf.url("v3.0"), number=6))
    await sim.upkeep.done()

    assert answer["status"] == "AcceptedCanceled"
    assert versions_booted(central)[-1] == "3.0"
    assert shelf.asked == ["/v3.0"]


@pytest.mark.parametrize("version", TWO_X)
async def test_order_cannot_be_cancelled_while_it_is_installed(central, station, shelf, version):
    sim = await station(habits=Habits(install_time=timedelta(minutes=1)))
    await central.ask(*update(version, shelf.url("v2.0")))
    await told(central, "Installing")

    answer = await central.ask(*update(version, shelf.url("v3.0"), number=6))

    assert answer["status"] == "Rejected"
    await sim.close()


async def test_signed_firmware_is_verified(central, station, shelf, maker):
    key, certificate = maker
    signature = b64encode(key.sign(FILE, ec.ECDSA(SHA256()))).decode()
    sim = await station(habits=Habits(manufacturer_roots=certificate.encode()))

    order = update(central.version, shelf.url("v2"), certificate=certificate, signature=signature)
    answer = await central.ask(*order)
    await sim.upkeep.done()

    assert answer["status"] == "Accepted"
    assert train(central) == [
        *("Downloading", "Downloaded", "SignatureVerified"),
        *("Installing", "InstallRebooting", "Installed"),
    ]
    assert len(versions_booted(central)[-1]) == 8  # no version in the name: its hash


async def test_firmware_that_somebody_else_signed_is_not_installed(central, station, shelf, maker):
    signature = b64encode(maker[0].sign(FILE + b"!", ec.ECDSA(SHA256()))).decode()
    sim = await station()

    order = update(central.version, shelf.url("v2"), certificate=maker[1], signature=signature)
    await central.ask(*order)
    await sim.upkeep.done()

    assert train(central) == ["Downloading", "Downloaded", "InvalidSignature"]
    (event,) = central.payloads("SecurityEventNotification")
    assert event["type"] == "InvalidFirmwareSignature"
    assert versions_booted(central) == ["1.0"]


@pytest.mark.parametrize("way", ["no certificate", "out of date", "of another root"])
async def test_order_with_a_bad_certificate_is_refused(central, station, shelf, maker, hand, way):
    certificate = "none at all" if way == "no certificate" else maker[1]
    roots = None
    if way == "out of date":
        hand.move(days=365)
    if way == "of another root":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Another")])
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        builder = x509.CertificateBuilder(name, name, key.public_key(), 8)
        other = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=90))
        roots = other.sign(key, SHA256()).public_bytes(Encoding.PEM)
    sim = await station(habits=Habits(manufacturer_roots=roots))

    order = update(central.version, shelf.url("v2"), certificate=certificate, signature="QQ==")
    answer = await central.ask(*order)
    await sim.upkeep.done()

    assert answer["status"] == "InvalidCertificate"
    (event,) = central.payloads("SecurityEventNotification")
    assert event["type"] == "InvalidFirmwareSigningCertificate"
    assert shelf.asked == []


async def test_log_is_uploaded_with_what_happened_and_no_tokens(central, station, shelf):
    sim = await station()
    await sim.plug_in(1, "alice")
    url = shelf.url("logs/")

    if central.version == "1.6":
        answer = await central.ask("GetDiagnostics", {"location": url})
        name = answer["fileName"]
    else:
        payload = {"requestId": 3, "logType": "DiagnosticsLog", "log": {"remoteLocation": url}}
        answer = await central.ask("GetLog", payload)
        name = answer["filename"]
    await sim.upkeep.done()

    content = shelf.taken[f"/logs/{name}"].decode()
    assert train(central) == ["Uploading", "Uploaded"]
    assert "session begins at EVSE 1" in content
    assert "alice" not in content


async def test_security_log_has_security_events_alone(central, station, shelf, maker):
    sim = await station()
    await central.ask(*update(central.version, shelf.url("v"), certificate="no", signature="no"))
    await sim.upkeep.done()
    log = {"remoteLocation": shelf.url("security.log"), "oldestTimestamp": NOW}
    payload = {"requestId": 3, "logType": "SecurityLog", "log": log}

    await central.ask("GetLog", payload)
    await sim.upkeep.done()

    (line,) = shelf.taken["/security.log"].decode().splitlines()
    assert "InvalidFirmwareSigningCertificate" in line


@pytest.mark.parametrize(
    ("status", "word"),
    [(403, "PermissionDenied"), (400, "BadMessage"), (500, "UploadFailure")],
)
async def test_upload_that_fails_is_told(central, station, shelf, status, word):
    shelf.failing, shelf.status = 9, status
    sim = await station()
    payload = {
        "requestId": 3,
        "logType": "DiagnosticsLog",
        "log": {"remoteLocation": shelf.url("log")},
    }

    await central.ask("GetLog", payload)
    await sim.upkeep.done()

    assert train(central) == ["Uploading", word]
    assert {one["requestId"] for one in central.payloads("LogStatusNotification")} == {3}


async def test_progress_that_nobody_hears_is_told_later(central, station, shelf, hand):
    sim = await station()
    await central.ask(*update(central.version, shelf.url("v2.0"), start=LATER))
    await sim.go_offline()
    hand.move(hours=1)
    await sim.upkeep.done()
    before = train(central)

    await sim.reconnect(boot=True)

    assert [one for one in before if one != "DownloadScheduled"] == []
    assert train(central)[-1] == "Installed"
    assert versions_booted(central)[-1] == "2.0"


async def test_hub_can_ask_how_far_it_is(central, station, shelf):
    sim = await station()

    answer = await central.ask("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
    await sim.settled()

    assert answer["status"] == "Accepted"
    assert train(central) == ["Idle"]


async def test_station_that_lives_comes_back_with_its_new_firmware(central, shelf, monkeypatch):
    """Whoever keeps the line does not get in the way of the restart."""
    monkeypatch.setattr(life, "FIRST_RETRY_S", 0.01)
    sim = StationSim(central.version, "CS01", PASSWORD, central.url)
    one = Life(sim, Pace(reading_s=0.01), lambda _: None)
    living = asyncio.create_task(one.live())
    await asyncio.wait_for(one.is_back.wait(), 5)

    await central.ask(*update(central.version, shelf.url("v2.0")))
    await told(central, "Installed")
    await sim.until(lambda: sim.is_connected)
    await asyncio.sleep(0.05)

    assert versions_booted(central) == ["1.0", "2.0"]
    assert not living.done()
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    await sim.close()
