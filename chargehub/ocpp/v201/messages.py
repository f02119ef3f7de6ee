"""OCPP 2.0.1: every message the hub takes and every command it can send, a line each."""

from collections.abc import Mapping

from chargehub.ocpp import iso15118
from chargehub.ocpp.fields import Message, Speech
from chargehub.ocpp.notes import note
from chargehub.ocpp.parts import Parted
from chargehub.ocpp.v201 import display, inbound, local_list, needs, outbound, profiles, upkeep
from chargehub.stations import commands

MESSAGES: Mapping[str, Message] = {  # payload -> report, answer -> payload
    "Authorize": (inbound.token_presented, outbound.token_judged),
    "BootNotification": (inbound.booted, outbound.boot_answered),
    "ClearedChargingLimit": note("charging_limit"),
    "DataTransfer": (inbound.data_transferred, outbound.data_answered),
    "FirmwareStatusNotification": note("firmware", is_progress=True),
    "Get15118EVCertificate": (iso15118.contract_asked, iso15118.contract_told(7_500)),
    "GetCertificateStatus": (iso15118.status_asked, iso15118.status_told(5_500)),
    "Heartbeat": (inbound.heartbeat, outbound.time_told),
    "LogStatusNotification": note("log", is_progress=True),
    "MeterValues": (inbound.metered, outbound.nothing),
    "NotifyChargingLimit": note("charging_limit"),
    "NotifyCustomerInformation": note("customer_information"),
    "NotifyDisplayMessages": note("display_messages"),
    "NotifyEVChargingNeeds": (needs.needs_told, needs.needs_answered),
    "NotifyEVChargingSchedule": (needs.schedule_told, needs.schedule_judged),
    "NotifyEvent": note("event"),
    "NotifyMonitoringReport": note("monitoring"),
    "NotifyReport": (inbound.settings_reported, outbound.nothing),
    "PublishFirmwareStatusNotification": note("firmware"),
    "ReportChargingProfiles": note("charging_profiles"),
    "ReservationStatusUpdate": (inbound.reservation_ended, outbound.nothing),
    "SecurityEventNotification": note("security"),
    "SignCertificate": (inbound.certificate_requested, outbound.certificate_judged),
    "StatusNotification": (inbound.status_changed, outbound.nothing),
    "TransactionEvent": (inbound.session_progressed, outbound.progress_answered),
}

COMMANDS: Mapping[type[commands.Command], Speech] = {  # command -> calls, their answers -> outcome
    commands.CancelReservation: (outbound.cancel_reservation, inbound.reservation_cancelled),
    commands.ChangeAvailability: (outbound.change_availability, inbound.availability_changed),
    commands.DeliverCertificate: (outbound.deliver_certificate, inbound.certificate_taken),
    commands.RaiseSecurity: (outbound.raise_security, inbound.security_raised),
    commands.ReadSession: (outbound.read_session, inbound.session_read),
    commands.ReadSettings: (outbound.read_settings, inbound.settings_read),
    commands.Reserve: (outbound.reserve, inbound.reserved),
    commands.Reset: (outbound.reset, inbound.reset),
    commands.SetMasterPass: (outbound.set_master_pass, inbound.settings_written),
    commands.SetPassword: (outbound.set_password, inbound.password_set),
    commands.StartSession: (outbound.start_session, inbound.start_or_stop),
    commands.StopSession: (outbound.stop_session, inbound.start_or_stop),
    commands.TellCost: (outbound.tell_cost, inbound.cost_told),
    commands.TriggerReport: (outbound.trigger_report, inbound.triggered),
    commands.Unlock: (outbound.unlock, inbound.unlocked),
    commands.WriteSettings: (outbound.write_settings, inbound.settings_written),
    **display.COMMANDS,
    **local_list.COMMANDS,
    **profiles.COMMANDS,
    **upkeep.COMMANDS,
}

PARTED: Mapping[str, Parted] = {  # Source: OCPP 2.0.1 part 2, section 2.1 (DeviceDataCtrlr)
    action: Parted(
        field,
        f"DeviceDataCtrlr.ItemsPerMessage[{action}]",
        f"DeviceDataCtrlr.BytesPerMessage[{action}]",
    )
    for action, field in (
        ("GetVariables", "getVariableData"),
        ("SetVariables", "setVariableData"),
    )
}
