"""What a simulated station keeps of keys and certificates, and the TLS it makes of them.

In a folder if it has one, so that it comes back with them; files with keys have mode 0600.
"""

import os
import ssl
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from cryptography import x509

from chargers import keys
from chargers.keys import BadCertificate, CertificateName, Key, Own

Use = Literal["hub", "manufacturer", "v2g", "mobility_operator"]
USES: Final[tuple[Use, ...]] = ("hub", "manufacturer", "v2g", "mobility_operator")
MOST_OF_A_USE: Final = 10  # a real station has little room
CHAIN, KEY = "station.pem", "station.key"


class Vault:
    """`roots`: whom it trusts, by what for. `own`: what it shows, the newest first, the older
    ones until a hub has taken the newer. `trusts_system`: without a hub's root, the system's do.
    """

    def __init__(self, folder: Path | None = None, *, trusts_system: bool = True) -> None:
        """Raises BadCertificate where the folder holds what is none, OSError."""
        self.roots: dict[Use, list[x509.Certificate]] = {use: [] for use in USES}
        self.own: list[Own] = []
        self.asked: Key | None = None
        self._trusts_system = trusts_system
        self._folder = folder
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._load(folder)

    @property
    def knows_hubs(self) -> bool:
        """Can it tell its hub from another?"""
        return bool(self.roots["hub"]) or self._trusts_system

    def trust(self, use: Use, pem: str) -> None:
        """Take roots that somebody put into the station by hand. Raises BadCertificate."""
        known = self.roots[use]
        known.extend(one for one in keys.read_certificates(pem) if one not in known)

    def install(self, use: Use, pem: str, now: datetime) -> Literal["accepted", "failed"]:
        """Take a root that the hub sends. Raises BadCertificate."""
        root = keys.check_root(pem, now)
        if root in self.roots[use]:
            return "accepted"
        if len(self.roots[use]) >= MOST_OF_A_USE:
            return "failed"
        self.roots[use].append(root)
        self._save()
        return "accepted"

    def installed(self) -> Iterator[tuple[Use, x509.Certificate]]:
        """Every root and what for."""
        for use, roots in self.roots.items():
            yield from ((use, root) for root in roots)

    def delete(
        self, wanted: CertificateName, needs_hub: bool
    ) -> Literal["accepted", "failed", "not_found"]:
        """Trust a root no more. `needs_hub`: the last root of hubs stays, or no hub gets through.

        What the station shows itself is not deleted. Source: OCPP 2.0.1 part 2, M04.
        """
        if any(_has_number(one, wanted) for own in self.own for one in own.chain):
            return "failed"
        for use, root in self.installed():
            if is_named(root, wanted):
                if use == "hub" and needs_hub and len(self.roots[use]) == 1:
                    return "failed"
                self.roots[use].remove(root)
                self._save()
                return "accepted"
        return "not_found"

    def take(self, pem: str, identity: str, now: datetime) -> None:
        """Take what was signed for the key that was asked for. Raises BadCertificate."""
        if self.asked is None:
            raise BadCertificate("nothing was asked for")
        own = Own(self.asked, keys.read_certificates(pem))
        keys.check_own(own, identity, now)
        self.asked = None
        self.own.insert(0, own)
        self._save()

    def proven(self, own: Own) -> None:
        """A hub has taken this one: the others are of no use."""
        self.own = [own]
        self._save()

    def context(self, own: Own | None) -> ssl.SSLContext:
        """TLS towards a hub that it trusts, showing this."""
        if self.roots["hub"]:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(cadata=keys.pem_of(*self.roots["hub"]))
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        elif self._trusts_system:
            context = _system_context() if own is None else ssl.create_default_context()
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it trusts nobody
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if own is not None:
            with TemporaryDirectory() as passing:  # the ssl module reads keys from files alone
                _write_own(Path(passing), own)
                context.load_cert_chain(Path(passing) / CHAIN, Path(passing) / KEY)
        return context

    def _load(self, folder: Path) -> None:
        for use in USES:
            file = folder / f"{use}-roots.pem"
            if file.exists() and (text := file.read_text()):
                self.trust(use, text)
        if (folder / CHAIN).exists():
            key = keys.read_key((folder / KEY).read_bytes())
            self.own = [Own(key, keys.read_certificates((folder / CHAIN).read_text()))]

    def _save(self) -> None:
        if self._folder is None:
            return
        for use, roots in self.roots.items():
            _write(self._folder / f"{use}-roots.pem", keys.pem_of(*roots).encode())
        if self.own:
            _write_own(self._folder, self.own[0])


@cache
def _system_context() -> ssl.SSLContext:
    """Shared by all stations: to read the system's roots takes as long as ten handshakes."""
    return ssl.create_default_context()


def is_named(certificate: x509.Certificate, wanted: CertificateName) -> bool:
    """Is this the certificate that is meant, of those that sign themselves?"""
    if not _has_number(certificate, wanted):
        return False
    found = keys.name_of(certificate, certificate, wanted.algorithm)
    return (found.issuer_name, found.issuer_key) == (
        wanted.issuer_name.lower(),
        wanted.issuer_key.lower(),
    )


def _has_number(certificate: x509.Certificate, wanted: CertificateName) -> bool:
    return f"{certificate.serial_number:x}" == wanted.serial_number.lower().lstrip("0")


def _write_own(folder: Path, own: Own) -> None:
    _write(folder / KEY, keys.pem_of_key(own.key))
    _write(folder / CHAIN, keys.pem_of(*own.chain).encode())


def _write(path: Path, content: bytes) -> None:
    """All or nothing: a station that loses its power half way has the old file."""
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
