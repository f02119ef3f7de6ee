"""The local authority: what it signs and what not, over real lines of every version."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chargehub.ocpp.authority import Terms, Unsigned, create, load
from chargehub.stations.reports import CertificateRequested
from tests.conformance.bench import VERSIONS
from tests.pki import Key, named, new_key, request
from tests.secure import Device, answer, device, secure_hub, signed
from tests.stations.samples import ON_SQLITE

pytestmark = ON_SQLITE
ON_EVERY = pytest.mark.parametrize("version", VERSIONS)


def forged(identity: str) -> str:
    """A request whose signature is another's."""
    good = request(new_key(), identity, "Acme")
    body = x509.load_pem_x509_csr(good.encode()).public_bytes(serialization.Encoding.DER)
    broken = body[:-4] + bytes([body[-4] ^ 1]) + body[-3:]
    try:
        made = x509.load_der_x509_csr(broken)
    except ValueError:
        return good.replace("A", "B")
    return made.public_bytes(serialization.Encoding.PEM).decode()


def weak_curve(identity: str) -> str:
    key = ec.generate_private_key(ec.SECP192R1())
    return request(key, identity, "Acme")


BAD = {
    "another's name": lambda identity: request(new_key(), "CH-OTHER", "Acme"),
    "no organization": lambda identity: request(new_key(), identity),
    "another organization": lambda identity: request(new_key(), identity, "Umbrella"),
    "a short key": lambda identity: request(new_key("1024"), identity, "Acme"),
    "a weak curve": weak_curve,
    "a forged signature": forged,
    "nonsense": lambda identity: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END",
    "no text of PEM": lambda identity: "ä\u2028 no request",
}


@ON_EVERY
async def test_a_station_gets_the_certificate_it_asks_for(
    database: str, tmp_path: Path, version: str
) -> None:
    """Cases TC_074 and TC_A_11."""
    async with secure_hub(database, tmp_path, ca_organization="Acme") as hub:
        made = await device(hub, version)
        line = await made.connect(tls=False)
        await made.boot(line)

        assert await made.sign(line) == "Accepted"
        told = await made.install(line)
        await hub.settle()

        certificate = x509.load_pem_x509_certificate(told["certificateChain"].encode())
        (known,) = await made.certificates()
        assert certificate.subject == named(made.identity, "Acme")
        assert known["fingerprint"] == certificate.fingerprint(hashes.SHA256()).hex()
        assert known["serial_number"] == f"{certificate.serial_number:x}"
        assert certificate.public_key() == made.key.public_key()
        assert "certificateType" not in told  # as it was asked for
        root = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
        certificate.verify_directly_issued_by(root)
        (command,) = (await made.owner.get(f"/stations/{made.id}/commands"))["items"]
        assert (command["kind"], command["state"]) == ("deliver_certificate", "answered")
        await line.close()


async def test_what_must_not_be_signed_is_refused_with_the_reason_in_the_notes(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path, ca_organization="Acme") as hub:
        made = await device(hub, "2.0.1")
        line = await made.connect(tls=False)
        await made.boot(line)

        for bad in BAD.values():
            assert await made.sign(line, csr=bad(made.identity)) == "Rejected"
        vehicle = await made.sign(line, certificateType="V2GCertificate")

        assert vehicle == "Rejected"
        notes = (await made.owner.get(f"/stations/{made.id}/notes?topic=certificate"))["items"]
        assert {note["content"]["status"] for note in notes} == {"refused"}
        assert len({note["content"]["reason"] for note in notes}) >= 5
        assert await made.certificates() == []
        await line.close()


async def test_a_hub_without_authority_signs_nothing(database: str, tmp_path: Path) -> None:
    nowhere = {"ca_certificate_file": tmp_path / "no.pem", "ca_key_file": tmp_path / "no.key"}
    async with secure_hub(database, tmp_path, **nowhere) as hub:
        made = await device(hub)
        line = await made.connect(tls=True)
        await made.boot(line)

        assert await made.sign(line) == "Rejected"
        await line.close()


