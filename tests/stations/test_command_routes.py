"""Commands and household tokens over REST, on both databases."""

from typing import Any

import pytest

from chargehub import events
from chargehub.stations import actions
from chargehub.stations.commands import Outcome, StartSession
from tests.stations.rest import Api, new_station, refusal, wrong_fields
from tests.stations.samples import NOW, ON_SQLITE

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
LONG_PEM = PEM.replace("MIIB", "MIIB" * 1_000)
KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"
AT = "2026-03-02T08:00:00Z"
FIRMWARE = {"kind": "update_firmware", "location": "https://a.org/f", "retrieve_at": AT}
PROFILE = {
    "kind": "set_charging_profile",
    "profile_id": 1,
    "purpose": "session_default",
    "unit": "A",
    "periods": [{"start_s": 0, "limit": 16}],
    "starts_at": AT,
}
SESSION = PROFILE | {"purpose": "session", "evse": 1, "transaction_id": "42"}

# --- commands ------------------------------------------------------------------------------


async def test_a_command_is_taken_and_followed(api: Api) -> None:
    owner = await api.owner()
    made = await new_station(owner)
    commands = f"/stations/{made['id']}/commands"

    asked = await owner.post(commands, json={"kind": "unlock", "evse": 1, "expires_in_s": 60})

    assert asked.status_code == 202
    body = asked.json()
    assert (body["kind"], body["state"], body["tries"]) == ("unlock", "queued", 0)
    assert body["fields"] == {"evse": 1, "connector": 1}
    assert body["expires_at"] == "2026-03-02T08:01:00Z"
    assert (await owner.get(f"/commands/{body['id']}")).json() == body
    assert (await owner.get(commands)).json() == {"items": [body], "next": None}


async def test_a_command_shows_what_came_of_it(api: Api) -> None:
    owner = await api.owner()
    made = await new_station(owner)
    asked = await owner.post(
        f"/stations/{made['id']}/commands", json={"kind": "read_settings", "names": ["A"]}
    )
    details = {"settings": {"A": "1", "AuthorizationKey": "secret"}}
    event = events.StationCommanded(asked.json()["id"], made["id"])
    await api.store.do(actions.record_outcome, event, Outcome("accepted", "Ok", details), NOW)

    shown = (await owner.get(f"/commands/{asked.json()['id']}")).json()
    settings = (await owner.get(f"/stations/{made['id']}/settings")).json()

    assert (shown["state"], shown["finished_at"]) == ("answered", "2026-03-02T08:00:00Z")
    assert shown["outcome"] == {
        "fate": "accepted",
        "status": "Ok",
        "details": {"settings": {"A": "1"}},
    }
    assert [(each["name"], each["value"]) for each in settings["items"]] == [("A", "1")]


async def test_the_newest_command_comes_first_and_id_tokens_are_masked(api: Api) -> None:
    owner = await api.owner()
    made = await new_station(owner)
    commands = f"/stations/{made['id']}/commands"
    await owner.post(commands, json={"kind": "reset"})
    start = StartSession(1, "CHSECRETTOKEN", 5)
    await api.store.do(actions.command, made["id"], start, NOW, actions.UNANSWERED)

    listed = await owner.get(commands)

    assert [each["kind"] for each in listed.json()["items"]] == ["start_session", "reset"]
    assert listed.json()["items"][0]["fields"]["id_token"] == "…OKEN"
    assert "CHSECRET" not in listed.text


@ON_SQLITE
@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"kind": "start_session", "evse": 1, "id_token": "X", "remote_start_id": 1}, "body"),
        ({"kind": "reserve"}, "body"),
        ({}, "body"),
        ({"kind": "reset", "when": "now"}, "body.reset.when"),
        ({"kind": "unlock", "evse": 0}, "body.unlock.evse"),
        ({"kind": "unlock", "evse": 1, "expires_in_s": 0}, "body.unlock.expires_in_s"),
        ({"kind": "unlock", "evse": 1, "connector": 11}, "body.unlock.connector"),
        ({"kind": "change_availability", "evse": -1, "operative": True}, None),
        ({"kind": "change_availability", "evse": 1, "operative": 1}, None),
        ({"kind": "write_settings", "settings": {}}, "body.write_settings.settings"),
        ({"kind": "write_settings", "settings": {"A": "\x00"}}, None),
        ({"kind": "read_settings", "names": [""]}, "body.read_settings.names.0"),
    ],
)
async def test_a_command_of_wrong_form_is_refused(
    api: Api, wanted: dict[str, Any], field: str | None
) -> None:
    owner = await api.owner()
    made = await new_station(owner)

    answer = await owner.post(f"/stations/{made['id']}/commands", json=wanted)

    (found,) = wrong_fields(answer)
    assert field is None or found == field


