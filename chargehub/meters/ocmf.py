"""Signed readings in the Open Charge Metering Format: what a record says, and who signed it. Pure.

What is signed is the text of the payload as it was sent: it is never written anew.

Source: OCMF 1: sections, pagination, readings (table 7), signature (tables 8 and 22).
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from chargehub.meters.publickeys import PublicKey

HEADER = "OCMF"
DEFAULT = "ECDSA-secp256r1-SHA256"
MOST_READINGS = 1_000  # of one record: a reading a minute, most of a day
ENDS = frozenset("ELRAP")
GOOD = "G"
_HASHES: Mapping[str, HashAlgorithm] = {"256": SHA256(), "384": SHA384(), "512": SHA512()}
_METHOD = re.compile(r"ECDSA-(?P<curve>\w+)-SHA-?(?P<hash>256|384|512)", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[,.](\d{1,6}))?([+-]\d\d:?\d\d|Z)?(?: ?([UISR]))?"
)
_PAGE = re.compile(r"([TF])(\d{1,18})")
# Active energy taken: OBIS 1.8, the 98.8 of older records, and OCMF's B0 to B3.
_IMPORT = re.compile(r"[^:]*:0?(1|98|B[0-3])\.0?8\.", re.IGNORECASE)
_IN_WH = {"wh": Decimal(1), "kwh": Decimal(1_000)}
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class NotReadable(ValueError):
    """The packet is no OCMF that can be read. It says why."""


class NotGenuine(ValueError):
    """Another key signed it, or it was changed since. It says which."""


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A register at an instant, as it was signed.

    `reason`: OCMF's letter: B begin, C during, X error, E L R A P the ends, T tariff, S suspended.
    `clock`: S synchronised, I informative, R relative, U unknown. `energy_wh` is exact.
    `errors`: E energy unusable, t time unusable. `status`: G is a meter that works.
    """

    at: datetime
    clock: str
    reason: str
    energy_wh: Decimal
    register: str
    status: str
    errors: str

    @property
    def is_begin(self) -> bool:
        return self.reason == "B"

    @property
    def is_end(self) -> bool:
        return self.reason in ENDS

    @property
    def is_usable(self) -> bool:
        """True if the meter itself vouches for the energy."""
        return self.status == GOOD and "E" not in self.errors


@dataclass(frozen=True, slots=True)
class Record:
    """A record. `payload` is the text that was signed; `readings` are those of energy taken.

    `page`: its number among those of its meter; `is_of_session` False: a fiscal reading. `key`: the
    public key that was sent behind it, which proves nothing by itself, or ''.
    `serial` names what signed: gateway and meter. `user`: the token as it was signed, or ''.
    """

    payload: str
    method: str
    signature: bytes
    page: int
    is_of_session: bool
    serial: str
    user: str
    key: str
    readings: tuple[SignedReading, ...]

    def check(self, key: PublicKey) -> None:
        """See that this key signed the payload. Raises NotGenuine."""
        told = _METHOD.fullmatch(self.method)
        if told is None:
            raise NotGenuine(f"{self.method[:40]} is no method that OCMF has.")
        curve = told["curve"].lower().replace("brainpoolp", "brainpool")
        if curve != key.curve:
            raise NotGenuine(f"It was signed on {curve}, and the key is one of {key.curve}.")
        try:
            algorithm = ec.ECDSA(_HASHES[told["hash"]])
            key.loaded().verify(self.signature, self.payload.encode(), algorithm)
        except (InvalidSignature, ValueError):
            raise NotGenuine("Another key signed it, or it was changed since.") from None


def digest(packet: bytes) -> str:
    """SHA-256 of a packet as it came, in hexadecimal."""
    return hashlib.sha256(packet).hexdigest()


def read(packet: bytes) -> Record:
    """A record from a packet as a station sent it: plain, in hexadecimal or in base64.

    Raises NotReadable.
    """
    sections = text_of(packet).split("|")
    if len(sections) not in (3, 4) or sections[0].strip() != HEADER:
        raise NotReadable("It does not have the three sections of OCMF.")
    payload, signature = _section(sections[1]), _section(sections[2])
    method, signed = _signature(signature)
    page = _PAGE.fullmatch(_text(payload, "PG"))
    if page is None:
        raise NotReadable("Its page has no number.")
    return Record(
        payload=sections[1],
        method=method,
        signature=signed,
        page=int(page[2]),
        is_of_session=page[1] == "T",
        serial=" ".join(filter(None, (_text(payload, "GS"), _text(payload, "MS")))),
        user=_text(payload, "ID"),
        key=sections[3].strip() if len(sections) == 4 else "",
        readings=_readings(payload),
    )


