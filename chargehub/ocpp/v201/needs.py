"""OCPP 2.0.1: what a car says of its charging by ISO 15118, and what it is answered. Pure."""

from typing import Any

from ocpp.v201.enums import GenericStatusEnumType, NotifyEVChargingNeedsStatusEnumType

from chargehub.ocpp.fields import Payload
from chargehub.stations import reports


def needs_told(payload: Payload) -> reports.ChargingNeedsTold:
    """NotifyEVChargingNeedsRequest. Source: OCPP 2.0.1 part 2, K15 and K17."""
    note = reports.Noted("charging_needs", payload)
    return reports.ChargingNeedsTold(payload["evseId"], note)


def needs_answered(answer: reports.ChargingAnswer) -> dict[str, Any]:
    """NotifyEVChargingNeedsResponse: the profile follows as a call of its own."""
    words = NotifyEVChargingNeedsStatusEnumType
    return {"status": words.accepted if answer.is_accepted else words.rejected}


def schedule_told(payload: Payload) -> reports.ChargingScheduleTold:
    """NotifyEVChargingScheduleRequest: its highest period counts. 2.1 may leave limits out.

    Source: OCPP 2.0.1 part 2, K15.FR.09 and later.
    """
    schedule = payload["chargingSchedule"]
    periods = schedule["chargingSchedulePeriod"]
    highest = max(periods, key=lambda period: period.get("limit", 0))
    return reports.ChargingScheduleTold(
        payload["evseId"],
        schedule["chargingRateUnit"],
        highest.get("limit", 0),
        highest.get("numberPhases"),
        reports.Noted("charging_needs", payload),
    )


def schedule_judged(answer: reports.ChargingAnswer) -> dict[str, Any]:
    """NotifyEVChargingScheduleResponse: a refused one is to be made anew."""
    words = GenericStatusEnumType
    return {"status": words.accepted if answer.is_accepted else words.rejected}
