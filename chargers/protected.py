"""A station's protection from files and switches: what the command line gives."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from chargers.protection import PROFILES, WITH_TLS, BadProtection, Protection


def read(
    hub: str,
    profile: int,
    ca: Path | None = None,
    own: tuple[Path, Path] | None = None,
    organization: str = "",
) -> Protection:
    """What one station is given, or each of a fleet. `own`: certificate and key, PEM.

    Raises BadProtection, OSError.
    """
    if profile not in PROFILES:
        raise BadProtection(f"the profile is one of {', '.join(map(str, PROFILES))}")
    if profile >= WITH_TLS and not hub.startswith("wss://"):
        raise BadProtection(f"profile {profile} needs TLS: give the hub's wss:// address")
    try:
        return Protection(
            profile=profile,
            ca="" if ca is None else ca.read_text(),
            organization=organization,
            certificate="" if own is None else own[0].read_text(),
            key=b"" if own is None else own[1].read_bytes(),
        )
    except UnicodeDecodeError as error:
        raise BadProtection(f"a certificate is PEM, which is text: {error}") from None


def of_station(protection: Protection, keys: Path | None, identity: str) -> Protection:
    """What this station is given: in `keys` it has a folder that is called as it is."""
    if keys is None:
        return protection
    return replace(protection, folder=keys / quote(identity, safe=""))
