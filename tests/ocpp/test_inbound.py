"""What stations send, in both versions: the same story gives the same reports."""

from dataclasses import replace
from typing import Any

import pytest

from chargehub.ocpp.fields import NO_CLOCK, Unfit
from chargehub.ocpp.versions import Version
from chargehub.stations import reports
from tests.ocpp.story import (
    AT,
    ISO,
    ONE_SIX,
    TWO_OH_ONE,
    TWO_ONE,
    event201,
    report_of,
    start16,
)

REGISTER = {"measurand": "Energy.Active.Import.Register"}

STORY: list[tuple[str, tuple[str, dict[str, Any]], tuple[str, dict[str, Any]], reports.Report]] = [
    (
        "boot",
        (
            "BootNotification",
            {
                "chargePointVendor": "Acme",
                "chargePointModel": "Wall 1",
                "chargePointSerialNumber": "S-1",
                "firmwareVersion": "1.2.3",
            },
        ),
        (
            "BootNotification",
            {
                "reason": "PowerUp",
                "chargingStation": {
                    "vendorName": "Acme",
                    "model": "Wall 1",
                    "serialNumber": "S-1",
                    "firmwareVersion": "1.2.3",
                },
            },
        ),
        reports.Booted("Acme", "Wall 1", "S-1", "1.2.3"),
    ),
    ("heartbeat", ("Heartbeat", {}), ("Heartbeat", {}), reports.Heartbeat()),
    (
        "free connector",
        (
            "StatusNotification",
            {
                "connectorId": 1,
                "errorCode": "NoError",
                "status": "Available",
                "timestamp": "2026-03-02T09:00:00+01:00",
            },
        ),
        (
            "StatusNotification",
            {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": ISO},
        ),
        reports.StatusChanged(1, 1, "available", None, AT),
    ),
    (
        "station out of order",
        (
            "StatusNotification",
            {"connectorId": 0, "errorCode": "NoError", "status": "Faulted", "timestamp": ISO},
        ),
        (
            "StatusNotification",
            {"evseId": 0, "connectorId": 0, "connectorStatus": "Faulted", "timestamp": ISO},
        ),
        reports.StatusChanged(0, 0, "faulted", None, AT),
    ),
    (
        "token",
        ("Authorize", {"idTag": " 04a1b2c3 "}),
        ("Authorize", {"idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}}),
        reports.TokenPresented("04A1B2C3"),
    ),
    (
        "readings outside a session",
        (
            "MeterValues",
            {
                "connectorId": 2,
                "meterValue": [
                    {
                        "timestamp": ISO,
                        "sampledValue": [
                            {"value": "12.3456", "unit": "kWh", **REGISTER},
                            {
                                "value": "7360",
                                "unit": "W",
                                "measurand": "Power.Active.Import",
                                "context": "Sample.Clock",
                            },
                        ],
                    }
                ],
            },
        ),
        (
            "MeterValues",
            {
                "evseId": 2,
                "meterValue": [
                    {
                        "timestamp": ISO,
                        "sampledValue": [
                            {"value": 12.3456, "unitOfMeasure": {"unit": "kWh"}, **REGISTER},
                            {
                                "value": 7.36,
                                "unitOfMeasure": {"unit": "W", "multiplier": 3},
                                "measurand": "Power.Active.Import",
                            },
                        ],
                    }
                ],
            },
        ),
        reports.Metered(2, None, (reports.Reading(AT, 12346, 7360),)),
    ),
    (
        "vendor's words",
        ("DataTransfer", {"vendorId": "acme", "messageId": "hello", "data": "x"}),
        ("DataTransfer", {"vendorId": "acme", "messageId": "hello", "data": "x"}),
        reports.DataTransferred("acme", "hello", "x"),
    ),
]


@pytest.mark.parametrize("told", STORY, ids=[told[0] for told in STORY])
def test_the_same_story_is_the_same_report_in_both_versions(told: Any) -> None:
    _, in_one_six, in_two_oh_one, report = told

    first = report_of(ONE_SIX, *in_one_six)
    second = report_of(TWO_OH_ONE, *in_two_oh_one)

    assert first == report
    if isinstance(second, reports.Booted):  # 1.6 cannot say why it booted
        assert second.reason == "power_up"
        second = replace(second, reason=None)
    assert second == report


def test_a_start_of_one_six() -> None:
    report = report_of(ONE_SIX, "StartTransaction", start16(reservationId=7))

    assert report == reports.SessionStarted(2, "04A1B2C3", 1500, AT, None, 7)


def test_a_start_without_a_time_zone_says_what_was_assumed() -> None:
    report = report_of(ONE_SIX, "StartTransaction", start16(timestamp="2026-03-02T08:00:00"))

    assert report == reports.SessionStarted(
        2, "04A1B2C3", 1500, AT, None, repairs=("time_without_zone",)
    )


def test_a_start_with_an_unreadable_time_is_kept() -> None:
    report = report_of(ONE_SIX, "StartTransaction", start16(timestamp="soon"))

    assert isinstance(report, reports.SessionStarted)
    assert report.at == NO_CLOCK
    assert report.repairs == ("time_unreadable",)


@pytest.mark.parametrize(
    ("field", "value"),
    [("connectorId", -1), ("connectorId", 2**40)],
)
def test_absurd_numbers_of_a_start_are_refused_by_name(field: str, value: int) -> None:
    with pytest.raises(Unfit, match=field):
        report_of(ONE_SIX, "StartTransaction", start16(**{field: value}))


@pytest.mark.parametrize("value", [-1, 2**31 - 1, 2**63])
def test_a_start_whose_register_is_none_is_a_start(value: int) -> None:
    report = report_of(ONE_SIX, "StartTransaction", start16(meterStart=value))

    assert (report.meter_wh, report.repairs) == (None, ("register_absurd",))


def test_a_stop_of_one_six_brings_its_readings() -> None:
    data = [
        {"timestamp": ISO, "sampledValue": [{"value": "1500", "context": "Transaction.Begin"}]},
        {
            "timestamp": "2026-03-02T09:00:00Z",
            "sampledValue": [{"value": "8.9", "unit": "kWh", "context": "Transaction.End"}],
        },
    ]
    payload = {
        "transactionId": -1,
        "meterStop": 8900,
        "timestamp": "2026-03-02T09:00:00Z",
        "reason": "EVDisconnected",
        "idTag": "04a1b2c3",
        "transactionData": data,
    }

    report = report_of(ONE_SIX, "StopTransaction", payload)

    end = AT.replace(hour=9)
    assert report == reports.SessionEnded(
        "-1",
        8900,
        end,
        "ev_disconnected",
        "04A1B2C3",
        (
            reports.Reading(AT, 1500, context="transaction_begin"),
            reports.Reading(end, 8900, context="transaction_end"),
        ),
    )


def test_a_stop_without_reason_or_token_is_local_and_nobodys() -> None:
    payload = {"transactionId": 5, "meterStop": 8900, "timestamp": ISO}

    report = report_of(ONE_SIX, "StopTransaction", payload)

    assert report == reports.SessionEnded("5", 8900, AT, "local")


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        ("Preparing", ("occupied", None)),
        ("Charging", ("occupied", "charging")),
        ("SuspendedEV", ("occupied", "suspended_ev")),
        ("SuspendedEVSE", ("occupied", "suspended_evse")),
        ("Finishing", ("occupied", None)),
        ("Reserved", ("reserved", None)),
        ("Unavailable", ("unavailable", None)),
    ],
)
def test_one_word_of_one_six_is_a_status_and_a_charging_state(
    status: str, meant: tuple[str, str | None]
) -> None:
    payload = {"connectorId": 3, "errorCode": "HighTemperature", "status": status}

    report = report_of(ONE_SIX, "StatusNotification", payload)

    assert isinstance(report, reports.StatusChanged)
    assert (report.status, report.charging) == meant
    assert (report.evse, report.connector) == (3, 1)
    assert report.at is None
    assert report.error_code == "HighTemperature"


def test_an_event_of_two_oh_one_says_all_it_says() -> None:
    payload = event201(
        evse={"id": 2, "connectorId": 1},
        idToken={"idToken": "04a1b2c3", "type": "ISO14443"},
        offline=True,
        reservationId=9,
        transactionInfo={
            "transactionId": "T-1",
            "chargingState": "Charging",
            "remoteStartId": 77,
        },
        meterValue=[{"timestamp": ISO, "sampledValue": [{"value": 1500.4}]}],
    )

    report = report_of(TWO_OH_ONE, "TransactionEvent", payload)

    assert report == reports.SessionProgressed(
        "started",
        "T-1",
        0,
        AT,
        evse=2,
        id_token="04A1B2C3",
        charging="charging",
        remote_start_id=77,
        reservation_id=9,
        offline=True,
        readings=(reports.Reading(AT, 1500),),
    )


def test_an_event_that_says_little_leaves_the_rest_open() -> None:
    report = report_of(
        TWO_OH_ONE, "TransactionEvent", event201(transactionInfo={"transactionId": "T-1"})
    )

    assert report == reports.SessionProgressed("started", "T-1", 0, AT)


@pytest.mark.parametrize(
    ("told", "reason"), [(None, "local"), ("EVDisconnected", "ev_disconnected")]
)
def test_an_end_without_a_reason_is_local(told: str | None, reason: str) -> None:
    transaction = {"transactionId": "T-1"} | ({"stoppedReason": told} if told else {})

    report = report_of(
        TWO_OH_ONE, "TransactionEvent", event201(eventType="Ended", transactionInfo=transaction)
    )

    assert isinstance(report, reports.SessionProgressed)
    assert report.stop_reason == reason


def test_no_authorization_is_no_token() -> None:
    """A station with a start button sends a token of this type, which names nobody."""
    payload = event201(idToken={"idToken": "", "type": "NoAuthorization"})

    report = report_of(TWO_OH_ONE, "TransactionEvent", payload)

    assert isinstance(report, reports.SessionProgressed)
    assert report.id_token is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seqNo": -1}, "seqNo"),
        ({"evse": {"id": -1}}, "evse.id"),
        ({"transactionInfo": {"transactionId": ""}}, "transactionId"),
        ({"transactionInfo": {"transactionId": "a\x00"}}, "transactionId"),
        ({"transactionInfo": {"transactionId": "T", "remoteStartId": -5}}, "remoteStartId"),
    ],
)
def test_absurd_fields_of_an_event_are_refused_by_name(changes: Any, field: str) -> None:
    with pytest.raises(Unfit, match=field):
        report_of(TWO_OH_ONE, "TransactionEvent", event201(**changes))


