"""A station that speaks OCPP 1.6J. Connector n is EVSE n; connector 0 is the station.

Source: OCPP 1.6 edition 2, sections 4, 5 and 7.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

from chargers.dialects.charging import Charging16, read_profile
from chargers.dialects.lists import Lists16
from chargers.dialects.peer import answers, instant, read_instant
from chargers.dialects.security import Security16
from chargers.dialects.upkeep import Upkeep16
from chargers.dialects.words import VERDICTS_16, at_grid
from chargers.local_auth import MOST_AT_ONCE, MOST_ENTRIES
from chargers.messages import (
    BootReply,
    Ended,
    GridReading,
    IdToken,
    Message,
    Progressed,
    Reading,
    Reply,
    SecurityEvent,
    Session,
    Started,
    StatusSaid,
    UpkeepSaid,
)
from chargers.profile_rules import MOST_PERIODS, MOST_PROFILES, MOST_STACK_LEVELS
from chargers.remote import Reported
from chargers.settings import Setting

STATUSES = {
    "available": "Available",
    "reserved": "Reserved",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
}
OCCUPIED = {
    "idle": "Preparing",
    "ev_connected": "Preparing",
    "charging": "Charging",
    "suspended_ev": "SuspendedEV",
    "suspended_evse": "SuspendedEVSE",
    "finished": "Finishing",
}
REASONS = {
    "local": "Local",
    "remote": "Remote",
    "ev_disconnected": "EVDisconnected",
    "hard_reset": "HardReset",
    "soft_reset": "SoftReset",
    "power_loss": "PowerLoss",
    "reboot": "Reboot",
    "unlock": "UnlockCommand",
    "deauthorized": "DeAuthorized",
    "emergency_stop": "EmergencyStop",
    "other": "Other",
}
CONTEXTS = {
    "begin": "Transaction.Begin",
    "periodic": "Sample.Periodic",
    "clock": "Sample.Clock",
    "trigger": "Trigger",
    "end": "Transaction.End",
}
TRIGGERS: dict[str, Reported] = {
    "BootNotification": "boot",
    "Heartbeat": "heartbeat",
    "StatusNotification": "status",
    "MeterValues": "meter_values",
}
FEATURE_PROFILES = (
    "Core,FirmwareManagement,LocalAuthListManagement,Reservation,RemoteTrigger,SmartCharging"
)
NO_TRANSACTION = -1  # what stations send when the hub's id never reached them


class Station16(Charging16, Lists16, Security16, Upkeep16, ChargePoint):  # type: ignore[misc]
    """Says what a station says in 1.6 and answers the hub's commands."""

    names_own_sessions: ClassVar[bool] = False
    password_setting: ClassVar[str] = "AuthorizationKey"
    settings: ClassVar[Mapping[str, Setting]] = {
        "AllowOfflineTxForUnknownId": Setting("true"),
        "AuthorizationCacheEnabled": Setting("false"),
        "AuthorizationKey": Setting("", "write_only"),
        "AuthorizeRemoteTxRequests": Setting("false"),
        "ChargeProfileMaxStackLevel": Setting(str(MOST_STACK_LEVELS), "read_only"),
        "ChargingScheduleAllowedChargingRateUnit": Setting("Current,Power", "read_only"),
        "ChargingScheduleMaxPeriods": Setting(str(MOST_PERIODS), "read_only"),
        "ConnectionTimeOut": Setting("120"),
        "GetConfigurationMaxKeys": Setting("50", "read_only"),
        "HeartbeatInterval": Setting("300"),
        "LocalAuthListEnabled": Setting("true"),
        "LocalAuthListMaxLength": Setting(str(MOST_ENTRIES), "read_only"),
        "LocalAuthorizeOffline": Setting("true"),
        "LocalPreAuthorize": Setting("false"),
        "MaxChargingProfilesInstalled": Setting(str(MOST_PROFILES), "read_only"),
        "MeterValuesSampledData": Setting("Energy.Active.Import.Register,Power.Active.Import,SoC"),
        "MeterValueSampleInterval": Setting("60"),
        "NumberOfConnectors": Setting("1", "read_only"),
        "ResetRetries": Setting("1"),
        "SendLocalListMaxLength": Setting(str(MOST_AT_ONCE), "read_only"),
        "StopTransactionOnEVSideDisconnect": Setting("true"),
        "StopTransactionOnInvalidId": Setting("true"),
        "SupportedFeatureProfiles": Setting(FEATURE_PROFILES, "read_only"),
        "TransactionMessageAttempts": Setting("3"),
        "TransactionMessageRetryInterval": Setting("10"),
        "WebSocketPingInterval": Setting("0"),
    }

    async def boot(self, vendor: str, model: str, firmware: str, reason: str) -> BootReply:
        """BootNotification; 1.6 has no reason."""
        answer = await self.ask(
            call.BootNotification(
                charge_point_model=model,
                charge_point_vendor=vendor,
                charge_point_serial_number=self.identity[:25],
                firmware_version=firmware,
            )
        )
        now = read_instant(answer["currentTime"])
        return BootReply(answer["status"].lower(), answer["interval"], now)

    async def heartbeat(self) -> datetime:
        """The hub's time."""
        answer = await self.ask(call.Heartbeat())
        return read_instant(answer["currentTime"])

    async def authorize(self, id_token: IdToken) -> Reply:
        """The verdict on a token."""
        return _reply(await self.ask(call.Authorize(id_tag=id_token.value)))

    async def tell(self, message: Message) -> Reply:
        """Say one message of ours in 1.6's words; some need none."""
        match message:
            case UpkeepSaid() | SecurityEvent():
                await self.tell_upkeep(message)
                return Reply()
            case StatusSaid():
                await self.ask(_status(message))
                return Reply()
            case Started():
                return _reply(await self.ask(_start(message)))
            case Ended():
                return _reply(await self.ask(_stop(message)))
            case Progressed(readings=()):
                return Reply()  # 1.6 says a charging state by StatusNotification alone
            case Progressed():
                await self.ask(_meter_values(message.session.evse, message))
                return Reply()

    async def meter(self, evse: int, session: Session | None, reading: Reading) -> None:
        """MeterValues, asked for by the hub or by the clock."""
        number = _transaction_id(session) if session else None
        await self.ask(call.MeterValues(evse, [_meter_value(reading)], number))

    async def grid(self, reading: GridReading) -> None:
        """MeterValues of connector 0: the main meter, at the inlet from the grid."""
        samples = [
            {**_sample(value, "Sample.Clock", measurand, unit), "location": "Inlet"}
            for measurand, value, unit in at_grid(reading)
        ]
        told = {"timestamp": instant(reading.at), "sampled_value": samples}
        await self.ask(call.MeterValues(0, [told]))

    async def reservation_ended(self, reservation_id: int, status: str) -> None:
        """1.6 says it by the connector's status alone."""

    @answers(Action.remote_start_transaction)
    def _remote_start(
        self,
        id_tag: str,
        connector_id: int | None = None,
        charging_profile: dict[str, Any] | None = None,
    ) -> Any:
        profile = read_profile(connector_id or 1, charging_profile) if charging_profile else None
        is_clear = charging_profile is None or profile is not None
        accepted = is_clear and self._commands.start(connector_id, IdToken(id_tag), None, profile)
        return call_result.RemoteStartTransaction(_accepted(accepted))

    @answers(Action.remote_stop_transaction)
    def _remote_stop(self, transaction_id: int) -> Any:
        return call_result.RemoteStopTransaction(
            _accepted(self._commands.stop(str(transaction_id)))
        )

    @answers(Action.reserve_now)
    def _reserve_now(
        self, connector_id: int, expiry_date: str, id_tag: str, reservation_id: int, **_: Any
    ) -> Any:
        until = read_instant(expiry_date)
        status = self._commands.reserve(reservation_id, connector_id, IdToken(id_tag), until)
        return call_result.ReserveNow(status.capitalize())

    @answers(Action.cancel_reservation)
    def _cancel_reservation(self, reservation_id: int) -> Any:
        done = self._commands.cancel_reservation(reservation_id)
        return call_result.CancelReservation(_accepted(done))

    @answers(Action.change_availability)
    def _change_availability(self, connector_id: int, type: str) -> Any:
        status = self._commands.change_availability(connector_id, type == "Operative")
        return call_result.ChangeAvailability(status.capitalize())

    @answers(Action.reset)
    def _reset(self, type: str) -> Any:
        if type == "Soft":
            self._commands.soft_reset()
        else:
            self._commands.reset(immediate=True)
        return call_result.Reset("Accepted")

    @answers(Action.unlock_connector)
    def _unlock_connector(self, connector_id: int) -> Any:
        outcome = self._commands.unlock(connector_id, stops_session=True)
        words = {"unlocked": "Unlocked", "ongoing": "UnlockFailed", "unknown": "NotSupported"}
        return call_result.UnlockConnector(words[outcome])

    @answers(Action.trigger_message)
    def _trigger_message(self, requested_message: str, connector_id: int | None = None) -> Any:
        if requested_message in self.upkeep_kinds:
            kind = self.upkeep_kinds[requested_message]
            self._commands.follow(lambda: self._commands.upkeep.repeat(kind))
            return call_result.TriggerMessage("Accepted")
        if requested_message not in TRIGGERS:
            return call_result.TriggerMessage("NotImplemented")
        status = self._commands.trigger(TRIGGERS[requested_message], connector_id)
        return call_result.TriggerMessage(status.capitalize())

    @answers(Action.get_configuration)
    def _get_configuration(self, key: list[str] | None = None) -> Any:
        settings = self._commands.settings
        asked = key or settings.names()
        known = []
        for name in asked:
            access = settings.access(name)
            if access is None:
                continue
            value = settings.read(name)
            entry: dict[str, Any] = {"key": name, "readonly": access == "read_only"}
            known.append(entry if value is None else {**entry, "value": value})
        unknown = [name for name in asked if settings.access(name) is None]
        return call_result.GetConfiguration(known, unknown or None)

    @answers(Action.change_configuration)
    def _change_configuration(self, key: str, value: str) -> Any:
        words = {
            "accepted": "Accepted",
            "rejected": "Rejected",
            "read_only": "Rejected",
            "unknown": "NotSupported",
        }
        return call_result.ChangeConfiguration(words[self._commands.settings.write(key, value)])

    @answers(Action.data_transfer)
    def _data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer("UnknownVendorId")


