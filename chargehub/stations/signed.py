"""What a meter signed, on its way in from a station. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignedReading:
    """What a meter signed, byte by byte as it was sent; what it says is read elsewhere.

    `at` and `context` are the station's words about it. `encoding`: its word for the form; None:
    not told. `public_key`: sent along, which proves nothing by itself; None: not sent.
    """

    at: datetime
    context: str
    content: bytes
    encoding: str | None = None
    public_key: str | None = None
