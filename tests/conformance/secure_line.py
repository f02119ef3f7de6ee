"""What the cases on passwords, TLS and certificates ask of every version: the same hub with a TLS
port, the same station, each version's own words.

Sources: OCPP 1.6 security white paper 3, sections 2 and 3; OCPP 2.0.1 part 2, A00 to A05.
"""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chargers.line import RawStation
from tests.pki import Key, client, named, write_server
from tests.secure import LIMIT_S, Device, SecureHub, answer, device, secure_hub

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
SUITES = {  # by the key of the hub's certificate; those of OCPP 2.0.1, A00.FR.318
    "ec": ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    "2048": ["AES128-GCM-SHA256", "AES256-GCM-SHA384"],
}
REFUSED_BY_TLS = (ssl.SSLError, ConnectionError)


class Booted:
    """A station that the hub knows, on a line it has accepted, and its owner."""

    def __init__(self, made: Device, line: RawStation) -> None:
        self.hub, self.made, self.line = made.hub, made, line

    async def asks(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """The owner asks for something of the station."""
        path = f"/stations/{self.made.id}{path}"
        return await self.made.owner.ask(method, path, body, 200 if method == "PUT" else 202)

    async def triggers(self, report: str, action: str, word: str) -> None:
        """The owner asks for a request; the hub passes it on in the version's word."""
        await self.asks("/commands", {"kind": "trigger_report", "report": report})
        asked = await answer(self.line, ACCEPTED)
        assert asked[2:] == [action, {"requestedMessage": word}]

    async def tells(self, action: str, payload: Any) -> Any:
        frame = await self.line.call(action, payload)
        assert frame[0] == 3, frame
        return frame[2]

    async def last_command(self) -> tuple[str, str]:
        """Kind and state of the newest command, after all that followed."""
        await self.hub.settle()
        newest = (await self.made.owner.get(f"/stations/{self.made.id}/commands"))["items"][0]
        return newest["kind"], newest["state"]


@asynccontextmanager
async def booted(
    database: str, folder: Path, version: str, tls: bool = False, **settings: Any
) -> AsyncIterator[Booted]:
    async with secure_hub(database, folder, **settings) as hub:
        made = await device(hub, version)
        line = await made.connect(tls=tls)
        await made.boot(line)
        yield Booted(made, line)
        await line.close()


async def hello(hub: SecureHub, context: ssl.SSLContext) -> ssl.SSLObject:
    """A handshake and a first byte back: TLS 1.3 refuses a client after its own part."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.hub.ocpps_port, ssl=context)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
        async with asyncio.timeout(LIMIT_S):
            if not await reader.read(1):
                raise ConnectionResetError
        found: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return found
    finally:
        writer.close()


async def speaks_modern_tls(made: Device, kind: str) -> None:
    """Every suite that the standard lists for the hub's kind of key; then the station boots."""
    for suite in SUITES[kind]:
        context = client(made.hub.certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        spoken = await hello(made.hub, context)
        cipher = spoken.cipher()
        assert cipher is not None
        assert (cipher[0], spoken.version()) == (suite, "TLSv1.2")
    newest = await hello(made.hub, client(made.hub.certificate))
    assert newest.version() == "TLSv1.3"
    shown = newest.getpeercert(binary_form=True)
    assert shown is not None
    _is_strong(x509.load_der_x509_certificate(shown))
    await made.boot(await made.connect(tls=True))


def _is_strong(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    assert key.key_size >= (224 if isinstance(key, ec.EllipticCurvePublicKey) else 2048)


async def refuses_old_tls(made: Device) -> None:
    """TLS 1.0 and 1.1 get no line; TLS 1.2 does, right after."""
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        old = client(made.hub.certificate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = old.maximum_version = version
        old.set_ciphers("ALL:@SECLEVEL=0")
        try:
            await hello(made.hub, old)
        except REFUSED_BY_TLS:
            continue
        raise AssertionError(version)
    await made.boot(await made.connect(tls=True))


def foreign_certificate(made: Device, folder: Path) -> ssl.SSLContext:
    """What a station shows that somebody else's authority signed."""
    folder.mkdir()
    context = client(made.hub.certificate)
    context.load_cert_chain(*write_server(folder))
    return context


def password_told(version: str, status: str) -> dict[str, Any]:
    """What the station says of a new password."""
    if version == "1.6":
        return {"status": status}
    result = {
        "attributeStatus": status,
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
    }
    return {"setVariableResult": [result]}


async def rotated(station: Booted, status: str) -> str:
    """The owner asks for a new password, the station answers so; the password."""
    await station.asks("/password/rotation")
    asked = await answer(station.line, password_told(station.made.version, status))
    await station.hub.settle()
    if station.made.version == "1.6":
        assert (asked[2], asked[3]["key"]) == ("ChangeConfiguration", "AuthorizationKey")
        return str(asked[3]["value"])
    assert asked[2] == "SetVariables"
    (setting,) = asked[3]["setVariableData"]
    assert setting["component"]["name"] == "SecurityCtrlr"
    assert setting["variable"]["name"] == "BasicAuthPassword"
    return str(setting["attributeValue"])


async def signs(station: Booted, folder: Path, **wanted: Any) -> dict[str, Any]:
    """A request of the station, and what the hub sends it: checked as a station would."""
    made = station.made
    assert await made.sign(station.line, **wanted) == "Accepted"
    told = await made.install(station.line)
    assert await station.last_command() == ("deliver_certificate", "answered")
    _is_issued(told["certificateChain"], folder, made.identity, made.key)
    return told


def _is_issued(chain: str, folder: Path, identity: str, key: Key) -> None:
    certificate = x509.load_pem_x509_certificate(chain.encode())
    root = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    certificate.verify_directly_issued_by(root)
    assert certificate.subject == named(identity, "Acme")
    assert certificate.public_key() == key.public_key()
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)


def usages(chain: str) -> set[str]:
    """What a certificate may be used for: client, server."""
    names = {
        x509.ExtendedKeyUsageOID.CLIENT_AUTH: "client",
        x509.ExtendedKeyUsageOID.SERVER_AUTH: "server",
    }
    made = x509.load_pem_x509_certificate(chain.encode())
    extension = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    return {names[usage] for usage in extension.value}


async def raised(station: Booted, profile: int, slots: str) -> None:
    """The owner asks for a higher profile and the station takes every step. `slots`: those of
    network profiles that a 2.x station must try from then on, the new one first."""
    shown = await station.asks("/security-profile", {"security_profile": profile}, "PUT")
    assert shown["next_security_profile"] == profile
    if station.made.version == "1.6":
        asked = await answer(station.line, ACCEPTED)
        wanted = {"key": "SecurityProfile", "value": str(profile)}
        assert asked[2:] == ["ChangeConfiguration", wanted]
    else:
        await _network_raised(station, profile, slots)
    await station.hub.settle()


async def _network_raised(station: Booted, profile: int, slots: str) -> None:
    asked = await answer(station.line, ACCEPTED)
    network = asked[3]["connectionData"]
    assert asked[2] == "SetNetworkProfile"
    assert asked[3]["configurationSlot"] == int(slots[0])
    assert network["securityProfile"] == profile
    assert network["ocppCsmsUrl"].startswith("wss://")
    about = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
    }
    written = {"setVariableResult": [{"attributeStatus": "Accepted", **about}]}
    asked = await answer(station.line, written)
    wanted = {"setVariableData": [{"attributeValue": slots, **about}]}
    assert asked[2:] == ["SetVariables", wanted]
    assert (await answer(station.line, ACCEPTED))[2:] == ["Reset", {"type": "OnIdle"}]


async def with_certificate(station: Booted, folder: Path, slots: str = "2,1") -> None:
    """The station has a certificate and is at profile 3; its line of before is closed."""
    await signs(station, folder)
    await raised(station, 3, slots)
    await station.line.close()
    assert await station.made.refused(password=None) == 101
    await station.hub.until(lambda: station.made.has_profile(3))


async def refuses_other_certificates(station: Booted, folder: Path) -> None:
    """Neither another station's, nor one of another authority, nor none; its own is kept."""
    made = station.made
    own = made.chain, made.key
    async with _another(station, folder) as other:
        made.chain, made.key = other.chain, other.key
    assert await made.refused(password=None) == 403
    made.chain = ""
    assert await made.refused() == 403
    foreign = foreign_certificate(made, folder / "foreign")
    with pytest.raises(REFUSED_BY_TLS):
        await hello(made.hub, foreign)
    made.chain, made.key = own


@asynccontextmanager
async def _another(station: Booted, folder: Path) -> AsyncIterator[Device]:
    """Another station of the same owner that has a certificate of its own."""
    made = await device(station.hub, station.made.version, station.made.owner)
    line = await made.connect(tls=False)
    await made.boot(line)
    await signs(Booted(made, line), folder)
    yield made
    await line.close()
