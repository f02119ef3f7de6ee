"""Codes that let somebody start a session in a booked slot: how they look, and what opens. Pure.

A code is derived, not stored: from the hub's secret, the booking, its EVSE and a number that
grows with every use. So it counts for one EVSE and one slot, and once.
Source: design page of the market, section 3, item 10.
"""

import hashlib
import hmac

from chargehub.errors import Conflict, Forbidden

ALPHABET = "23456789ACDEFGHJKMNPQRTVWXYZ"  # nothing that looks or sounds like another
LENGTH = 8  # 28 ** 8 codes: a thousand guesses a second find one in six years
_HALF = LENGTH // 2
_PURPOSE = b"access code of a booking"


class WrongCode(Forbidden):
    """The code does not open this EVSE now. Nobody is told why: that would help who guesses."""

    code = "wrong_access_code"

    def __init__(self) -> None:
        super().__init__(
            "This code does not start this EVSE now. It counts at one EVSE, from ten minutes"
            " before the slot at the earliest, and once. Ask who booked for the present one."
        )


class NoCode(Conflict):
    """The booking gives no right to start now or later: not confirmed, in use or over."""

    code = "no_access_code"

    def __init__(
        self, detail: str = "Only a confirmed booking that is not used yet has a code."
    ) -> None:
        super().__init__(detail)


class NotYours(Forbidden):
    """Who did not book is not given the code: neither the owner nor an operator."""

    code = "access_code_of_another"

    def __init__(self) -> None:
        super().__init__("Only the driver who booked is given the code.")


def access_code(secret: bytes, booking_id: str, evse_id: str, turn: int) -> str:
    """The code of a booking at its EVSE: 8 signs. `turn`: how many of its codes are void."""
    assert secret, "the hub's secret is empty"
    assert turn >= 0, turn
    message = f"{booking_id}:{evse_id}:{turn}".encode()
    number = int.from_bytes(hmac.new(secret, _PURPOSE + b":" + message, hashlib.sha256).digest())
    signs = []
    for _ in range(LENGTH):
        number, sign = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[sign])
    return "".join(signs)


def is_code(given: str, code: str) -> bool:
    """Whether somebody typed this code, in small letters, with spaces or hyphens as it may be."""
    plain = "".join(sign for sign in given.upper() if sign not in " -")
    return hmac.compare_digest(plain.encode("utf-8", "replace"), code.encode())


def shown(code: str) -> str:
    """The code as people read it out: ABCD-EFGH."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def start_url(public_url: str, evse_id: str, code: str) -> str:
    """The text of a QR code. The code stands behind the #, which no server or log is sent."""
    return f"{public_url}/start/{evse_id}#{shown(code)}"
