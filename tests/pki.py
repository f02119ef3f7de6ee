"""Keys, requests and certificates for tests: what a station's firmware and an operator make."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key(kind: str = "ec") -> Key:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind))


def named(common_name: str, organization: str | None = None) -> x509.Name:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization is not None:
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(names)


def request(key: Key, identity: str, organization: str | None = None) -> str:
    """A request to sign a certificate, PEM."""
    subject = named(identity, organization)
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def write_key(path: Path, key: Key, mode: int = 0o600) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(mode)


def write_server(folder: Path, kind: str = "ec") -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    certificate, key_file, key = folder / "tls.pem", folder / "tls.key", new_key(kind)
    now, name = datetime.now(UTC), named("hub.test")
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    write_key(key_file, key)
    return certificate, key_file


def client(hub: Path, chain: str = "", key: Key | None = None) -> ssl.SSLContext:
    """What a station connects with: it trusts the hub's certificate, and may show its own."""
    context = ssl.create_default_context(cafile=str(hub))
    if key is not None:
        own_chain, own_key = hub.with_name("station.pem"), hub.with_name("station.key")
        own_chain.write_text(chain)
        write_key(own_key, key)
        context.load_cert_chain(own_chain, own_key)
    return context