def _accepted(yes: bool) -> str:
    return "Accepted" if yes else "Rejected"


def _status(said: StatusSaid) -> Any:
    word = OCCUPIED[said.charging] if said.status == "occupied" else STATUSES[said.status]
    return call.StatusNotification(
        connector_id=said.evse,
        error_code=said.error or "NoError",
        status=word,
        timestamp=instant(said.at),
    )


def _start(message: Started) -> Any:
    return call.StartTransaction(
        connector_id=message.session.evse,
        id_tag=message.id_token.value,
        meter_start=message.reading.register_wh,
        timestamp=instant(message.at),
        reservation_id=message.session.reservation_id,
    )


def _stop(message: Ended) -> Any:
    told = message.told_transaction_id
    readings = (message.session.begin, message.reading)
    is_signed = message.reading.signed is not None
    return call.StopTransaction(
        meter_stop=message.reading.register_wh,
        timestamp=instant(message.at),
        transaction_id=_transaction_id(message.session) if told is None else told,
        reason=REASONS[message.reason],
        id_tag=message.id_token.value if message.id_token else None,
        transaction_data=[_meter_value(one) for one in readings if one] if is_signed else None,
    )


def _meter_values(evse: int, message: Progressed) -> Any:
    values = [_meter_value(reading) for reading in message.readings]
    return call.MeterValues(evse, values, _transaction_id(message.session))


