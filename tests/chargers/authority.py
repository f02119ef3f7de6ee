"""An authority of a few lines that signs what a station asks for, well or badly."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.pki import Key, named, new_key

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class Authority:
    """A root of its own, valid from a day before `now` on."""

    def __init__(self, now: datetime = NOW, name: str = "An authority") -> None:
        self.now, self.key = now, new_key()
        usual = x509.BasicConstraints(ca=True, path_length=None)
        made = self._built(named(name), named(name), self.key.public_key(), 3_650)
        self.root = made.add_extension(usual, critical=True).sign(self.key, hashes.SHA256())

    def sign(self, csr: str, days: int = 365, usage: Any = CLIENT, key: Key | None = None) -> str:
        """The station's certificate and the root above it. `key`: another than the asked one."""
        asked = x509.load_pem_x509_csr(csr.encode())
        public = asked.public_key() if key is None else key.public_key()
        built = self._built(asked.subject, self.root.subject, public, days)
        built = built.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return pem(built.sign(self.key, hashes.SHA256())) + pem(self.root)

    def _built(self, subject: Any, issuer: Any, public: Any, days: int) -> Any:
        return x509.CertificateBuilder(
            issuer,
            subject,
            public,
            x509.random_serial_number(),
            self.now - timedelta(days=1),
            self.now + timedelta(days=days),
        )


def subject_of(csr: str) -> dict[str, str]:
    """Common name and organization of a request that is signed with its own key."""
    asked = x509.load_pem_x509_csr(csr.encode())
    assert asked.is_signature_valid
    names = {NameOID.COMMON_NAME: "name", NameOID.ORGANIZATION_NAME: "organization"}
    return {names[one.oid]: str(one.value) for one in asked.subject}
