"""What may be registered, what a status means, and who a station proves to be. Pure.

Coordinates are whole microdegrees, power whole W. Secrets and random choices are passed in.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, TypeAdapter

from chargehub.errors import Conflict, Forbidden, Invalid
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.stations.commands import Call, Command
from chargehub.stations.reports import ChargingState, ConnectorStatus

Availability = Literal["free", "occupied", "booked", "closed", "offline", "faulted"]

MAX_POWER_W = 1_000_000  # the largest plugs of today (MCS) end below 4 MW, cars' below 1 MW
MAX_EVSES = 20
MAX_CONNECTORS = 10
MAX_HOUSEHOLD_TOKENS = 50
MAX_SETTINGS = 2_000  # of one station; the fullest device models seen have some 800 variables
MAX_WAITING_COMMANDS = 100  # of one station, asked by people

# Nothing in it can be taken for something else, on paper or by telephone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"
CAPITALS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# 20 of 54 signs are 115 bits; 1.6 stations take no more than 20 bytes (AuthorizationKey),
# 2.0.1 stations no fewer than 16.
PASSWORD_LENGTH = 20
IDENTITY_PREFIX, IDENTITY_LENGTH = "CH-", 8

# Source: OCPI 2.2.1, section 8.4.5 (ConnectorType), and 2.3.0 for the last two.
CONNECTOR_TYPES = frozenset(
    [
        *("CHADEMO", "CHAOJI", *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO")),
        *("GBT_AC", "GBT_DC", "IEC_60309_2_single_16", "IEC_60309_2_three_16"),
        *("IEC_60309_2_three_32", "IEC_60309_2_three_64", "IEC_62196_T1", "IEC_62196_T1_COMBO"),
        *("IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_62196_T3A", "IEC_62196_T3C", "NEMA_5_20"),
        *("NEMA_6_30", "NEMA_6_50", "NEMA_10_30", "NEMA_10_50", "NEMA_14_30", "NEMA_14_50"),
        *("PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN", "TESLA_R", "TESLA_S"),
        *("MCS", "SAE_J3400"),
    ]
)

# Writing these would lock the station out: the hub would still expect the old password.
_PASSWORD_SETTINGS = frozenset(["authorizationkey", "basicauthpassword"])
_TOKENS = frozenset(["id_token", "idTag", "idToken", "parentIdTag", "group"])
# Of SetNetworkProfile, which operators may send: passwords, and the whole of a private network.
_SECRETS = frozenset(["apnPassword", "basicAuthPassword", "password", "simPin", "vpn"])
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")  # name and password in an address
_WHERE = re.compile(r"\[[^\]]*\]|@[\d:]*|\s")  # instances and EVSEs in the name of a setting

_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])
_IDENTITY = re.compile(r"[A-Za-z0-9._-]{1,48}")
_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class BadPlace(Invalid):
    """Coordinates that are not on the Earth."""

    code = "bad_place"


class UnknownTimeZone(Invalid):
    """No time zone of that name in the tz database."""

    code = "unknown_time_zone"


class BadEquipment(Invalid):
    """EVSEs or connectors that cannot be meant: numbers, power, types."""

    code = "bad_equipment"


class BadIdentity(Invalid):
    """An identity that cannot stand in a station's address."""

    code = "bad_identity"


class IdentityTaken(Conflict):
    """Another station has this identity."""

    code = "identity_taken"


class PasswordSetting(Forbidden):
    """A station's password is not one of its settings."""

    code = "password_setting"


class NoLocalList(Conflict):
    """The station has said that it keeps no list of id tokens."""

    code = "no_local_list"


class ProfileNotOffered(Invalid):
    """A security profile that this hub does not offer."""

    code = "profile_not_offered"


class ProfileLower(Conflict):
    """A security profile below the one that the station has."""

    code = "profile_lower"


class NoCertificate(Conflict):
    """A station without a certificate cannot show one."""

    code = "no_certificate"


class TooMuchWaiting(Conflict):
    """As many commands wait for a station as may."""

    code = "too_much_waiting"


class TooManyTokens(Conflict):
    """An EVSE has as many household tokens as it may."""

    code = "too_many_tokens"


