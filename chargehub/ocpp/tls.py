"""TLS towards stations: one context, from files that may be replaced while the hub runs.

Source: OCPP 1.6 security white paper 3, section 2.5, and OCPP 2.0.1 part 2, A00.FR.300 to 429.
"""

import asyncio
import hashlib
import ssl
import stat
from asyncio import sslproto
from pathlib import Path
from typing import Any, Final

import structlog

log = structlog.get_logger(__name__)

# The four suites that the standard asks for (A00.FR.318), the two with fresh keys first, and
# ChaCha20 for processors without AES. TLS 1.3 has its own.
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:AES128-GCM-SHA256:AES256-GCM-SHA384"
READ_BYTES: Final = 4 * 1024  # of a line; asyncio takes 256 KiB for each, whatever comes
LOOKED_EVERY_S: Final = 10.0  # at the files: a certificate is renewed days before its end


class BadFile(ValueError):
    """A certificate or key that cannot be used. The text says why, and nothing of the key."""


def check_private(path: Path) -> None:
    """Raises BadFile unless the file is there and for its owner's eyes alone."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise BadFile(f"{path} holds a private key and others may read it: chmod 600 {path}")


class Tls:
    """The context of the hub's TLS port. `authority`: who signed stations' certificates."""

    def __init__(self, certificate: Path, key: Path, authority: Path | None) -> None:
        """Raises BadFile."""
        self._certificate, self._key = certificate, key
        self._authority = authority
        self._seen = self._changed()
        self.context = self._made()
        if hasattr(sslproto.SSLProtocol, "max_size"):
            sslproto.SSLProtocol.max_size = READ_BYTES

    def refresh(self) -> bool:
        """Take the files again if they changed; whether. Lines that are open stay as they are.

        Raises BadFile, and goes on with what it had: half a renewal must keep nobody out.
        """
        now = self._changed()
        if now == self._seen:
            return False
        self._made()
        self.context.load_cert_chain(self._certificate, self._key)
        self._seen = now
        return True

    async def watch(self) -> None:
        """Look at the files for as long as the hub runs."""
        while True:
            await asyncio.sleep(LOOKED_EVERY_S)
            try:
                if self.refresh():
                    log.info("certificate renewed", file=str(self._certificate))
            except BadFile as error:
                log.error("certificate not renewed", reason=str(error))

    def _made(self) -> ssl.SSLContext:
        check_private(self._key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        context.set_ciphers(CIPHERS)
        try:
            context.load_cert_chain(self._certificate, self._key)
            if self._authority is not None:
                context.load_verify_locations(self._authority)
                context.verify_mode = ssl.CERT_OPTIONAL
                context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        except (OSError, ssl.SSLError) as error:
            reason = getattr(error, "reason", None) or error.strerror
            text = f"{self._certificate} and {self._key} cannot be used: {reason}."
            raise BadFile(text) from None
        return context

    def _changed(self) -> tuple[int, ...]:
        try:
            return tuple(path.stat().st_mtime_ns for path in (self._certificate, self._key))
        except OSError as error:
            raise BadFile(f"{error.filename}: {error.strerror}.") from None


def is_tls(transport: Any) -> bool:
    """Does this connection come by TLS?"""
    return transport.get_extra_info("ssl_object") is not None


def fingerprint_of(transport: Any) -> str | None:
    """SHA-256 of the certificate that the other side proved to hold; None: it showed none."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    shown = None if tls is None else tls.getpeercert(binary_form=True)
    return hashlib.sha256(shown).hexdigest() if shown else None
