"""What the hub asks: every command fits the official schemas, its answers are understood."""

from typing import Any

import pytest

from chargehub.ocpp import schemas
from chargehub.ocpp.fields import Unfit
from chargehub.ocpp.versions import Version
from chargehub.stations import commands
from chargehub.stations.commands import Command, Outcome
from tests.ocpp.story import AT, BOTH, ISO, ONE_SIX, TWO_OH_ONE, calls_of

CARD = "04A1B2C3D4E5F6"
APP = "CHABCDEFGHIJKLMNOPQR"

COMMANDS: list[Command] = [
    commands.StartSession(1, APP, 77),
    commands.StartSession(0, CARD, 77),
    commands.StopSession("42"),
    commands.Reserve(7, 1, CARD, AT),
    commands.Reserve(7, 0, APP, AT),
    commands.CancelReservation(7),
    commands.ChangeAvailability(0, operative=True),
    commands.ChangeAvailability(2, operative=False),
    commands.Reset("immediate"),
    commands.Reset("idle"),
    commands.Unlock(1, 2),
    commands.TriggerReport("boot"),
    commands.TriggerReport("heartbeat"),
    commands.TriggerReport("status", 1),
    commands.TriggerReport("meter_values", 2),
    commands.ReadSettings(),
    commands.ReadSettings(("A.B", "A.C")),
    commands.WriteSettings({"A.B": "1", "A.C": "2"}),
]


def answers_to(version: Version, calls: list[tuple[str, Any]], how: str) -> list[Any]:
    """Answers with a status of the schema: its first word (they all begin with yes) or its last."""
    return [answer_like(version, action, asked, how) for action, asked in calls]


def answer_like(version: Version, action: str, asked: Any, how: str) -> Any:
    if action == "GetConfiguration":
        if how == "yes":
            found = [{"key": key, "readonly": False, "value": "1"} for key in asked.get("key", ())]
            return {"configurationKey": found}
        return {"unknownKey": asked.get("key", [])}
    if action in ("GetVariables", "SetVariables"):
        verb = action.removesuffix("Variables").lower()
        status = "Accepted" if how == "yes" else "UnknownVariable"
        results = [
            {
                "component": one["component"],
                "variable": one["variable"],
                "attributeStatus": status,
                **({"attributeValue": "1"} if verb == "get" and how == "yes" else {}),
            }
            for one in asked[f"{verb}VariableData"]
        ]
        return {f"{verb}VariableResult": results}
    yes = "Unlocked" if action == "UnlockConnector" else "Accepted"
    no = {"UnlockConnector": "UnlockFailed", "GetBaseReport": "NotSupported"}.get(
        action, "Rejected"
    )
    return {"status": yes if how == "yes" else no}


@BOTH
@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_every_command_fits_the_schemas_and_its_answers_are_understood(
    version: Version, command: Command
) -> None:
    calls = calls_of(version, command)
    to_outcome = version.commands[type(command)][1]

    for how, fate in (("yes", "accepted"), ("no", "refused")):
        answers = answers_to(version, calls, how)
        for (action, _), answer in zip(calls, answers, strict=True):
            schemas.check(version.schemas.answers[action], answer)
        if how == "no" and calls[0] == ("GetConfiguration", {}):
            continue  # asked for all there are, none is no refusal
        assert to_outcome(command, answers).fate == fate


def test_commands_of_one_six_on_the_wire() -> None:
    assert calls_of(ONE_SIX, commands.StartSession(2, APP, 77)) == [
        ("RemoteStartTransaction", {"idTag": APP, "connectorId": 2})
    ]
    assert calls_of(ONE_SIX, commands.StopSession("42")) == [
        ("RemoteStopTransaction", {"transactionId": 42})
    ]
    assert calls_of(ONE_SIX, commands.Reserve(7, 1, APP, AT)) == [
        (
            "ReserveNow",
            {"connectorId": 1, "expiryDate": ISO, "idTag": APP, "reservationId": 7},
        )
    ]
    assert calls_of(ONE_SIX, commands.Reset("immediate")) == [("Reset", {"type": "Hard"})]
    assert calls_of(ONE_SIX, commands.ReadSettings()) == [("GetConfiguration", {})]
    assert calls_of(ONE_SIX, commands.WriteSettings({"A": "1", "B": "2"})) == [
        ("ChangeConfiguration", {"key": "A", "value": "1"}),
        ("ChangeConfiguration", {"key": "B", "value": "2"}),
    ]


