"""Recorded sessions are read to the Wh and the second, in both forms."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.recordings import OWN_COLUMNS, PUBLISHED_COLUMNS, BadRecording, read

PUBLISHED = Path(__file__).parents[2].parent / "shared/data/residential_sessions.csv"
needs_published = pytest.mark.skipif(
    not PUBLISHED.exists(), reason="the published data set lies outside the project"
)


def published(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "published.csv"
    path.write_text("\r\n".join((PUBLISHED_COLUMNS, *rows)) + "\r\n")
    return path


def own(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "own.csv"
    path.write_text("\n".join((OWN_COLUMNS, *rows)) + "\n")
    return path


def row(number: int, start: str, end: str, kwh: str, user: str = "G1-1", shared: str = "") -> str:
    kind = f"Shared;{shared}" if shared else "Private;NA"
    return f"{number};G1;{user};{kind};{start};0;{end};0;{kwh};0,05;Dec;Friday"


@needs_published
def test_published_set_has_every_session_and_every_wh():
    """Data: Sørensen et al., Data in Brief 36 (2021) 107105, data set 1, CC BY 4.0."""
    recordings = read(PUBLISHED)

    assert len(recordings.sessions) == 6_878
    assert recordings.energy_wh == 87_493_280
    assert recordings.estimated == 34
    estimated = sum(one.energy_wh for one in recordings.sessions if one.is_estimated)
    assert estimated == 385_710
    assert len(recordings.by_place()) == 69
    assert len({one.user for one in recordings.sessions}) == 97
    assert recordings.source is not None
    assert "CC BY 4.0" in recordings.source


@needs_published
def test_published_sessions_start_once_a_second_at_an_evse_and_take_time():
    recordings = read(PUBLISHED)

    starts = Counter((one.place, one.started_at) for one in recordings.sessions)
    assert max(starts.values()) == 1
    assert all(one.ended_at > one.started_at for one in recordings.sessions)
    assert recordings.overlapping > 0


@needs_published
def test_registers_of_an_evse_follow_one_another():
    for sessions in read(PUBLISHED).by_place().values():
        assert [one.end_wh for one in sessions[:-1]] == [one.start_wh for one in sessions[1:]]


def test_local_time_becomes_utc_in_summer_and_winter(tmp_path):
    path = published(
        tmp_path,
        row(1, "21.12.2018 10:20", "21.12.2018 10:23", "0,3"),
        row(2, "21.06.2019 10:20", "21.06.2019 11:20", "1,25"),
    )

    winter, summer = read(path).sessions

    assert winter.started_at == datetime(2018, 12, 21, 9, 20, tzinfo=UTC)
    assert summer.started_at == datetime(2019, 6, 21, 8, 20, tzinfo=UTC)
    assert (winter.energy_wh, summer.energy_wh) == (300, 1_250)


def test_evse_is_the_users_own_or_the_shared_one(tmp_path):
    path = published(
        tmp_path,
        row(1, "21.12.2018 10:20", "21.12.2018 10:23", "0,3"),
        row(2, "21.12.2018 10:20", "21.12.2018 10:23", "0,3", shared="Shared-7"),
    )

    private, shared = read(path).sessions

    assert (private.place, private.is_private) == (("G1", "G1-1"), True)
    assert (shared.place, shared.is_private) == (("G1", "Shared-7"), False)


def test_missing_end_is_estimated_at_3_6_kw(tmp_path):
    path = published(tmp_path, row(1, "21.12.2018 10:20", "NA", "7,2"))

    (session,) = read(path).sessions

    assert session.is_estimated
    assert session.ended_at - session.started_at == timedelta(hours=2)


def test_sessions_of_one_minute_follow_one_another_in_file_order(tmp_path):
    minute = "25.01.2019 15:52"
    path = published(
        tmp_path,
        row(80, minute, minute, "0,01"),
        row(81, minute, "25.01.2019 16:01", "0,47"),
    )

    first, second = read(path).sessions

    assert first.started_at < first.ended_at < second.started_at < second.ended_at
    assert second.started_at - first.started_at < timedelta(minutes=1)


def test_overlaps_stay_and_are_counted(tmp_path):
    path = own(
        tmp_path,
        "a,Home,E1,u,true,2026-01-01T10:00:00Z,2026-01-01T12:00:00Z,1000",
        "b,Home,E1,v,true,2026-01-01T11:00:00Z,2026-01-01T13:00:00Z,500",
        "c,Home,E2,v,true,2026-01-01T11:00:00Z,2026-01-01T13:00:00Z,500",
    )

    recordings = read(path)

    assert recordings.overlapping == 1
    assert [one.start_wh for one in recordings.sessions] == [100_000, 101_000, 100_000]


def test_own_form_takes_any_zone_and_an_empty_end(tmp_path):
    path = own(tmp_path, "x1,Home,Left,ann,false,2026-03-02T08:00:00+01:00,,3600")

    recordings = read(path, "Europe/Berlin")

    (session,) = recordings.sessions
    assert session.started_at == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert session.ended_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert (session.is_private, session.is_estimated) == (False, True)
    assert (recordings.time_zone, recordings.source) == ("Europe/Berlin", None)


def test_limit_changes_neither_registers_nor_seconds(tmp_path):
    minute = "25.01.2019 15:52"
    path = published(
        tmp_path,
        row(80, minute, minute, "0,01"),
        row(81, minute, "25.01.2019 16:01", "0,47"),
    )

    whole = read(path)

    assert whole.first(1).sessions == whole.sessions[:1]
    assert whole.first(None) == whole


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x,Home,E,u,true,2026-01-01T10:00:00,2026-01-01T11:00:00Z,5", "has no zone"),
        ("x,Home,E,u,true,2026-01-01T10:00:00Z,2026-01-01T09:00:00Z,5", "ends before it starts"),
        ("x,Home,E,u,true,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,-5", "negative"),
        ("x,Home,E,u,true,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,0.5", "no whole number"),
        ("x,Home,E,u,maybe,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,5", "maybe"),
        ("x,,E,u,true,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,5", "a name is empty"),
        ("x,Home,E,u,true,yesterday,2026-01-01T11:00:00Z,5", "yesterday"),
        ("x,Home", ""),
    ],
)
def test_line_that_cannot_be_meant_is_named(tmp_path, line, says):
    path = own(tmp_path, "ok,Home,E,u,true,2026-01-01T10:00:00Z,,5", line)

    with pytest.raises(BadRecording, match="line 3") as refusal:
        read(path)

    assert says in str(refusal.value)


def test_file_of_another_form_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b,c\n1,2,3\n")

    with pytest.raises(BadRecording, match="line 1"):
        read(path)


@given(energies=st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_every_session_differs_by_its_energy_on_the_register(tmp_path_factory, energies):
    path = own(
        tmp_path_factory.mktemp("own"),
        *(f"{n},Home,E,u,true,2026-01-01T10:00:00Z,,{wh}" for n, wh in enumerate(energies)),
    )

    sessions = read(path).sessions

    assert [one.end_wh - one.start_wh for one in sessions] == energies
    assert sessions[-1].end_wh - sessions[0].start_wh == sum(energies)