def test_a_report_of_the_device_model_becomes_settings() -> None:
    payload = {
        "requestId": 4,
        "generatedAt": ISO,
        "seqNo": 0,
        "tbc": True,
        "reportData": [
            {
                "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"},
                "variableAttribute": [{"value": "300"}, {"type": "MaxSet", "value": "9000"}],
            },
            {
                "component": {"name": "EVSE", "evse": {"id": 1}},
                "variable": {"name": "Power"},
                "variableAttribute": [{"type": "Actual", "value": "0"}],
            },
            {
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
                "variableAttribute": [{"mutability": "WriteOnly"}],
            },
        ],
    }

    report = report_of(TWO_OH_ONE, "NotifyReport", payload)

    settings = {"OCPPCommCtrlr.HeartbeatInterval": "300", "EVSE@1.Power": "0"}
    assert report == reports.SettingsReported(4, settings, is_last=False)


@pytest.mark.parametrize("version", [ONE_SIX, TWO_OH_ONE, TWO_ONE], ids=lambda each: each.name)
def test_what_is_no_session_is_a_note_with_the_number_of_what_asked_for_it(
    version: Version,
) -> None:
    payload = {"status": "Uploaded", "requestId": 7}

    report = report_of(version, "LogStatusNotification", payload)

    assert report == reports.Noted("log", payload, 7, status="uploaded")


def test_a_note_may_be_a_part_and_may_answer_nobody() -> None:
    payload = {"requestId": -1, "tbc": True, "data": "first half", "seqNo": 0, "generatedAt": ISO}

    report = report_of(TWO_OH_ONE, "NotifyCustomerInformation", payload)

    assert report == reports.Noted("customer_information", payload, None, is_last=False)


@pytest.mark.parametrize(("told", "status"), [("Expired", "expired"), ("Removed", "removed")])
def test_a_reservation_that_ended(told: str, status: str) -> None:
    payload = {"reservationId": 7, "reservationUpdateStatus": told}

    report = report_of(TWO_OH_ONE, "ReservationStatusUpdate", payload)

    assert report == reports.ReservationEnded(7, status)
