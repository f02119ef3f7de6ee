"""Commands for upkeep, smart charging and local lists: what goes over the wire, what comes back."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from chargehub.ocpp import schemas
from chargehub.ocpp.fields import Unfit
from chargehub.ocpp.versions import Version
from chargehub.stations import commands, local_list, profiles, upkeep
from chargehub.stations.commands import Command, Outcome
from chargehub.stations.local_list import Listed
from tests.ocpp.story import AT, ISO, KNOWN, ONE_SIX, TWO_OH_ONE, calls_of

URL = "ftp://user:secret@files.example.org/"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
LATER = AT + timedelta(hours=1)
LATER_ISO = "2026-03-02T09:00:00Z"
CARD = "04A1B2C3D4E5F6"
HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "01",
}
CERTIFICATE = {
    "hash_algorithm": "SHA256",
    "issuer_name_hash": "aa",
    "issuer_key_hash": "bb",
    "serial_number": "01",
}
EVENING = profiles.Schedule(
    "A", (profiles.Period(0, 16), profiles.Period(3_600, 6.5, 1)), AT, 7_200
)
SIGNED = upkeep.UpdateFirmware(URL, AT, LATER, PEM, "c2ln", 7)
ON_EVERY = pytest.mark.parametrize("version", KNOWN.values(), ids=lambda version: version.name)

COMMANDS: list[Command] = [
    upkeep.UpdateFirmware(URL, AT, request_id=7),
    SIGNED,
    upkeep.GetLog("diagnostics", URL, AT, LATER, 8),
    upkeep.GetLog("security", URL, request_id=8),
    upkeep.ClearCache(),
    upkeep.ListCertificates(),
    upkeep.ListCertificates("manufacturer"),
    upkeep.InstallCertificate("hub", PEM),
    upkeep.DeleteCertificate("SHA256", "aa", "bb", "01"),
    profiles.SetChargingProfile(3, "station_max", EVENING, valid_from=AT, valid_until=LATER),
    profiles.SetChargingProfile(3, "session", EVENING, 1, 2, transaction_id="42"),
    profiles.SetChargingProfile(
        3, "session_default", EVENING, 1, profile_kind="recurring", recurrence="daily"
    ),
    profiles.ClearChargingProfiles(),
    profiles.ClearChargingProfiles(3),
    profiles.ClearChargingProfiles(None, 1, "session_default", 0),
    profiles.ReadCompositeSchedule(1, 3_600),
    profiles.ReadCompositeSchedule(0, 3_600, "W"),
    local_list.SyncLocalList(),
    local_list.SendLocalList(1, is_full=True),
    local_list.SendLocalList(
        2, is_full=False, added=(Listed(CARD, AT), Listed("APP")), removed=(Listed("OLD"),)
    ),
    *(
        commands.TriggerReport(report, evse)
        for report in ("firmware", "signed_firmware", "log", "security_log", "certificate")
        for evse in (None, 1)
    ),
]
SHOWN: list[Command] = [
    commands.TellCost("tx-1", 225, 2),
    upkeep.SetDisplayMessage(1, "Hello"),
    upkeep.SetDisplayMessage(1, "Hei", "in_front", "charging", AT, LATER, "no", 2),
    *(upkeep.SetDisplayMessage(1, "x", shown_while=state) for state in get_args(upkeep.ShownWhile)),
    upkeep.GetDisplayMessages(9),
    upkeep.ClearDisplayMessage(1),
    commands.TriggerReport("session", 1),
    commands.TriggerReport("v2g_certificate"),
    commands.TriggerReport("combined_certificate"),
    *(upkeep.ListCertificates(use) for use in get_args(upkeep.CertificateUse)),
    *(upkeep.InstallCertificate(use, PEM) for use in get_args(upkeep.RootUse)),
]


def outcome_of(version: Version, command: Command, *answers: Any) -> Outcome:
    """What the hub makes of answers that fit the schemas."""
    for (action, _), answer in zip(calls_of(version, command), answers, strict=True):
        schemas.check(version.schemas.answers[action], answer)
    return version.commands[type(command)][1](command, answers)


def statuses(version: Version, action: str) -> bool:
    return version.schemas.answers[action].is_valid({"status": "Accepted"})


@ON_EVERY
@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_every_command_fits_the_schemas_of_every_version(
    version: Version, command: Command
) -> None:
    calls = calls_of(version, command)

    answers = [{"status": "Accepted"} for action, _ in calls if statuses(version, action)]
    if len(answers) == len(calls):
        assert outcome_of(version, command, *answers).fate == "accepted"


@ON_EVERY
@pytest.mark.parametrize("command", SHOWN, ids=repr)
def test_what_one_six_has_no_message_for_the_others_have(
    version: Version, command: Command
) -> None:
    is_sent = version.name != "1.6"
    is_old_use = isinstance(command, upkeep.ListCertificates | upkeep.InstallCertificate) and (
        command.use in ("hub", "manufacturer")
    )

    if is_sent or is_old_use:
        assert calls_of(version, command)
    elif type(command) in version.commands:
        with pytest.raises(Unfit):
            calls_of(version, command)


@ON_EVERY
@pytest.mark.parametrize(
    "command",
    [
        SIGNED,
        upkeep.GetLog("security", URL),
        upkeep.ClearCache(),
        upkeep.InstallCertificate("hub", PEM),
        upkeep.DeleteCertificate("SHA256", "aa", "bb", "01"),
        profiles.ReadCompositeSchedule(1, 60),
        profiles.SetChargingProfile(3, "station_max", EVENING),
    ],
    ids=repr,
)
def test_a_no_is_a_refusal(version: Version, command: Command) -> None:
    is_delete = isinstance(command, upkeep.DeleteCertificate)
    status = "Failed" if is_delete else "Rejected"

    outcome = outcome_of(version, command, {"status": status})

    assert (outcome.fate, outcome.status) == ("refused", status)


def test_firmware_of_one_six_is_signed_or_not() -> None:
    plain = upkeep.UpdateFirmware(URL, AT, request_id=7)

    assert calls_of(ONE_SIX, plain) == [("UpdateFirmware", {"location": URL, "retrieveDate": ISO})]
    ((action, payload),) = calls_of(ONE_SIX, SIGNED)
    assert (action, payload["requestId"]) == ("SignedUpdateFirmware", 7)
    assert payload["firmware"]["installDateTime"] == LATER_ISO
    assert outcome_of(ONE_SIX, plain, {}) == Outcome("accepted")
    with pytest.raises(Unfit, match="time of installation"):
        calls_of(ONE_SIX, upkeep.UpdateFirmware(URL, AT, LATER))


@ON_EVERY
def test_a_request_that_takes_anothers_place_says_so(version: Version) -> None:
    for command in (SIGNED, upkeep.GetLog("security", URL)):
        outcome = outcome_of(version, command, {"status": "AcceptedCanceled"})

        assert outcome == Outcome("accepted", "AcceptedCanceled", {"has_replaced": True})


def test_a_log_has_a_name_or_there_is_none() -> None:
    command = upkeep.GetLog("diagnostics", URL)
    in_two = {"status": "Accepted", "filename": "a.log"}

    assert outcome_of(ONE_SIX, command, {}).fate == "refused"
    told = outcome_of(ONE_SIX, command, {"fileName": "a.log"})
    assert (told.fate, told.details) == ("accepted", {"file_name": "a.log"})
    assert outcome_of(TWO_OH_ONE, command, in_two).details == {"file_name": "a.log"}


def test_certificates_are_listed_in_the_hubs_words() -> None:
    command = upkeep.ListCertificates()
    found = {"status": "Accepted", "certificateHashData": [HASHES]}
    chain = {
        "certificateType": "CSMSRootCertificate",
        "certificateHashData": HASHES,
        "childCertificateHashData": [HASHES],
    }
    in_two = {"status": "Accepted", "certificateHashDataChain": [chain]}

    old = outcome_of(ONE_SIX, command, found, {"status": "NotFound"})
    new = outcome_of(TWO_OH_ONE, command, in_two)
    none = outcome_of(TWO_OH_ONE, command, {"status": "NotFound"})

    assert old.details == {"certificates": [{"use": "hub", **CERTIFICATE}]}
    assert new.details == {
        "certificates": [{"use": "hub", **CERTIFICATE, "children": [CERTIFICATE]}]
    }
    assert (none.fate, none.details) == ("accepted", {"certificates": []})


def test_a_profile_on_the_wire() -> None:
    command = profiles.SetChargingProfile(3, "session", EVENING, 1, 2, transaction_id="42")
    periods = [
        {"startPeriod": 0, "limit": 16.0},
        {"startPeriod": 3_600, "limit": 6.5, "numberPhases": 1},
    ]
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": periods,
        "startSchedule": ISO,
        "duration": 7_200,
    }
    rest = {
        "stackLevel": 2,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
    }

    old = {"chargingProfileId": 3, **rest, "chargingSchedule": schedule, "transactionId": 42}
    new = {"id": 3, **rest, "chargingSchedule": [{"id": 3, **schedule}], "transactionId": "42"}
    assert calls_of(ONE_SIX, command) == [
        ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": old})
    ]
    assert calls_of(TWO_OH_ONE, command) == [
        ("SetChargingProfile", {"evseId": 1, "chargingProfile": new})
    ]
    named = profiles.SetChargingProfile(3, "session", EVENING, 1, transaction_id="T-1")
    with pytest.raises(Unfit):
        calls_of(ONE_SIX, named)


def test_profiles_are_cleared_by_id_or_by_what_they_share() -> None:
    by_id = profiles.ClearChargingProfiles(3)
    shared = profiles.ClearChargingProfiles(None, 1, "station_max", 0)

    assert calls_of(ONE_SIX, by_id) == [("ClearChargingProfile", {"id": 3})]
    assert calls_of(TWO_OH_ONE, by_id) == [("ClearChargingProfile", {"chargingProfileId": 3})]
    ((_, old),) = calls_of(ONE_SIX, shared)
    ((_, new),) = calls_of(TWO_OH_ONE, shared)
    assert old == {
        "connectorId": 1,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "stackLevel": 0,
    }
    assert new["chargingProfileCriteria"] == {
        "evseId": 1,
        "chargingProfilePurpose": "ChargingStationMaxProfile",
        "stackLevel": 0,
    }


@ON_EVERY
def test_a_composite_schedule_is_told_alike(version: Version) -> None:
    periods = [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, "duration": 3_600}
    if version is ONE_SIX:
        answer = {"connectorId": 1, "scheduleStart": ISO, "chargingSchedule": schedule}
    else:
        answer = {"schedule": {"evseId": 1, "scheduleStart": ISO, **schedule}}

    outcome = outcome_of(
        version, profiles.ReadCompositeSchedule(1, 3_600), {"status": "Accepted", **answer}
    )

    assert outcome.details["schedule"] == {
        "evse": 1,
        "starts_at": ISO,
        "duration_s": 3_600,
        "unit": "A",
        "periods": [{"start_s": 0, "limit": 16.0, "phases": 3}],
    }


def test_a_difference_of_a_list_on_the_wire() -> None:
    command = local_list.SendLocalList(
        2, is_full=False, added=(Listed(CARD, AT),), removed=(Listed("OLD"),)
    )

    assert calls_of(ONE_SIX, command) == [
        (
            "SendLocalList",
            {
                "listVersion": 2,
                "updateType": "Differential",
                "localAuthorizationList": [
                    {"idTag": CARD, "idTagInfo": {"status": "Accepted", "expiryDate": ISO}},
                    {"idTag": "OLD"},
                ],
            },
        )
    ]
    ((_, new),) = calls_of(TWO_OH_ONE, command)
    assert new["localAuthorizationList"] == [
        {
            "idToken": {"idToken": CARD, "type": "ISO14443"},
            "idTokenInfo": {"status": "Accepted", "cacheExpiryDateTime": ISO},
        },
        {"idToken": {"idToken": "OLD", "type": "Central"}},
    ]


def test_the_version_of_a_list_is_told_or_that_there_is_none() -> None:
    command = local_list.SyncLocalList()

    assert outcome_of(ONE_SIX, command, {"listVersion": 4}).details == {"version": 4}
    assert outcome_of(TWO_OH_ONE, command, {"versionNumber": 4}).details == {"version": 4}
    assert outcome_of(ONE_SIX, command, {"listVersion": -1}) == Outcome("refused", "NotSupported")
