"""OCPP 2.0.1: texts on a station's display, both ways. Pure."""

from collections.abc import Mapping
from typing import Any

from ocpp.v201.enums import (
    Action,
    ClearMessageStatusEnumType,
    DisplayMessageStatusEnumType,
    GetDisplayMessagesStatusEnumType,
    MessageFormatEnumType,
    MessagePriorityEnumType,
)

from chargehub.ocpp import forms
from chargehub.ocpp.fields import Calls, Speech
from chargehub.ocpp.v201.inbound import accepted_if
from chargehub.stations import upkeep
from chargehub.stations.commands import Command

_PRIORITY: dict[upkeep.Priority, str] = {
    "always_front": MessagePriorityEnumType.always_front,
    "in_front": MessagePriorityEnumType.in_front,
    "normal_cycle": MessagePriorityEnumType.normal_cycle,
}
_STATE: dict[upkeep.ShownWhile, str] = {
    "charging": "Charging",
    "faulted": "Faulted",
    "idle": "Idle",
    "unavailable": "Unavailable",
}
_DISPLAY = "Display"  # the component of a station or an EVSE; part 2 appendices, section 1

message_set = accepted_if(DisplayMessageStatusEnumType.accepted)
messages_announced = accepted_if(GetDisplayMessagesStatusEnumType.accepted)
message_cleared = accepted_if(ClearMessageStatusEnumType.accepted)


def set_display_message(command: upkeep.SetDisplayMessage) -> Calls:
    """SetDisplayMessageRequest: plain text, nothing that a display would run or fetch.

    Source: OCPP 2.0.1 part 2, O01.
    """
    text = {"format": MessageFormatEnumType.utf8, "content": command.text}
    if command.language is not None:
        text["language"] = command.language
    message: dict[str, Any] = {
        "id": command.message_id,
        "priority": _PRIORITY[command.priority],
        "message": text,
        **forms.instants({"startDateTime": command.starts_at, "endDateTime": command.ends_at}),
    }
    if command.shown_while is not None:
        message["state"] = _STATE[command.shown_while]
    if command.evse > 0:
        message["display"] = {"name": _DISPLAY, "evse": {"id": command.evse}}
    return ((Action.set_display_message, {"message": message}),)


def get_display_messages(command: upkeep.GetDisplayMessages) -> Calls:
    """GetDisplayMessagesRequest; the texts follow. Source: OCPP 2.0.1 part 2, O03."""
    return ((Action.get_display_messages, {"requestId": command.request_id}),)


def clear_display_message(command: upkeep.ClearDisplayMessage) -> Calls:
    """ClearDisplayMessageRequest. Source: OCPP 2.0.1 part 2, O05."""
    return ((Action.clear_display_message, {"id": command.message_id}),)


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    upkeep.ClearDisplayMessage: (clear_display_message, message_cleared),
    upkeep.GetDisplayMessages: (get_display_messages, messages_announced),
    upkeep.SetDisplayMessage: (set_display_message, message_set),
}
