"""OCPP 2.0.1 and 2.1: what may be made of a station's words that are not the standard's. Pure.

Names of fields, as `repairs.Words` asks for them.
"""

from collections.abc import Mapping

from ocpp.v21.enums import CertificateSigningUseEnumType

from chargehub.stations.reports import CertificatePurpose

PURPOSES: Mapping[CertificatePurpose, str] = {  # no word: for all of them
    "station": CertificateSigningUseEnumType.charging_station_certificate,
    "vehicle": CertificateSigningUseEnumType.v2g_certificate,
    "vehicle_20": CertificateSigningUseEnumType.v2g20_certificate,
}
PURPOSE_OF = {word: purpose for purpose, word in PURPOSES.items()}
NEUTRAL: Mapping[str, str | None] = {
    "chargingState": None,
    "context": "Other",
    "reason": "Unknown",
    "stoppedReason": "Other",
    "triggerReason": "AbnormalCondition",  # the hub does not ask why; the event must not be lost
}
LABELS = (
    "actualValue",
    "additionalInfo",
    "cause",
    "chargingStation.firmwareVersion",
    "chargingStation.model",
    "chargingStation.serialNumber",
    "chargingStation.vendorName",
    "modem.iccid",
    "modem.imsi",
    "reasonCode",
    "techCode",
    "techInfo",
    "unitOfMeasure.unit",
)
