"""The rules of stations, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.errors import Refused
from chargehub.stations import commands, rules
from chargehub.stations.reports import ConnectorStatus
from chargehub.stations.rules import NewConnector, NewEvse, NewStation, Told
from tests.stations.samples import LOCATION, evse, wanted

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
STATUSES = ("available", "occupied", "reserved", "unavailable", "faulted")

told = st.builds(Told, status=st.sampled_from([None, *STATUSES]), connection=st.integers(0, 3))


# --- passwords -----------------------------------------------------------------------------


def test_a_password_is_known_by_its_digest_alone() -> None:
    digest = rules.password_digest(b"secret", b"password")

    assert len(digest) == 64
    assert rules.is_password(b"secret", b"password", digest)
    assert not rules.is_password(b"secret", b"Password", digest)
    assert not rules.is_password(b"another secret", b"password", digest)


def test_the_digest_is_the_one_of_the_standard() -> None:
    """Source: RFC 4231, section 4.3 (test case 2)."""
    digest = rules.password_digest(b"Jefe", b"what do ya want for nothing?")

    assert digest == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_no_sign_of_a_password_looks_like_another() -> None:
    assert len(set(rules.ALPHABET)) == len(rules.ALPHABET)
    assert not set("0O1Il") & set(rules.ALPHABET)
    assert set(rules.CAPITALS) < set(rules.ALPHABET)


# --- what may be registered ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        ({"latitude_e6": 90_000_001}, "bad_place", "Latitude lies between"),
        ({"latitude_e6": -90_000_001}, "bad_place", "Latitude lies between"),
        ({"longitude_e6": 180_000_001}, "bad_place", "Longitude lies between"),
        ({"longitude_e6": -180_000_001}, "bad_place", "Longitude lies between"),
        ({"time_zone": "Europe/Nowhere"}, "unknown_time_zone", "is no time zone"),
        ({"time_zone": "Europe"}, "unknown_time_zone", "is no time zone"),
        ({"time_zone": "europe/oslo"}, "unknown_time_zone", "is no time zone"),
        ({"time_zone": "../../etc/passwd"}, "unknown_time_zone", "is no time zone"),
        ({"time_zone": "/etc/localtime"}, "unknown_time_zone", "is no time zone"),
        ({"time_zone": "localtime"}, "unknown_time_zone", "is no time zone"),
        ({"time_zone": ""}, "unknown_time_zone", "is no time zone"),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    changed: dict[str, object], code: str, sentence: str
) -> None:
    place = replace(LOCATION, **changed)  # type: ignore[arg-type]

    with pytest.raises(Refused, match=sentence) as refused:
        rules.check_location(place)

    assert refused.value.code == code


@pytest.mark.parametrize("name", ["Europe/Oslo", "America/Argentina/Ushuaia", "UTC", "Etc/GMT+5"])
def test_names_of_the_tz_database_are_time_zones(name: str) -> None:
    rules.check_time_zone(name)


@pytest.mark.parametrize(
    ("evses", "sentence"),
    [
        ((), "There must be 1 to 20 EVSEs, not 0."),
        (tuple(evse(number) for number in range(1, 22)), "There must be 1 to 20 EVSEs, not 21."),
        ((evse(0),), "The EVSEs are numbered 1 to 1, each number once."),
        ((evse(1), evse(3)), "The EVSEs are numbered 1 to 2, each number once."),
        ((evse(1), evse(1)), "The EVSEs are numbered 1 to 2, each number once."),
        ((evse(power_w=0),), "EVSE 1: power_w is 1 to 1000000 W, not 0."),
        ((evse(power_w=-1),), "EVSE 1: power_w is 1 to 1000000 W, not -1."),
        ((evse(power_w=1_000_001),), "EVSE 1: power_w is 1 to 1000000 W, not 1000001."),
        ((NewEvse(1, 11_000, ()),), "There must be 1 to 10 connectors of EVSE 1, not 0."),
        (
            (NewEvse(1, 11_000, (NewConnector(2, "CHADEMO"),)),),
            "The connectors of EVSE 1 are numbered 1 to 1, each number once.",
        ),
        (
            (evse(1, *["CHADEMO"] * 11),),
            "There must be 1 to 10 connectors of EVSE 1, not 11.",
        ),
        (
            (evse(1, "Type2"),),
            "EVSE 1: 'Type2' is no connector type. "
            "Use OCPI's names, such as IEC_62196_T2 or IEC_62196_T2_COMBO.",
        ),
    ],
)
def test_equipment_that_cannot_be_meant_is_refused(
    evses: tuple[NewEvse, ...], sentence: str
) -> None:
    station = NewStation("location", "name", evses)

    with pytest.raises(rules.BadEquipment) as refused:
        rules.check_station(station)

    assert refused.value.detail == sentence


@pytest.mark.parametrize("identity", ["", ".", "..", "a/b", "a b", "å", "a" * 49, "a\n", "a%20b"])
def test_an_identity_that_cannot_stand_in_an_address_is_refused(identity: str) -> None:
    with pytest.raises(rules.BadIdentity, match="1 to 48 of the signs"):
        rules.check_station(wanted("location", identity=identity))


@pytest.mark.parametrize("identity", ["A", "CS-01", "a.b_c-D9", "a" * 48])
def test_an_identity_of_allowed_signs_is_taken(identity: str) -> None:
    rules.check_station(wanted("location", identity=identity))


@given(st.floats(-180, 180))
def test_microdegrees_are_the_nearest(degrees: float) -> None:
    assert abs(rules.microdegrees(degrees) - degrees * 1_000_000) <= 0.5 + 1e-6


# --- status --------------------------------------------------------------------------------


def test_an_older_status_is_no_news_within_a_connection() -> None:
    known = Told("occupied", None, AT, None, connection=7)
    second = timedelta(seconds=1)

    assert not rules.is_news(known, AT - second, connection=7)
    assert rules.is_news(known, AT, connection=7)
    assert rules.is_news(known, AT + second, connection=7)


def test_a_new_connection_starts_afresh() -> None:
    known = Told("occupied", None, AT, None, connection=7)

    assert rules.is_news(known, AT - timedelta(days=9_000), connection=8)


@pytest.mark.parametrize(
    ("number", "known", "meant"), [(2, (1, 2), 2), (3, (1, 2), None), (0, (1,), 1), (5, (1,), 1)]
)
def test_the_connector_meant(number: int, known: tuple[int, ...], meant: int | None) -> None:
    assert rules.connector_meant(number, known) == meant


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], None),
        ([None], None),
        (["available", None], "available"),
        (["available", "occupied"], "occupied"),
        (["reserved", "available"], "reserved"),
        (["faulted", "available"], "available"),
        (["faulted", "unavailable"], "faulted"),
        (["unavailable", "unavailable"], "unavailable"),
    ],
)
def test_an_evse_is_what_its_connectors_are_together(
    statuses: list[ConnectorStatus | None], expected: str | None
) -> None:
    assert rules.fold([Told(status) for status in statuses]).status == expected


@given(st.lists(told, max_size=6), st.randoms())
def test_folding_does_not_depend_on_the_order(some: list[Told], randomly: object) -> None:
    shuffled = sorted(some, key=lambda _: randomly.random())  # type: ignore[attr-defined]

    assert rules.fold(some).status == rules.fold(shuffled).status
    assert rules.fold(some) in [*some, Told()]


# --- availability --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "charging", "connected", "is_open", "booked", "expected"),
    [
        ("available", None, True, True, False, "free"),
        ("available", "idle", True, True, False, "free"),
        ("available", None, True, True, True, "booked"),
        ("reserved", None, True, True, False, "booked"),
        ("available", None, True, False, True, "closed"),
        ("unavailable", None, True, True, False, "closed"),
        ("occupied", None, True, True, True, "occupied"),
        ("occupied", "charging", True, False, False, "occupied"),
        ("available", "suspended_ev", True, True, False, "occupied"),
        ("faulted", None, True, True, True, "faulted"),
        ("occupied", "charging", False, True, False, "offline"),
        ("available", None, False, True, False, "offline"),
    ],
)
def test_availability(
    status: str, charging: str | None, connected: bool, is_open: bool, booked: bool, expected: str
) -> None:
    assert rules.availability(status, charging, connected, is_open, booked) == expected


@given(
    st.sampled_from(STATUSES),
    st.sampled_from([None, "idle", "ev_connected", "charging", "suspended_ev", "suspended_evse"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_free_needs_everything(
    status: str, charging: str | None, connected: bool, is_open: bool, booked: bool
) -> None:
    found = rules.availability(status, charging, connected, is_open, booked)

    if found == "free":
        assert (status, connected, is_open, booked) == ("available", True, True, False)


# --- words and commands --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        (" \t\n", None),
        ("Wallbox", "Wallbox"),
        ("SN\x00\x00\x00", "SN"),
        ("x" * 80, "x" * 50),
        ("\ud800broken", "broken"),
    ],
)
def test_words_of_stations_are_made_storable(text: str | None, expected: str | None) -> None:
    assert rules.legible(text, 50) == expected


@pytest.mark.parametrize(
    "command",
    [
        commands.StartSession(1, "CHABC", 17),
        commands.StopSession("42"),
        commands.ReadSession("42"),
        commands.Reserve(5, 1, "CHABC", AT),
        commands.CancelReservation(5),
        commands.ChangeAvailability(0, operative=False),
        commands.Reset("idle"),
        commands.Unlock(1),
        commands.TriggerReport("status"),
        commands.ReadSettings(("HeartbeatInterval",)),
        commands.WriteSettings({"HeartbeatInterval": "300"}),
    ],
    ids=lambda command: command.kind,
)
def test_a_command_survives_being_stored(command: commands.Command) -> None:
    body = rules.command_body(command)

    assert body["kind"] == command.kind
    assert rules.command_of(body) == command


@pytest.mark.parametrize(
    "name", ["AuthorizationKey", "authorizationkey ", "SecurityCtrlr.BasicAuthPassword"]
)
def test_the_password_is_no_setting(name: str) -> None:
    with pytest.raises(rules.PasswordSetting, match="Ask the hub for a new one"):
        rules.check_settings_written(["HeartbeatInterval", name])


def test_what_gives_a_right_is_not_shown() -> None:
    told = {
        "location": "sftp://me:p@ss@files.example.org/a?b=c@d",
        "apn": {"apn": "net", "apnPassword": "hunter2"},
        "vpn": {"key": "hunter2"},
        "list": [{"idTag": "04A1B2C3"}, "https://example.org/a@b"],
    }

    assert rules.masked(told) == {
        "location": "sftp://…@files.example.org/a?b=c@d",
        "apn": {"apn": "net", "apnPassword": "…"},
        "vpn": "…",
        "list": [{"idTag": "…B2C3"}, "https://example.org/a@b"],
    }
