"""OCPP 1.6: the names of the settings that quirk profiles write, and what a call writes. Pure.

Source: OCPP 1.6, section 9 (standard configuration key names).
"""

from collections.abc import Mapping

from chargehub.ocpp.fields import Payload

NAMES: Mapping[str, str] = {
    "measurands": "MeterValuesSampledData",
    "sampling_interval_s": "MeterValueSampleInterval",
    "clock_aligned_interval_s": "ClockAlignedDataInterval",
    "station_ping_interval_s": "WebSocketPingInterval",
}
OF_MEASURANDS = (
    "MeterValuesSampledData",
    "MeterValuesAlignedData",
    "StopTxnSampledData",
    "StopTxnAlignedData",
)


def written(action: str, payload: Payload) -> Mapping[str, str]:
    """The settings that a call writes: name -> value."""
    if action != "ChangeConfiguration":
        return {}
    return {payload["key"]: payload["value"]}
