"""What URLs and HOST:PORT name, and whether only this machine reaches it."""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit


def scheme_of(url: str) -> str:
    """In small letters; empty: it is no URL."""
    with suppress(ValueError):
        parts = urlsplit(url)
        return parts.scheme.lower() if parts.hostname else ""
    return ""


def host_of(place: str) -> str:
    """The host of a URL or of HOST:PORT; empty: there is none, or it means every address."""
    with suppress(ValueError):
        host = urlsplit(place if "://" in place else f"//{place}").hostname or ""
        return "" if host in ("0.0.0.0", "::") else host
    return ""


def is_local(place: str) -> bool:
    """Does only this machine reach a URL or HOST:PORT?"""
    host = host_of(place)
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def is_name_of(host: str, name: str) -> bool:
    """Does a certificate's name cover this host? Source: RFC 9525, section 6.3."""
    host, name = host.lower(), name.lower()
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return host == name
