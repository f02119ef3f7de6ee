"""OCPP 1.6: the local authorization list, both ways. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v16.enums import Action, AuthorizationStatus, UpdateStatus, UpdateType

from chargehub.ocpp import forms
from chargehub.ocpp.fields import Calls, Payload, Speech
from chargehub.ocpp.v16.inbound import accepted_if
from chargehub.ocpp.v16.outbound import id_tag
from chargehub.stations import local_list
from chargehub.stations.commands import Command, Outcome

_NO_LIST = -1

list_taken = accepted_if(UpdateStatus.accepted)


def sync_local_list(command: local_list.SyncLocalList) -> Calls:
    """GetLocalListVersion.req. Source: OCPP 1.6, section 5.10."""
    return ((Action.get_local_list_version, {}),)


def version_told(command: Command, answers: Sequence[Payload]) -> Outcome:
    """GetLocalListVersion.conf: 0 is an empty list, -1 that the station keeps none.

    Source: OCPP 1.6, section 5.10.
    """
    version = int(answers[0]["listVersion"])
    if version == _NO_LIST:
        return Outcome("refused", UpdateStatus.not_supported)
    return Outcome("accepted", "", {"version": version})


def send_local_list(command: local_list.SendLocalList) -> Calls:
    """SendLocalList.req. An id tag without information is taken off the list.

    Source: OCPP 1.6, section 5.15.
    """
    entries: list[dict[str, Any]] = [_added(each) for each in command.added]
    entries += [{"idTag": id_tag(each.id_token)} for each in command.removed]
    payload: dict[str, Any] = {
        "listVersion": command.version,
        "updateType": UpdateType.full if command.is_full else UpdateType.differential,
    }
    if entries:
        payload["localAuthorizationList"] = entries
    return ((Action.send_local_list, payload),)


def _added(listed: local_list.Listed) -> dict[str, Any]:
    standing = {
        "status": AuthorizationStatus.accepted,
        **forms.instants({"expiryDate": listed.expires_at}),
    }
    return {"idTag": id_tag(listed.id_token), "idTagInfo": standing}


COMMANDS: Mapping[type[Command], Speech] = {  # command -> calls, their answers -> outcome
    local_list.SendLocalList: (send_local_list, list_taken),
    local_list.SyncLocalList: (sync_local_list, version_told),
}
