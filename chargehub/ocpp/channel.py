"""How somebody who knocks has come: plainly, with TLS, or by a proxy that took the TLS off."""

import hashlib
import re
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import unquote

from websockets.datastructures import Headers, MultipleValuesError

from chargehub.ocpp import tls
from chargehub.settings import Settings, networks

SCHEMES: Final = frozenset({"https", "wss"})
_FINGERPRINT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Channel:
    """`fingerprint`: SHA-256 of the certificate that the station holds; None: it showed none."""

    is_tls: bool
    fingerprint: str | None


class Channels:
    """Knows which proxies may speak for stations. Nobody else's headers are looked at."""

    def __init__(self, settings: Settings) -> None:
        self._proxies = networks(settings.ocpp_proxies)
        self._scheme = settings.ocpp_proxy_scheme_header
        self._certificate = settings.ocpp_proxy_certificate_header

    def of(self, transport: Any, headers: Headers) -> Channel:
        """By the connection itself, or by what a trusted proxy says of the one before it."""
        peer = transport.get_extra_info("peername")
        if not peer or not self.is_proxy(peer[0]):
            return Channel(tls.is_tls(transport), tls.fingerprint_of(transport))
        if _only(headers, self._scheme).lower() not in SCHEMES:
            return Channel(is_tls=False, fingerprint=None)
        return Channel(is_tls=True, fingerprint=_fingerprint(_only(headers, self._certificate)))

    def is_proxy(self, host: str) -> bool:
        """Is this the address of one of them?"""
        if not self._proxies:
            return False
        address = ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._proxies)


def _only(headers: Headers, name: str) -> str:
    """A header's one value. Twice is none: the proxy must replace what a station sent."""
    try:
        return (headers.get(name) or "").strip()
    except MultipleValuesError:
        return ""


def _fingerprint(value: str) -> str | None:
    """Of a SHA-256 in hexadecimal, with colons or not, or a certificate as PEM, URL-encoded."""
    plain = value.replace(":", "").lower()
    if _FINGERPRINT.fullmatch(plain):
        return plain
    try:
        der = ssl.PEM_cert_to_DER_cert(unquote(value))
    except ValueError:
        return None
    return hashlib.sha256(der).hexdigest()
