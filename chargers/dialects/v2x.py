"""What a station of OCPP 2.0.1 says and answers, and one of 2.1 alike. One connector an EVSE.

Source: OCPP 2.0.1 edition 2, part 2: blocks A, B, C, E, F, G, H and J.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from ocpp.v201.enums import Action

from chargers.dialects import payloads2x as payloads
from chargers.dialects.charging import Charging2x, read_profile
from chargers.dialects.lists import Lists2x
from chargers.dialects.peer import answers, instant, read_instant
from chargers.dialects.security import Security2x
from chargers.dialects.upkeep import Upkeep2x
from chargers.local_auth import MOST_AT_ONCE
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
from chargers.profile_rules import MOST_PERIODS, MOST_STACK_LEVELS
from chargers.remote import Reported
from chargers.settings import Setting

TRIGGERS: dict[str, Reported] = {
    "BootNotification": "boot",
    "Heartbeat": "heartbeat",
    "StatusNotification": "status",
    "MeterValues": "meter_values",
    "TransactionEvent": "session",
    "SignChargingStationCertificate": "certificate",
}
REPORT_PART = 5  # settings in one NotifyReport; a real station has its own limit


class Station2x(Charging2x, Lists2x, Security2x, Upkeep2x):
    """Goes before the ChargePoint of a 2.x version in a dialect's bases."""

    names_own_sessions: ClassVar[bool] = True
    password_setting: ClassVar[str] = "SecurityCtrlr.BasicAuthPassword"
    settings: ClassVar[Mapping[str, Setting]] = {
        "AlignedDataCtrlr.Interval": Setting("0"),
        "AuthCacheCtrlr.Enabled": Setting("false"),
        "AuthCtrlr.AuthorizeRemoteStart": Setting("false"),
        "AuthCtrlr.LocalAuthorizeOffline": Setting("true"),
        "AuthCtrlr.LocalPreAuthorize": Setting("false"),
        "AuthCtrlr.OfflineTxForUnknownIdEnabled": Setting("true"),
        "DeviceDataCtrlr.ItemsPerMessage[GetVariables]": Setting("50", "read_only"),
        "DeviceDataCtrlr.ItemsPerMessage[SetVariables]": Setting("50", "read_only"),
        "LocalAuthListCtrlr.Available": Setting("true", "read_only"),
        "LocalAuthListCtrlr.Enabled": Setting("true"),
        "LocalAuthListCtrlr.ItemsPerMessage": Setting(str(MOST_AT_ONCE), "read_only"),
        "OCPPCommCtrlr.HeartbeatInterval": Setting("300"),
        "OCPPCommCtrlr.MessageAttempts": Setting("3"),
        "OCPPCommCtrlr.OfflineThreshold": Setting("60"),
        "OCPPCommCtrlr.WebSocketPingInterval": Setting("0"),
        "ReservationCtrlr.Available": Setting("true", "read_only"),
        "SampledDataCtrlr.TxUpdatedInterval": Setting("60"),
        "SecurityCtrlr.BasicAuthPassword": Setting("", "write_only"),
        "SmartChargingCtrlr.Available": Setting("true", "read_only"),
        "SmartChargingCtrlr.Enabled": Setting("true", "read_only"),
        "SmartChargingCtrlr.PeriodsPerSchedule": Setting(str(MOST_PERIODS), "read_only"),
        "SmartChargingCtrlr.ProfileStackLevel": Setting(str(MOST_STACK_LEVELS), "read_only"),
        "SmartChargingCtrlr.RateUnit": Setting("A,W", "read_only"),
        "TxCtrlr.EVConnectionTimeOut": Setting("120"),
        "TxCtrlr.StopTxOnEVSideDisconnect": Setting("true"),
        "TxCtrlr.StopTxOnInvalidId": Setting("true"),
    }

    async def boot(self, vendor: str, model: str, firmware: str, reason: str) -> BootReply:
        """BootNotification with its reason."""
        station = {
            "model": model[:20],
            "vendor_name": vendor,
            "serial_number": self.identity[:25],
            "firmware_version": firmware,
        }
        answer = await self.ask(
            self._call.BootNotification(charging_station=station, reason=reason)
        )
        now = read_instant(answer["currentTime"])
        return BootReply(answer["status"].lower(), answer["interval"], now)

    async def heartbeat(self) -> datetime:
        """The hub's time."""
        answer = await self.ask(self._call.Heartbeat())
        return read_instant(answer["currentTime"])

    async def authorize(self, id_token: IdToken) -> Reply:
        """The verdict on a token."""
        asked = self._call.Authorize(id_token=payloads.id_token_of(id_token))
        return payloads.reply(await self.ask(asked))

    async def tell(self, message: Message) -> Reply:
        """Say one message of ours in the words of 2.x; some need none."""
        match message:
            case UpkeepSaid() | SecurityEvent():
                await self.tell_upkeep(message)
                return Reply()
            case StatusSaid():
                if message.is_change and message.evse > 0:
                    await self.ask(self._call.StatusNotification(**payloads.status(message)))
                return Reply()
            case Started():
                return await self._event(payloads.started(message))
            case Progressed():
                return await self._event(payloads.updated(message))
            case Ended():
                return await self._event(payloads.ended(message))

    async def meter(self, evse: int, session: Session | None, reading: Reading) -> None:
        """MeterValues, asked for by the hub or by the clock. It names no session."""
        await self.ask(self._call.MeterValues(evse, [payloads.meter_value(reading)]))

    async def grid(self, reading: GridReading) -> None:
        """MeterValues of EVSE 0: the main meter, at the inlet from the grid."""
        await self.ask(self._call.MeterValues(0, [payloads.grid_value(reading)]))

    async def reservation_ended(self, reservation_id: int, status: str) -> None:
        """ReservationStatusUpdate: Expired or Removed."""
        await self.ask(self._call.ReservationStatusUpdate(reservation_id, status.capitalize()))

    @answers(Action.request_start_transaction)
    def _request_start(
        self,
        id_token: dict[str, Any],
        remote_start_id: int,
        evse_id: int | None = None,
        charging_profile: dict[str, Any] | None = None,
        **_: Any,
    ) -> Any:
        profile = read_profile(evse_id or 1, charging_profile) if charging_profile else None
        is_clear = charging_profile is None or profile is not None
        token = payloads.read_id_token(id_token)
        accepted = is_clear and self._commands.start(evse_id, token, remote_start_id, profile)
        return self._call_result.RequestStartTransaction(_accepted(accepted))

    @answers(Action.request_stop_transaction)
    def _request_stop(self, transaction_id: str, **_: Any) -> Any:
        return self._call_result.RequestStopTransaction(
            _accepted(self._commands.stop(transaction_id))
        )

    @answers(Action.reserve_now)
    def _reserve_now(
        self,
        id: int,
        expiry_date_time: str,
        id_token: dict[str, Any],
        evse_id: int | None = None,
        **_: Any,
    ) -> Any:
        until = read_instant(expiry_date_time)
        status = self._commands.reserve(id, evse_id, payloads.read_id_token(id_token), until)
        return self._call_result.ReserveNow(status.capitalize())

    @answers(Action.cancel_reservation)
    def _cancel_reservation(self, reservation_id: int, **_: Any) -> Any:
        done = self._commands.cancel_reservation(reservation_id)
        return self._call_result.CancelReservation(_accepted(done))

    @answers(Action.change_availability)
    def _change_availability(
        self, operational_status: str, evse: dict[str, Any] | None = None, **_: Any
    ) -> Any:
        number = evse["id"] if evse else 0
        operative = operational_status == "Operative"
        status = self._commands.change_availability(number, operative)
        return self._call_result.ChangeAvailability(status.capitalize())

    @answers(Action.reset)
    def _reset(self, type: str, **_: Any) -> Any:
        status = self._commands.reset(immediate=type == "Immediate")
        return self._call_result.Reset(status.capitalize())

    @answers(Action.unlock_connector)
    def _unlock_connector(self, evse_id: int, connector_id: int, **_: Any) -> Any:
        words = {
            "unlocked": "Unlocked",
            "ongoing": "OngoingAuthorizedTransaction",
            "unknown": "UnknownConnector",
        }
        number = evse_id if connector_id == 1 else 0
        return self._call_result.UnlockConnector(
            words[self._commands.unlock(number, stops_session=False)]
        )

    @answers(Action.trigger_message)
    def _trigger_message(
        self, requested_message: str, evse: dict[str, Any] | None = None, **_: Any
    ) -> Any:
        if requested_message in self.upkeep_kinds:
            kind = self.upkeep_kinds[requested_message]
            self._commands.follow(lambda: self._commands.upkeep.repeat(kind))
            return self._call_result.TriggerMessage("Accepted")
        if requested_message not in TRIGGERS:
            return self._call_result.TriggerMessage("NotImplemented")
        number = evse["id"] if evse else None
        status = self._commands.trigger(TRIGGERS[requested_message], number)
        return self._call_result.TriggerMessage(status.capitalize())

    @answers(Action.get_variables)
    def _get_variables(self, get_variable_data: Sequence[Mapping[str, Any]], **_: Any) -> Any:
        settings = self._commands.settings
        return self._call_result.GetVariables(
            [payloads.variable_read(settings, wanted) for wanted in get_variable_data]
        )

    @answers(Action.set_variables)
    def _set_variables(self, set_variable_data: Sequence[Mapping[str, Any]], **_: Any) -> Any:
        settings = self._commands.settings
        return self._call_result.SetVariables(
            [payloads.variable_written(settings, wanted) for wanted in set_variable_data]
        )

    @answers(Action.get_base_report)
    def _get_base_report(self, request_id: int, report_base: str, **_: Any) -> Any:
        self._commands.follow(lambda: self._notify_report(request_id))
        return self._call_result.GetBaseReport("Accepted")

    @answers(Action.get_transaction_status)
    def _get_transaction_status(self, **_: Any) -> Any:
        return self._call_result.GetTransactionStatus(messages_in_queue=False)

    @answers(Action.cost_updated)
    def _cost_updated(self, **_: Any) -> Any:
        return self._call_result.CostUpdated()

    @answers(Action.data_transfer)
    def _data_transfer(self, **_: Any) -> Any:
        return self._call_result.DataTransfer("UnknownVendorId")

    async def _event(self, fields: dict[str, Any]) -> Reply:
        return payloads.reply(await self.ask(self._call.TransactionEvent(**fields)))

    async def _notify_report(self, request_id: int) -> None:
        settings = self._commands.settings
        names = settings.names()
        parts = [names[at : at + REPORT_PART] for at in range(0, len(names), REPORT_PART)]
        for seq_no, part in enumerate(parts):
            await self.ask(
                self._call.NotifyReport(
                    request_id=request_id,
                    generated_at=instant(self._commands.now()),
                    seq_no=seq_no,
                    report_data=[payloads.variable_reported(settings, name) for name in part],
                    tbc=seq_no < len(parts) - 1,
                )
            )


def _accepted(yes: bool) -> str:
    return "Accepted" if yes else "Rejected"