def _transaction_id(session: Session) -> int:
    return NO_TRANSACTION if session.transaction_id is None else int(session.transaction_id)


def _meter_value(reading: Reading) -> dict[str, Any]:
    context = CONTEXTS[reading.context]
    sampled: list[dict[str, Any]] = [
        _sample(reading.register_wh, context, "Energy.Active.Import.Register", "Wh")
    ]
    if reading.power_w is not None:
        sampled.append(_sample(reading.power_w, context, "Power.Active.Import", "W"))
    if reading.soc_percent is not None:
        sampled.append(_sample(reading.soc_percent, context, "SoC", "Percent"))
    for number, phase in enumerate(reading.phases, 1):
        for sample in (
            _sample(phase.volts, context, "Voltage", "V"),
            _sample(phase.amperes, context, "Current.Import", "A"),
        ):
            sampled.append({**sample, "phase": f"L{number}"})
    if reading.signed is not None:
        signed = _sample(reading.signed.text, context, "Energy.Active.Import.Register", "kWh")
        sampled.append({**signed, "format": "SignedData"})
    return {"timestamp": instant(reading.at), "sampled_value": sampled}


def _sample(value: object, context: str, measurand: str, unit: str) -> dict[str, Any]:
    return {"value": str(value), "context": context, "measurand": measurand, "unit": unit}


def _reply(answer: Mapping[str, Any]) -> Reply:
    about = answer.get("idTagInfo") or {}
    number, until = answer.get("transactionId"), about.get("expiryDate")
    return Reply(
        verdict=VERDICTS_16[about["status"]] if about else None,
        transaction_id=None if number is None else str(number),
        expires_at=read_instant(until) if until else None,
    )
