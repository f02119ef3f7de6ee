"""Codes at EVSEs, scanned by who would pay there: on a sticker, or changing on a display. Pure.

A code is an EVSE's id, for a changing one the number of its turn, and a signature of the hub's
over both. So nobody can make one up, and a sticker over the right one cannot lead to this hub's
pages under another name.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chargehub.errors import Conflict, NotFound

_PURPOSE = b"code at an EVSE:"
_SIGNED, _TURN, _ID = 8, 4, 16  # bytes; 64 bits of signature: nobody guesses online
_START = datetime(1970, 1, 1, tzinfo=UTC)


class PayCodeUnknown(NotFound):
    """The hub has signed no such code: it was mistyped, or made by somebody else."""

    code = "pay_code_unknown"

    def __init__(self) -> None:
        super().__init__(
            "This hub has made no such code. Do not pay by it: somebody may have put a sticker"
            " over the right one. Type the address that is printed at the station, or ask its"
            " owner."
        )


class PayCodeOver(Conflict):
    """A changing code whose time is over."""

    code = "pay_code_over"

    def __init__(self) -> None:
        super().__init__("This code has changed meanwhile. Scan the one that is shown now.")


class PayCodeChanges(Conflict):
    """The owner takes only who scans what is shown at the EVSE now."""

    code = "pay_code_changes"

    def __init__(self) -> None:
        super().__init__(
            "Here only the code counts that is shown at the station now, not a sticker or a link."
            " Scan that one, and send it as `code`."
        )


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a code of this hub says. `turn` None: it is that of the sticker."""

    evse_id: str
    turn: int | None


def sticker_code(secret: bytes, evse_id: str) -> str:
    """The code that never changes as long as the hub keeps its secret: 32 signs."""
    return _signed(secret, UUID(evse_id).bytes)


def changing_code(secret: bytes, evse_id: str, turn: int) -> str:
    """The code of one turn: 38 signs."""
    return _signed(secret, UUID(evse_id).bytes + turn.to_bytes(_TURN, "big"))


def read_code(secret: bytes, code: str) -> Scanned | None:
    """What a code says, if this hub has signed it."""
    try:
        content = base64.urlsafe_b64decode(code.encode("ascii") + b"=" * (-len(code) % 4))
    except (binascii.Error, ValueError):
        return None
    told = content[:-_SIGNED]
    if len(told) not in (_ID, _ID + _TURN):
        return None
    if not hmac.compare_digest(_signed(secret, told), code):  # the same text, sign for sign
        return None
    turn = int.from_bytes(told[_ID:], "big") if len(told) > _ID else None
    return Scanned(str(UUID(bytes=told[:_ID])), turn)


def turn_at(now: datetime, lasts: timedelta) -> int:
    """The turn of this moment; codes change with it."""
    return (now - _START) // lasts


def shown_until(turn: int, lasts: timedelta) -> datetime:
    """When the code of this turn is followed by the next; it counts for one turn more."""
    return _START + (turn + 1) * lasts


def counts(turn: int, now: datetime, lasts: timedelta) -> bool:
    """A code counts in its turn and in the next, so that who has scanned it can read and pay."""
    return turn in (turn_at(now, lasts) - 1, turn_at(now, lasts))


def pay_url(base: str, code: str) -> str:
    """The text of the QR code."""
    return f"{base.rstrip('/')}/charge/{code}"


def _signed(secret: bytes, told: bytes) -> str:
    assert secret, "the hub's secret is empty"
    signature = hmac.new(secret, _PURPOSE + told, hashlib.sha256).digest()[:_SIGNED]
    return base64.urlsafe_b64encode(told + signature).rstrip(b"=").decode()
