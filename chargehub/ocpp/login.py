"""Who knocks: a station's identity and password out of an HTTP request. Pure.

Source: OCPP 1.6 security white paper 3, section 2.2; OCPP 2.0.1 part 4, section 3; RFC 7617.
"""

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from chargehub.stations.rules import is_password

ROOT: Final = "/ocpp/"
LONGEST_IDENTITY: Final = 48  # OCPP's identifierString


def identity_of(path: str) -> str | None:
    """The identity in a request's path, percent-decoded; None if the path is not a station's."""
    plain = path.partition("?")[0]
    if not plain.startswith(ROOT):
        return None
    try:
        identity = unquote(plain.removeprefix(ROOT), errors="strict")
    except UnicodeDecodeError:
        return None
    is_sound = 0 < len(identity) <= LONGEST_IDENTITY and identity.isprintable()
    return identity if is_sound else None


def password_of(authorization: str | None, identity: str) -> bytes | None:
    """The password in a Basic header, as bytes: 1.6 allows any. None unless the user is the one.

    An identity may hold a colon, which RFC 7617 forbids in a user: so it is compared, not split.
    """
    scheme, _, credentials = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True)
    except ValueError:  # no base64; or no ASCII, which the module has another error for
        return None
    user = f"{identity}:".encode()
    return decoded.removeprefix(user) if decoded.startswith(user) else None


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody who knocks has shown. `without_password`: the hub lets profile 0 in."""

    is_tls: bool
    is_password: bool
    is_certificate: bool
    without_password: bool


def proves(proof: Proof, profile: int) -> bool:
    """Is it enough for this security profile? A higher transport does no harm."""
    enough = {
        0: proof.without_password or proof.is_password,
        1: proof.is_password,
        2: proof.is_tls and proof.is_password,
        3: proof.is_tls and proof.is_certificate,
    }
    return enough[profile]


def may_enter(secret: bytes, password: bytes | None, digest: str) -> bool:
    """Does the password open the station's door? Takes the same time whatever the answer.

    A 1.6 station that was given its AuthorizationKey in hexadecimal sends the bytes behind it.
    """
    given = password or b""
    shapes = (given, given.hex().encode(), given.hex().upper().encode())
    matches = [is_password(secret, shape, digest) for shape in shapes]
    return any(matches) and password is not None
