"""Adopting a station that nobody registered: what its owner says, what it must show. Pure.

Source: OCPP 1.6 security white paper 3, section 2; OCPP 2.0.1 part 2, A00.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from pydantic import TypeAdapter

from chargehub.errors import Conflict, Forbidden
from chargehub.stations.rules import NewStation

# Both standards ask for 16 at least (AuthorizationKey; A00.FR.205).
SHORTEST_PASSWORD: Final = 16
# Random digits, the poorest signs that honest firmware uses, have fewer once in 10,000 passwords.
FEWEST_SIGNS: Final = 5
LONGEST_REPEATED: Final = 8  # "passwordpassword" is a password of 8
SHORTEST_NAME: Final = 4  # of an identity that counts as part of a password and not as chance

_STATION: TypeAdapter[NewStation] = TypeAdapter(NewStation)


class PairingNotOffered(Forbidden):
    """This hub adopts no stations."""

    code = "pairing_not_offered"


class PairingOpen(Conflict):
    """The owner has a pairing window open for this identity."""

    code = "pairing_open"


class PairingOver(Conflict):
    """The station was adopted; there is nothing left to cancel."""

    code = "pairing_over"


class ReferenceTaken(Conflict):
    """The owner has registered another station under this external reference."""

    code = "external_ref_taken"


class TooManyPairings(Conflict):
    """An owner has as many pairing windows open, or opened as many today, as may be."""

    code = "too_many_pairings"


@dataclass(frozen=True, slots=True)
class Windows:
    """What an operator allows: how long a window lasts, how many of one owner are open at once,
    and how many may be opened in 24 hours. `at_once` 0: none at all.
    """

    lasts: timedelta
    at_once: int
    a_day: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a station that nobody registered has shown at the door. Every text is its own word.

    `password` None: none for this identity. `speaks`: it asked for a WebSocket and a version of
    OCPP that the hub knows. `without_password`: the hub lets security profile 0 in.
    """

    identity: str
    password: bytes | None
    is_tls: bool
    speaks: bool
    without_password: bool


def why_not(shown: Shown, profile: int) -> str | None:
    """Why it is not adopted by a window of this security profile, for its owner; None: it is."""
    if not shown.speaks:
        return "It spoke no OCPP that this hub knows. Set it to OCPP 1.6J, 2.0.1 or 2.1."
    if profile >= 2 and not shown.is_tls:
        return "It came without TLS, which this window asks for. Give it the address with wss://."
    if shown.password is not None:
        return _why_weak(shown.password, shown.identity)
    if profile == 0 and shown.without_password:
        return None
    if profile == 0:
        return "It showed no password, and this hub no longer lets stations in without one."
    return f"It showed no password for this identity. Set one of {SHORTEST_PASSWORD} signs or more."


def profile_of(shown: Shown, profile: int) -> int:
    """The security profile it is registered with: who shows a password must show it ever after."""
    return max(profile, 1) if shown.password is not None else profile


def _why_weak(password: bytes, identity: str) -> str | None:
    """Why others could guess it; None: they cannot, as far as can be seen."""
    name, own = identity.encode().lower(), password
    if len(name) >= SHORTEST_NAME and name in password.lower():
        start = password.lower().index(name)
        own = password[:start] + password[start + len(name) :]
    if len(own) < SHORTEST_PASSWORD:
        aside = "" if own is password else ", its identity not counted"
        return f"Its password is shorter than {SHORTEST_PASSWORD} signs{aside}. Set a longer one."
    if _is_regular(own):
        return "Its password is easy to guess: it repeats itself. Set a random one."
    return None


def _is_regular(password: bytes) -> bool:
    """Few signs, a short piece over and over, or a row as on a keyboard's top."""
    pieces = range(1, LONGEST_REPEATED + 1)
    repeats = any(password[size:] == password[:-size] for size in pieces)
    steps = {after - before for before, after in pairwise(password)}
    return len(set(password)) < FEWEST_SIGNS or repeats or len(steps) <= 2


def station_body(wanted: NewStation) -> dict[str, Any]:
    """A station to be, as it is stored: JSON values only."""
    return asdict(wanted)


def station_of(body: dict[str, Any]) -> NewStation:
    """The station that `station_body` gave this body for."""
    return _STATION.validate_python(body)
