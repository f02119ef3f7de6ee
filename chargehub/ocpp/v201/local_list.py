"""OCPP 2.0.1: the local authorization list, both ways. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v201.enums import (
    Action,
    AuthorizationStatusEnumType,
    SendLocalListStatusEnumType,
    UpdateEnumType,
)

from chargehub.ocpp import forms
from chargehub.ocpp.fields import Calls, Payload, Speech
from chargehub.ocpp.v201.inbound import accepted_if
from chargehub.ocpp.v201.outbound import id_token
from chargehub.stations import local_list
from chargehub.stations.commands import Command, Outcome

list_taken = accepted_if(SendLocalListStatusEnumType.accepted)


def sync_local_list(command: local_list.SyncLocalList) -> Calls:
    """GetLocalListVersionRequest. Source: OCPP 2.0.1 part 2, D02."""
    return ((Action.get_local_list_version, {}),)


def version_told(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetLocalListVersionResponse: 0 is no list. Source: OCPP 2.0.1 part 2, D02."""
    return Outcome("accepted", "", {"version": int(answers[0]["versionNumber"])})


def send_local_list(command: local_list.SendLocalList) -> Calls:
    """SendLocalListRequest. An id token without information is taken off the list.

    Source: OCPP 2.0.1 part 2, D01.
    """
    entries: list[dict[str, Any]] = [_added(each) for each in command.added]
    entries += [{"idToken": id_token(each.id_token)} for each in command.removed]
    payload: dict[str, Any] = {
        "versionNumber": command.version,
        "updateType": UpdateEnumType.full if command.is_full else UpdateEnumType.differential,
    }
    if entries:
        payload["localAuthorizationList"] = entries
    return ((Action.send_local_list, payload),)


def _added(listed: local_list.Listed) -> dict[str, Any]:
    standing = {
        "status": AuthorizationStatusEnumType.accepted,
        **forms.instants({"cacheExpiryDateTime": listed.expires_at}),
    }
    return {"idToken": id_token(listed.id_token), "idTokenInfo": standing}


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    local_list.SendLocalList: (send_local_list, list_taken),
    local_list.SyncLocalList: (sync_local_list, version_told),
}
