"""OCPP 2.0.1: every message the hub takes and every command it can send, a line each."""

from collections.abc import Mapping

from chargehub.ocpp.fields import Message, Speech
from chargehub.ocpp.v201 import inbound, outbound
from chargehub.stations import commands

MESSAGES: Mapping[str, Message] = {  # payload -> report, answer -> payload
    "Authorize": (inbound.token_presented, outbound.token_judged),
    "BootNotification": (inbound.booted, outbound.boot_answered),
    "DataTransfer": (inbound.data_transferred, outbound.data_answered),
    "Heartbeat": (inbound.heartbeat, outbound.time_told),
    "MeterValues": (inbound.metered, outbound.nothing),
    "NotifyEvent": (inbound.events_notified, outbound.nothing),
    "NotifyReport": (inbound.settings_reported, outbound.nothing),
    "ReservationStatusUpdate": (inbound.reservation_ended, outbound.nothing),
    "StatusNotification": (inbound.status_changed, outbound.nothing),
    "TransactionEvent": (inbound.session_progressed, outbound.progress_answered),
}

COMMANDS: Mapping[type[commands.Command], Speech] = {  # command -> calls, their answers -> outcome
    commands.CancelReservation: (outbound.cancel_reservation, inbound.reservation_cancelled),
    commands.ChangeAvailability: (outbound.change_availability, inbound.availability_changed),
    commands.ReadSettings: (outbound.read_settings, inbound.settings_read),
    commands.Reserve: (outbound.reserve, inbound.reserved),
    commands.Reset: (outbound.reset, inbound.reset),
    commands.StartSession: (outbound.start_session, inbound.start_or_stop),
    commands.StopSession: (outbound.stop_session, inbound.start_or_stop),
    commands.TriggerReport: (outbound.trigger_report, inbound.triggered),
    commands.Unlock: (outbound.unlock, inbound.unlocked),
    commands.WriteSettings: (outbound.write_settings, inbound.settings_written),
}