async def test_one_station_cannot_have_any_number_of_certificates_signed(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub)
        line = await made.connect(tls=False)
        await made.boot(line)

        told = []
        for _ in range(12):
            told.append(await made.sign(line))
            if told[-1] == "Accepted":
                await made.install(line)

        assert told == ["Accepted"] * 10 + ["Rejected"] * 2
        hub.clock.advance(timedelta(days=1, seconds=1))
        assert await made.sign(line) == "Accepted"
        await line.close()


@ON_EVERY
async def test_an_owner_has_the_certificate_renewed(
    database: str, tmp_path: Path, version: str
) -> None:
    """Cases TC_074 and TC_A_11, from the hub's side."""
    async with secure_hub(database, tmp_path) as hub:
        made = await device(hub, version)
        line = await made.connect(tls=False)
        await made.boot(line)
        wish = {"kind": "trigger_report", "report": "certificate"}

        await made.owner.post(f"/stations/{made.id}/commands", wish, 202)
        asked = await answer(line, {"status": "Accepted"})

        if version == "1.6":
            assert asked[2:] == [
                "ExtendedTriggerMessage",
                {"requestedMessage": "SignChargePointCertificate"},
            ]
        else:
            assert asked[2:] == [
                "TriggerMessage",
                {"requestedMessage": "SignChargingStationCertificate"},
            ]
        await line.close()


async def test_a_certificate_that_the_station_refuses_leaves_the_old_one(
    database: str, tmp_path: Path
) -> None:
    """Cases TC_077 and TC_A_14."""
    async with secure_hub(database, tmp_path) as hub:
        made = await signed(hub)
        old = made.key
        line = await made.connect(password=None)

        assert await made.sign(line) == "Accepted"
        await answer(line, {"status": "Rejected"})
        event = {"type": "InvalidChargePointCertificate", "timestamp": "2026-03-02T08:00:00Z"}
        told = await line.call("SecurityEventNotification", event)
        made.key = old

        assert told[0] == 3
        assert await made.refused(password=None) == 101


async def test_a_station_is_asked_once_for_a_new_request_before_the_end(
    database: str, tmp_path: Path
) -> None:
    async with secure_hub(database, tmp_path, ca_station_days=90, login_days=400) as hub:
        made = await signed(hub)
        other = await device(hub, owner=made.owner)  # has a certificate and does not need it
        line = await other.connect(tls=False)
        await other.boot(line)
        await other.sign(line)
        await other.install(line)

        await hub.advance(days=59)
        early = await triggers(made)
        await hub.advance(days=2)
        await hub.advance(days=1)

        assert early == 0
        assert await triggers(made) == 1
        assert await triggers(other) == 0
        line = await made.connect(password=None)
        await answer(line, {"status": "Accepted"})
        assert await made.sign(line) == "Accepted"
        await made.install(line)
        await hub.advance(days=20)
        assert await triggers(made) == 1


async def triggers(made: Device) -> int:
    """How often the hub asked for a request."""
    items = (await made.owner.get(f"/stations/{made.id}/commands"))["items"]
    return sum(each["kind"] == "trigger_report" for each in items)


def test_a_certificate_never_outlives_its_authority(tmp_path: Path, database: str) -> None:
    now = datetime.now(UTC)
    create(tmp_path / "ca.pem", tmp_path / "ca.key", "Test", now)
    signing = load(tmp_path / "ca.pem", tmp_path / "ca.key", Terms("", 10**5))
    assert signing is not None

    made = signing.sign(asked(new_key("2048")), "CH-1", now)

    root = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert made.valid_until == root.not_valid_after_utc
    with pytest.raises(Unsigned):
        signing.sign(asked(new_key()), "CH-1", root.not_valid_after_utc)


def asked(key: Key) -> CertificateRequested:
    return CertificateRequested(request(key, "CH-1"))