def text_of(packet: bytes) -> str:
    """The record's text, out of the hexadecimal or base64 it may come in. Raises NotReadable."""
    try:
        plain = packet.decode()
        if plain.lstrip().startswith(HEADER):
            return plain.strip()
        joined = "".join(plain.split())
        raw = (
            bytes.fromhex(joined)
            if _HEX.fullmatch(joined)
            else base64.b64decode(joined, None, True)
        )
        plain = raw.decode()
    except (UnicodeDecodeError, binascii.Error, ValueError):
        raise NotReadable("It is not OCMF.") from None
    if not plain.lstrip().startswith(HEADER):
        raise NotReadable("It is not OCMF.")
    return plain.strip()


def _signature(section: Mapping[str, Any]) -> tuple[str, bytes]:
    method, told = _text(section, "SA") or DEFAULT, "".join(_text(section, "SD").split())
    if _text(section, "SM") not in ("", "application/x-der"):
        raise NotReadable("Its signature is in a form that OCMF does not have.")
    encoding = _text(section, "SE").lower() or "hex"
    try:
        if encoding == "base64":
            signed = base64.b64decode(told, validate=True)
        elif encoding == "hex":
            signed = bytes.fromhex(told)
        else:
            raise NotReadable(f"Its signature is encoded as {encoding[:20]}.")
    except (binascii.Error, ValueError) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(f"Its signature is not in {encoding}.") from None
    if not signed:
        raise NotReadable("It is not signed.")
    return method, signed


def _section(text: str) -> dict[str, Any]:
    """A JSON object whose numbers keep their digits, and whose names each come once."""
    try:
        found = json.loads(
            text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_unique
        )
    except NotReadable:
        raise
    except (ValueError, RecursionError):
        raise NotReadable("A section of it is no JSON.") from None
    if not isinstance(found, dict):
        raise NotReadable("A section of it is no JSON object.")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotReadable("A name stands in it twice: two readers could read two things.")
    return found


def _no_number(text: str) -> Any:
    raise NotReadable(f"{text} is no number.")


def _text(section: Mapping[str, Any], name: str) -> str:
    value = section.get(name, "")
    return value if isinstance(value, str) else str(value)


def _readings(payload: Mapping[str, Any]) -> tuple[SignedReading, ...]:
    told = payload.get("RD")
    if not isinstance(told, list) or not 0 < len(told) <= MOST_READINGS:
        raise NotReadable("It has no readings, or too many.")
    found: list[SignedReading] = []
    last: dict[str, Any] = {}
    for one in told:
        if not isinstance(one, dict):
            raise NotReadable("A reading of it is no JSON object.")
        last = {**last, **one}  # what is left out is as before. Source: OCMF, readings.
        if _IMPORT.match(_text(last, "RI") or "1-0:1.8.0"):
            found.append(_reading(last))
    return tuple(found)


def _reading(told: Mapping[str, Any]) -> SignedReading:
    at = _TIME.fullmatch(_text(told, "TM").strip())
    scale = _IN_WH.get(_text(told, "RU").lower())
    value = told.get("RV")
    if (
        at is None
        or scale is None
        or isinstance(value, bool)
        or not isinstance(value, int | Decimal)
    ):
        raise NotReadable("A reading of it lacks its time, its value or its unit.")
    exact = Decimal(value)
    if not -6 <= exact.as_tuple().exponent <= 6 or not 0 <= exact < 10**12:  # type: ignore[operator]
        raise NotReadable("A reading of it is no register of energy.")
    return SignedReading(
        at=_instant(at),
        clock=at[4] or "U",
        reason=_text(told, "TX"),
        energy_wh=exact * scale,
        register=_text(told, "RI"),
        status=_text(told, "ST"),
        errors=_text(told, "EF"),
    )


def _instant(found: re.Match[str]) -> datetime:
    zone = (found[3] or "Z").replace("Z", "+00:00")
    try:
        at = datetime.fromisoformat(f"{found[1]}.{(found[2] or '0'):0<6}{zone}")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotReadable("A reading of it has a time that never was.") from None
