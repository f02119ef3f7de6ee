"""OCPP 2.x: the names of the settings that quirk profiles write, and what a call writes. Pure.

Source: OCPP 2.0.1 part 2, section 2 (referenced components and variables).
"""

from collections.abc import Mapping

from chargehub.ocpp.fields import Payload

NAMES: Mapping[str, str] = {
    "measurands": "SampledDataCtrlr.TxUpdatedMeasurands",
    "sampling_interval_s": "SampledDataCtrlr.TxUpdatedInterval",
    "clock_aligned_interval_s": "AlignedDataCtrlr.Interval",
    "station_ping_interval_s": "OCPPCommCtrlr.WebSocketPingInterval",
}
OF_MEASURANDS = (
    "SampledDataCtrlr.TxStartedMeasurands",
    "SampledDataCtrlr.TxUpdatedMeasurands",
    "SampledDataCtrlr.TxEndedMeasurands",
    "AlignedDataCtrlr.Measurands",
    "AlignedDataCtrlr.TxEndedMeasurands",
)


def written(action: str, payload: Payload) -> Mapping[str, str]:
    """The settings that a call writes: name -> value."""
    if action != "SetVariables":
        return {}
    return {
        f"{one['component']['name']}.{one['variable']['name']}": one["attributeValue"]
        for one in payload["setVariableData"]
    }
