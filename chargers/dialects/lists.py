"""Local lists and caches in the words of 1.6 and 2.x.

Source: OCPP 1.6, 5.3, 5.10 and 5.15; OCPP 2.0.1 part 2, C11, D01 and D02.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ocpp.v16 import call_result
from ocpp.v16.enums import Action as Action16
from ocpp.v201.enums import Action

from chargers.dialects.peer import Peer, answers, read_instant
from chargers.dialects.words import VERDICTS_2X, VERDICTS_16
from chargers.local_auth import Entry, Known, Switch

STATUSES = {"accepted": "Accepted", "failed": "Failed", "version_mismatch": "VersionMismatch"}
NO_LISTS = -1  # 1.6's version of a list where there is none

Payload = Mapping[str, Any]


class Lists16(Peer):
    """What a station of 1.6 answers about its list and cache."""

    local_switches: ClassVar[Mapping[Switch, str]] = {
        "list": "LocalAuthListEnabled",
        "cache": "AuthorizationCacheEnabled",
        "offline": "LocalAuthorizeOffline",
        "ahead": "LocalPreAuthorize",
        "unknown": "AllowOfflineTxForUnknownId",
    }

    @answers(Action16.send_local_list)
    def _send_local_list(
        self,
        list_version: int,
        update_type: str,
        local_authorization_list: Sequence[Payload] = (),
    ) -> Any:
        entries = [
            Entry(one["id_tag"], known(one.get("id_tag_info"), VERDICTS_16))
            for one in local_authorization_list
        ]
        word = self._commands.local_auth.update(list_version, entries, update_type == "Full")
        return call_result.SendLocalList(STATUSES.get(word, "NotSupported"))

    @answers(Action16.get_local_list_version)
    def _get_local_list_version(self) -> Any:
        local = self._commands.local_auth
        version = local.list_version if local.is_on("list") else NO_LISTS
        return call_result.GetLocalListVersion(version)

    @answers(Action16.clear_cache)
    def _clear_cache(self) -> Any:
        done = self._commands.local_auth.clear_cache()
        return call_result.ClearCache("Accepted" if done else "Rejected")


class Lists2x(Peer):
    """What a station of 2.x answers about its list and cache."""

    local_switches: ClassVar[Mapping[Switch, str]] = {
        "list": "LocalAuthListCtrlr.Enabled",
        "cache": "AuthCacheCtrlr.Enabled",
        "offline": "AuthCtrlr.LocalAuthorizeOffline",
        "ahead": "AuthCtrlr.LocalPreAuthorize",
        "unknown": "AuthCtrlr.OfflineTxForUnknownIdEnabled",
    }

    @answers(Action.send_local_list)
    def _send_local_list(
        self,
        version_number: int,
        update_type: str,
        local_authorization_list: Sequence[Payload] = (),
        **_: Any,
    ) -> Any:
        entries = [
            Entry(one["id_token"]["id_token"], known(one.get("id_token_info"), VERDICTS_2X))
            for one in local_authorization_list
        ]
        local = self._commands.local_auth
        word = local.update(version_number, entries, update_type == "Full")
        if word == "not_enabled":
            reason = {"reason_code": "NotEnabled"}
            return self._call_result.SendLocalList("Failed", status_info=reason)
        return self._call_result.SendLocalList(STATUSES[word])

    @answers(Action.get_local_list_version)
    def _get_local_list_version(self, **_: Any) -> Any:
        local = self._commands.local_auth
        version = local.list_version if local.is_on("list") else 0
        return self._call_result.GetLocalListVersion(version)

    @answers(Action.clear_cache)
    def _clear_cache(self, **_: Any) -> Any:
        done = self._commands.local_auth.clear_cache()
        return self._call_result.ClearCache("Accepted" if done else "Rejected")


def known(found: Payload | None, verdicts: Mapping[str, str]) -> Known | None:
    """What the hub says of a token, in the library's names; None: nothing."""
    if not found:
        return None
    until = found.get("expiry_date") or found.get("cache_expiry_date_time")
    return Known(verdicts[found["status"]], read_instant(until) if until else None)
