"""The XML that transparency software reads: records as they were signed, with their keys. Pure.

Source: S.A.F.E. transparency software, its XML container (values, value, signedData, publicKey).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

CONTEXTS = {  # by OCMF's letter; all others end a session
    "B": "Transaction.Begin",
    "C": "Sample.Periodic",
    "S": "Sample.Periodic",
    "T": "Sample.Periodic",
    "X": "Other",
    "": "Other",
}
_BEYOND = {"\r": "&#13;"}  # a parser would make a line feed of it, and the signature would break


@dataclass(frozen=True, slots=True)
class Value:
    """A record's text, OCMF's letter of its last reading, and its key in hexadecimal, or None."""

    text: str
    reason: str
    key: str | None


def document(session_id: str, values: Iterable[Value]) -> str:
    """The container with these records, in their order."""
    name = quoteattr(session_id)
    parts = [_value(name, value) for value in values]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<values>\n{"".join(parts)}</values>\n'


def _value(name: str, value: Value) -> str:
    context = quoteattr(CONTEXTS.get(value.reason, "Transaction.End"))
    key = f'<publicKey encoding="hex">{value.key}</publicKey>' if value.key else ""
    return (
        f"<value transactionId={name} context={context}>"
        f'<signedData format="OCMF" encoding="plain" transactionId={name}>'
        f"{escape(value.text, _BEYOND)}</signedData>{key}</value>\n"
    )
