"""OCPP 1.6: every message the hub takes and every command it can send, a line each."""

from collections.abc import Mapping

from chargehub.ocpp.fields import Message, Speech
from chargehub.ocpp.notes import note
from chargehub.ocpp.parts import Parted
from chargehub.ocpp.v16 import inbound, local_list, outbound, profiles, upkeep
from chargehub.stations import commands

MESSAGES: Mapping[str, Message] = {  # payload -> report, answer -> payload
    "Authorize": (inbound.token_presented, outbound.token_judged),
    "BootNotification": (inbound.booted, outbound.boot_answered),
    "DataTransfer": (inbound.data_transferred, outbound.data_answered),
    "DiagnosticsStatusNotification": note("log", is_progress=True),
    "FirmwareStatusNotification": note("firmware", is_progress=True),
    "Heartbeat": (inbound.heartbeat, outbound.time_told),
    "LogStatusNotification": note("log", is_progress=True),
    "MeterValues": (inbound.metered, outbound.nothing),
    "SecurityEventNotification": note("security"),
    "SignCertificate": (inbound.certificate_requested, outbound.certificate_judged),
    "SignedFirmwareStatusNotification": note("firmware", is_progress=True),
    "StartTransaction": (inbound.session_started, outbound.session_answered),
    "StatusNotification": (inbound.status_changed, outbound.nothing),
    "StopTransaction": (inbound.session_ended, outbound.session_closed),
}

COMMANDS: Mapping[type[commands.Command], Speech] = {  # command -> calls, their answers -> outcome
    commands.CancelReservation: (outbound.cancel_reservation, inbound.reservation_cancelled),
    commands.ChangeAvailability: (outbound.change_availability, inbound.availability_changed),
    commands.DeliverCertificate: (outbound.deliver_certificate, inbound.certificate_taken),
    commands.RaiseSecurity: (outbound.raise_security, inbound.security_changed),
    commands.ReadSettings: (outbound.read_settings, inbound.settings_read),
    commands.Reserve: (outbound.reserve, inbound.reserved),
    commands.Reset: (outbound.reset, inbound.reset),
    commands.SetPassword: (outbound.set_password, inbound.security_changed),
    commands.StartSession: (outbound.start_session, inbound.start_or_stop),
    commands.StopSession: (outbound.stop_session, inbound.start_or_stop),
    commands.TriggerReport: (outbound.trigger_report, inbound.triggered),
    commands.Unlock: (outbound.unlock, inbound.unlocked),
    commands.WriteSettings: (outbound.write_settings, inbound.settings_written),
    **local_list.COMMANDS,
    **profiles.COMMANDS,
    **upkeep.COMMANDS,
}

PARTED: Mapping[str, Parted] = {  # Source: OCPP 1.6, section 9.1.7
    "GetConfiguration": Parted("key", "GetConfigurationMaxKeys"),
}