@ON_SQLITE
@pytest.mark.parametrize(
    "wanted",
    [
        FIRMWARE | {"location": "file:///etc/passwd"},
        FIRMWARE | {"location": "https://a.org/a b"},
        FIRMWARE | {"retrieve_at": "tomorrow"},
        FIRMWARE | {"signature": "c2ln"},
        FIRMWARE | {"signing_certificate": PEM},
        FIRMWARE | {"signing_certificate": KEY, "signature": "c2ln"},
        {"kind": "get_log", "log": "wire", "location": "https://a.org/l"},
        {"kind": "install_certificate", "use": "hub", "certificate": KEY + PEM},
        {"kind": "install_certificate", "use": "v2g_chain", "certificate": PEM},
        {"kind": "set_display_message", "message_id": 1, "text": ""},
        {"kind": "clear_charging_profiles", "profile_id": 1, "evse": 1},
        {"kind": "send_local_list", "version": 1, "is_full": True},
        {"kind": "trigger_report", "report": "customers"},
        PROFILE | {"periods": []},
        PROFILE | {"periods": [{"start_s": 5, "limit": 16}]},
        PROFILE | {"periods": [{"start_s": 0, "limit": 16}] * 2},
        PROFILE | {"periods": [{"start_s": 0, "limit": 16.25}]},
        PROFILE | {"starts_at": None},
        PROFILE | {"profile_kind": "relative"},
        PROFILE | {"profile_kind": "recurring"},
        PROFILE | {"recurrence": "daily"},
        PROFILE | {"purpose": "station_max", "evse": 1},
        PROFILE | {"transaction_id": "42"},
        SESSION | {"evse": 0},
        SESSION | {"transaction_id": None},
    ],
    ids=str,
)
async def test_upkeep_that_cannot_be_meant_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    owner = await api.owner()
    made = await new_station(owner)

    answer = await owner.post(f"/stations/{made['id']}/commands", json=wanted)

    assert wrong_fields(answer)


@ON_SQLITE
@pytest.mark.parametrize(
    "wanted",
    [
        FIRMWARE | {"signing_certificate": LONG_PEM, "signature": "c2ln" * 200},
        PROFILE,
        SESSION,
    ],
    ids=str,
)
async def test_upkeep_is_taken(api: Api, wanted: dict[str, Any]) -> None:
    owner = await api.owner()
    made = await new_station(owner)

    answer = await owner.post(f"/stations/{made['id']}/commands", json=wanted)

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


@pytest.mark.parametrize(
    "name",
    [
        "AuthorizationKey",
        " authorizationkey ",
        "SecurityCtrlr.BasicAuthPassword",
        "SecurityCtrlr[main]@1:2.BasicAuthPassword[new]",
    ],
)
async def test_a_password_cannot_be_written_as_a_setting(api: Api, name: str) -> None:
    """It would stand in the list of commands, and not be the one that the hub knows."""
    owner = await api.owner()
    made = await new_station(owner)
    wanted = {"kind": "write_settings", "settings": {name: "0123456789abcdef"}}

    answer = await owner.post(f"/stations/{made['id']}/commands", json=wanted)

    assert refusal(answer) == (
        *(403, "password_setting"),
        f"{name} holds the station's password. Ask the hub for a new one instead.",
    )


# --- household tokens ----------------------------------------------------------------------


async def test_household_tokens_are_set_whatever_their_case_and_removed(api: Api) -> None:
    owner = await api.owner()
    evse_id = (await new_station(owner))["evses"][0]["id"]

    for token in ("chHome1", "CHHOME1", "CH2"):
        assert (await owner.put(f"/evses/{evse_id}/household/{token}")).status_code == 204
    removed = await owner.delete(f"/evses/{evse_id}/household/ch2")

    listed = await owner.get(f"/evses/{evse_id}/household")
    assert removed.status_code == 204
    assert listed.json() == {"items": [{"id_token": "CHHOME1"}], "next": None}


@ON_SQLITE
async def test_what_is_no_id_token_is_refused(api: Api) -> None:
    owner = await api.owner()
    evse_id = (await new_station(owner))["evses"][0]["id"]

    answer = await owner.put(f"/evses/{evse_id}/household/no%20token")

    assert refusal(answer)[:2] == (422, "invalid")


@ON_SQLITE
async def test_a_schedule_has_no_more_periods_than_its_station_takes(api: Api) -> None:
    owner = await api.owner()
    made = await new_station(owner)
    commands = f"/stations/{made['id']}/commands"
    told = {"ChargingScheduleMaxPeriods": "1"}
    await api.store.do(actions.store_settings, made["id"], told, NOW)
    two = PROFILE | {"periods": [{"start_s": 0, "limit": 16}, {"start_s": 60, "limit": 8}]}

    fitting = await owner.post(commands, json=PROFILE)
    refused = await owner.post(commands, json=two)

    assert fitting.status_code == 202
    assert refusal(refused)[:2] == (422, "too_many_periods")
