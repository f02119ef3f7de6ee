"""Contracts of vehicles for tests: a root, who issues below it, a responder and a service.

The two servers listen on loopback alone and answer as real ones do; nothing of the hub is in them.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from tests.pki import Key, named, new_key

DAY = timedelta(days=1)
CERTIFICATE_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Issuer:
    """Who signs certificates; `issuer` None: it is a root."""

    certificate: x509.Certificate
    key: Key
    now: datetime

    @classmethod
    def root(cls, name: str, now: datetime, responder: str = "", kind: str = "ec") -> Self:
        key = new_key(kind)
        return cls(_made(name, key, None, now, responder, is_issuer=True), key, now)

    def issuer(self, name: str, responder: str = "", path_length: int = 0) -> "Issuer":
        """Somebody who may issue below this one."""
        key = new_key()
        made = _made(name, key, self, self.now, responder, is_issuer=True, path_length=path_length)
        return Issuer(made, key, self.now)

    def holder(
        self, name: str, responder: str = "", days: int = 30, signs_answers: bool = False
    ) -> "Issuer":
        """Somebody who holds a certificate and may issue none; with its key, to misuse it."""
        key = new_key()
        made = _made(name, key, self, self.now, responder, days=days, signs_answers=signs_answers)
        return Issuer(made, key, self.now)


def _made(
    name: str,
    key: Key,
    issuer: Issuer | None,
    now: datetime,
    responder: str = "",
    *,
    is_issuer: bool = False,
    path_length: int | None = None,
    days: int = 30,
    signs_answers: bool = False,
) -> x509.Certificate:
    above = issuer.certificate.subject if issuer else named(name)
    builder = (
        x509.CertificateBuilder(above, named(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - 60 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(is_issuer, path_length if is_issuer else None), True)
    )
    if is_issuer:
        builder = builder.add_extension(CERTIFICATE_SIGNING, critical=True)
    if responder:
        place = x509.UniformResourceIdentifier(responder)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), False)
    if signs_answers:
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        builder = builder.add_extension(uses, critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def pem(*certificates: x509.Certificate) -> str:
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)


def hash_data(one: x509.Certificate, issuer: x509.Certificate, url: str) -> dict[str, str]:
    """A certificate as stations name it, worked out by the library's own request."""
    request = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, hashes.SHA256()).build()
    return {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": request.issuer_name_hash.hex(),
        "issuerKeyHash": request.issuer_key_hash.hex(),
        "serialNumber": f"{request.serial_number:x}",
        "responderURL": url,
    }


@dataclass
class Answers:
    """How a responder answers: signed by the issuer that is asked about, else by the first."""

    signers: tuple[Issuer, ...]
    now: datetime
    revoked: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    lasts: timedelta | None = DAY
    age: timedelta = timedelta(hours=1)
    shows: tuple[x509.Certificate, ...] = ()

    def answer(self, request: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(request)
        is_revoked = asked.serial_number in self.revoked
        status = ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD
        if asked.serial_number in self.unknown:
            status = ocsp.OCSPCertStatus.UNKNOWN
        told_at, signer = self.now - self.age, self._signer(asked)
        built = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=asked.issuer_name_hash,
                issuer_key_hash=asked.issuer_key_hash,
                serial_number=asked.serial_number,
                algorithm=asked.hash_algorithm,
                cert_status=status,
                this_update=told_at,
                next_update=None if self.lasts is None else told_at + self.lasts,
                revocation_time=told_at if is_revoked else None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
            .certificates([signer.certificate, *self.shows])
            .sign(signer.key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.DER)

    def _signer(self, asked: ocsp.OCSPRequest) -> Issuer:
        found = (each for each in self.signers if key_hash(each) == asked.issuer_key_hash)
        return next(found, self.signers[0])


def key_hash(issuer: Issuer) -> bytes:
    own = issuer.certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(own, own, hashes.SHA256()).build()
    return request.issuer_key_hash


class Server:
    """What it was asked, and how it answers: bytes, or the status of a failure."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: Answers | None = None
        self.says: Any = None
        self.status = 200
        self.url = ""

    def reply(self, content: bytes) -> bytes:
        if self.answers is not None:
            return self.answers.answer(content)
        return self.says if isinstance(self.says, bytes) else json.dumps(self.says).encode()


@contextmanager
def listening() -> Iterator[Server]:
    """A server of HTTP on a free port of loopback."""
    server = Server()

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            server.asked.append((self.path, dict(self.headers.items()), content))
            reply = server.reply(content)
            self.send_response(server.status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: tests look at what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}/ask"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