@dataclass(frozen=True, slots=True)
class NewLocation:
    """A place as its owner describes it. `external_ref` is the owner's own name for it."""

    name: str
    address: str
    latitude_e6: int
    longitude_e6: int
    time_zone: str
    external_ref: str | None = None
    access_notes: str = ""
    country: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class NewConnector:
    """A plug or socket. `type` is one of CONNECTOR_TYPES."""

    number: int
    type: str


@dataclass(frozen=True, slots=True)
class NewEvse:
    """Serves one car at a time, with at most `power_w`."""

    number: int
    power_w: int
    connectors: tuple[NewConnector, ...]


@dataclass(frozen=True, slots=True)
class NewStation:
    """A device as its owner describes it.

    `identity` None: the hub makes one. `name` None: it is called by its identity.
    """

    location_id: str
    name: str | None
    evses: tuple[NewEvse, ...]
    external_ref: str | None = None
    identity: str | None = None
    security_profile: int = 1


@dataclass(frozen=True, slots=True)
class Told:
    """What was last told of a connector, an EVSE or a whole station, and when by its clock.

    `status` None: never told. `connection` numbers the line it came by.
    """

    status: ConnectorStatus | None = None
    charging: ChargingState | None = None
    at: datetime | None = None
    error_code: str | None = None
    connection: int = 0


def password_digest(secret: bytes, password: bytes) -> str:
    """What is stored of a station's password: HMAC-SHA-256 under the hub's secret, in hex.

    Station passwords are machine-made, so a slow hash would only slow a reconnect storm.
    """
    assert secret, "the hub's secret is empty"
    return hmac.new(secret, password, hashlib.sha256).hexdigest()


def is_password(secret: bytes, password: bytes, digest: str) -> bool:
    """Does the password belong to the digest? Takes the same time either way."""
    return hmac.compare_digest(password_digest(secret, password), digest)


def check_profile(profile: int, offered: frozenset[int]) -> None:
    """Raises ProfileNotOffered."""
    if profile not in offered:
        known = ", ".join(str(each) for each in sorted(offered))
        raise ProfileNotOffered(f"This hub offers the security profiles {known}, not {profile}.")


def microdegrees(degrees: float | Decimal) -> int:
    """The nearest whole microdegree (about 11 cm)."""
    scaled = Decimal(str(degrees)) * 1_000_000
    return int(scaled.to_integral_value(rounding=ROUND_HALF_UP))


def check_location(wanted: NewLocation) -> None:
    """Raises BadPlace, UnknownTimeZone."""
    if not -90_000_000 <= wanted.latitude_e6 <= 90_000_000:
        raise BadPlace("Latitude lies between -90 and 90 degrees.")
    if not -180_000_000 <= wanted.longitude_e6 <= 180_000_000:
        raise BadPlace("Longitude lies between -180 and 180 degrees.")
    check_time_zone(wanted.time_zone)


def check_time_zone(name: str) -> None:
    """Raises UnknownTimeZone unless the tz database knows the name."""
    try:
        known = _TIME_ZONE.fullmatch(name) is not None and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # not there; not a name; a folder such as "Europe"
        known = False
    if not known or name == "localtime":
        raise UnknownTimeZone(
            f"{name[:60]!r} is no time zone. Name one of the tz database, such as Europe/Oslo."
        )


def check_station(wanted: NewStation) -> None:
    """Raises BadIdentity, BadEquipment."""
    identity = wanted.identity
    if identity is not None and (not _IDENTITY.fullmatch(identity) or not identity.strip(".")):
        raise BadIdentity(
            "An identity has 1 to 48 of the signs A-Z, a-z, 0-9, '.', '_' and '-', not dots alone."
        )
    _check_numbers("EVSEs", [evse.number for evse in wanted.evses], MAX_EVSES)
    for evse in wanted.evses:
        _check_evse(evse)


def _check_evse(evse: NewEvse) -> None:
    if not 1 <= evse.power_w <= MAX_POWER_W:
        raise BadEquipment(
            f"EVSE {evse.number}: power_w is 1 to {MAX_POWER_W} W, not {evse.power_w}."
        )
    numbers = [connector.number for connector in evse.connectors]
    _check_numbers(f"connectors of EVSE {evse.number}", numbers, MAX_CONNECTORS)
    for connector in evse.connectors:
        if connector.type not in CONNECTOR_TYPES:
            raise BadEquipment(
                f"EVSE {evse.number}: {connector.type[:40]!r} is no connector type. "
                "Use OCPI's names, such as IEC_62196_T2 or IEC_62196_T2_COMBO."
            )