def test_commands_of_two_oh_one_on_the_wire() -> None:
    assert calls_of(TWO_OH_ONE, commands.StartSession(2, APP, 77)) == [
        (
            "RequestStartTransaction",
            {"evseId": 2, "idToken": {"idToken": APP, "type": "Central"}, "remoteStartId": 77},
        )
    ]
    assert calls_of(TWO_OH_ONE, commands.Reserve(7, 1, CARD, AT)) == [
        (
            "ReserveNow",
            {
                "id": 7,
                "expiryDateTime": ISO,
                "idToken": {"idToken": CARD, "type": "ISO14443"},
                "evseId": 1,
            },
        )
    ]
    assert calls_of(TWO_OH_ONE, commands.ReadSession("T1")) == [
        ("GetTransactionStatus", {"transactionId": "T1"})
    ]
    assert calls_of(TWO_OH_ONE, commands.ReadSettings()) == [
        ("GetBaseReport", {"requestId": 0, "reportBase": "FullInventory"})
    ]
    assert calls_of(TWO_OH_ONE, commands.WriteSettings({"EVSE@1.Power": "5"})) == [
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "attributeValue": "5",
                        "component": {"name": "EVSE", "evse": {"id": 1}},
                        "variable": {"name": "Power"},
                    }
                ]
            },
        )
    ]


@pytest.mark.parametrize(
    "command",
    [
        commands.StartSession(1, "A" * 21, 77),
        commands.StopSession("a-uuid-of-2.x"),
        commands.StopSession("99999999999"),
    ],
    ids=repr,
)
def test_what_one_six_cannot_carry_is_not_sent(command: Command) -> None:
    with pytest.raises(Unfit):
        calls_of(ONE_SIX, command)


def test_a_setting_without_component_cannot_be_asked_of_two_oh_one() -> None:
    with pytest.raises(Unfit):
        calls_of(TWO_OH_ONE, commands.ReadSettings(("HeartbeatInterval",)))


def test_settings_read_are_told_with_those_that_are_unknown() -> None:
    command = commands.ReadSettings(("A", "B", "C"))
    answer = {
        "configurationKey": [
            {"key": "A", "readonly": True, "value": "1"},
            {"key": "B", "readonly": False},
        ],
        "unknownKey": ["C"],
    }

    outcome = ONE_SIX.commands[commands.ReadSettings][1](command, [answer])

    details = {"settings": {"A": "1", "B": ""}, "read_only": ["A"], "unknown": ["C"]}
    assert outcome == Outcome("accepted", "", details)


@BOTH
def test_one_setting_refused_refuses_the_command_and_says_which(version: Version) -> None:
    command = commands.WriteSettings({"A.B": "1", "A.C": "2"})
    if version is ONE_SIX:
        answers: list[Any] = [{"status": "RebootRequired"}, {"status": "Rejected"}]
    else:
        results = [
            {
                "component": {"name": "A"},
                "variable": {"name": name},
                "attributeStatus": status,
            }
            for name, status in (("B", "RebootRequired"), ("C", "Rejected"))
        ]
        answers = [{"setVariableResult": results}]

    outcome = version.commands[commands.WriteSettings][1](command, answers)

    told = {"settings": {"A.B": "RebootRequired", "A.C": "Rejected"}}
    assert outcome == Outcome("refused", "Rejected", told)


def test_a_remote_start_may_tell_the_transaction_that_runs_already() -> None:
    command = commands.StartSession(1, APP, 77)
    answer = {"status": "Accepted", "transactionId": "T-1"}

    outcome = TWO_OH_ONE.commands[commands.StartSession][1](command, [answer])

    assert outcome == Outcome("accepted", "Accepted", {"transaction_id": "T-1"})
