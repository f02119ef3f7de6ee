"""What meters signed, out of the readings of any OCPP version, byte by byte. Pure."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final

from chargehub.ocpp.fields import Payload, context_of, instant
from chargehub.stations.signed import SignedReading

MOST: Final = 100  # of one report: begin, end, and what was kept offline between them


def readings(meter_values: Iterable[Payload]) -> tuple[SignedReading, ...]:
    """The signed readings of a report, in its order; at most 100.

    1.6: samples of the format SignedData, as they are. 2.x: `signedMeterValue` beside the value,
    out of its base64.

    Source: SampledValue of OCPP 1.6, section 7.33; SignedMeterValueType of 2.0.1 part 2, 2.46.
    """
    found = [
        _signed(value["timestamp"], sample)
        for value in meter_values
        for sample in value["sampledValue"]
        if "signedMeterValue" in sample or sample.get("format") == "SignedData"
    ]
    return tuple(found[:MOST]) if found else ()


def _signed(at: str, sample: dict[str, Any]) -> SignedReading:
    told, when = sample.get("signedMeterValue"), context_of(sample)
    if told is None:
        return SignedReading(instant(at), when, str(sample["value"]).encode())
    return SignedReading(
        instant(at),
        when,
        _decoded(told["signedMeterData"]),
        told.get("encodingMethod") or None,
        told.get("publicKey") or None,
    )


def _decoded(text: str) -> bytes:
    """What is no base64, as some firmware sends it, stays as it is."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