def _check_numbers(what: str, numbers: Sequence[int], limit: int) -> None:
    if not 1 <= len(numbers) <= limit:
        raise BadEquipment(f"There must be 1 to {limit} {what}, not {len(numbers)}.")
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        raise BadEquipment(f"The {what} are numbered 1 to {len(numbers)}, each number once.")


def is_news(known: Told, at: datetime, connection: int) -> bool:
    """Does a status of device time `at` replace the known one?

    Within one connection the newer device time wins, at the same time the later arrival. A new
    connection starts afresh: the device's clock may have been set in between.
    """
    return known.at is None or known.connection != connection or at >= known.at


def connector_meant(number: int, known: Sequence[int]) -> int | None:
    """Which of an EVSE's connectors a status is about; None: none that was registered.

    1.6 does not tell connectors apart, and some stations count a single one from 0.
    """
    if number in known:
        return number
    return known[0] if len(known) == 1 else None


OUT_OF_ORDER: tuple[ConnectorStatus, ...] = ("unavailable", "faulted")

_FOLDED: tuple[ConnectorStatus, ...] = (
    "occupied",  # an EVSE serves one car at a time
    "reserved",
    "available",  # one good connector is enough
    "faulted",
    "unavailable",
)


def fold(connectors: Sequence[Told]) -> Told:
    """The status of an EVSE from those of its connectors; never told counts for nothing."""
    told = [one for one in connectors if one.status is not None]
    if not told:
        return Told()
    return min(told, key=lambda one: _FOLDED.index(one.status) if one.status else len(_FOLDED))


def availability(
    status: str, charging: str | None, is_connected: bool, is_open: bool, is_booked: bool
) -> Availability:
    """What a driver finds at an EVSE: its status, its line, its hours and its calendar in one.

    What is known of the device goes before what is only planned.
    """
    if not is_connected:
        return "offline"
    if status == "faulted":
        return "faulted"
    if status == "occupied" or charging in ("charging", "suspended_ev", "suspended_evse"):
        return "occupied"
    if status == "unavailable" or not is_open:
        return "closed"
    if status == "reserved" or is_booked:
        return "booked"
    return "free"


def legible(text: str | None, limit: int) -> str | None:
    """A station's own words, cut to what is stored; None for nothing.

    Vendors send serial numbers longer than the standard allows, and now and then a NUL.
    """
    if text is None:
        return None
    return "".join(sign for sign in text if sign.isprintable()).strip()[:limit] or None


def is_password_setting(name: str) -> bool:
    """Does this setting hold the station's password, in any version's words and any component?"""
    return _WHERE.sub("", name).lower().rpartition(".")[2] in _PASSWORD_SETTINGS


def check_settings_written(names: Iterable[str]) -> None:
    """Raises PasswordSetting for the settings that hold a station's password."""
    for name in names:
        if is_password_setting(name):
            raise PasswordSetting(
                f"{name} holds the station's password. Ask the hub for a new one instead."
            )


def check_call(call: Call) -> None:
    """Raises PasswordSetting for a call that would set a station's password."""
    names = [call.payload.get("key")]
    settings = call.payload.get("setVariableData")
    for one in settings if isinstance(settings, list) else ():
        variable = one.get("variable") if isinstance(one, Mapping) else None
        names.append(variable.get("name") if isinstance(variable, Mapping) else None)
    check_settings_written(name for name in names if isinstance(name, str))


def masked(value: Any) -> Any:
    """JSON without what gives a right: of id tokens the end is left, of addresses no password."""
    if isinstance(value, str):
        return _LOGIN.sub("…@", value)
    if isinstance(value, Mapping):
        return {
            name: f"…{each[-4:]}"
            if name in _TOKENS and isinstance(each, str)
            else "…"
            if name in _SECRETS
            else masked(each)
            for name, each in value.items()
        }
    return [masked(each) for each in value] if isinstance(value, list | tuple) else value


def command_body(command: Command) -> dict[str, Any]:
    """A command as it is stored: its kind and its fields, JSON values only."""
    body: dict[str, Any] = _COMMAND.dump_python(command, mode="json")
    return body


def command_of(body: dict[str, Any]) -> Command:
    """The command that `command_body` gave this body for."""
    return _COMMAND.validate_python(body)
