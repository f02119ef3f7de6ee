"""Which addresses of the internet anybody may reach, and which lead into somebody's own network."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# Source: RFC 6052, section 2.1: an IPv4 address stands in the last 32 bits.
_TRANSLATED = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """True for an address that anybody may reach; an IPv4 address within IPv6 is what it is."""
    known: IPv4Address | IPv6Address = ip_address(address)
    within = _within(known) if isinstance(known, IPv6Address) else None
    return _is_public(known if within is None else within)


def _within(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that this one only carries: mapped, 6to4 or translated."""
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified
    is_within_site = isinstance(address, IPv6Address) and address.is_site_local
    return bool(address.is_global and not is_special and not is_within_site)
