"""OCPP 1.6: what may be made of a station's words that are not the standard's. Pure.

Names of fields, as `repairs.Words` asks for them.
"""

from collections.abc import Mapping

NEUTRAL: Mapping[str, str | None] = {
    "context": "Other",
    "errorCode": "OtherError",
    "reason": "Other",
}
SPELLINGS: Mapping[str, str] = {"%": "Percent", "Hz": "Hertz", "°C": "Celsius"}
LABELS = (
    "chargeBoxSerialNumber",
    "chargePointModel",
    "chargePointSerialNumber",
    "chargePointVendor",
    "firmwareVersion",
    "iccid",
    "imsi",
    "info",
    "meterSerialNumber",
    "meterType",
    "techInfo",
    "vendorErrorCode",
)
REGISTERS = frozenset({"meterStart", "meterStop"})
OPAQUE = frozenset({"data"})
