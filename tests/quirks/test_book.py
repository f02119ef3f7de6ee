"""Which profile is whose, and what is wrong with a file that cannot be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.stations import quirk_files
from chargehub.stations.quirk_bodies import in_words
from chargehub.stations.quirk_files import BrokenProfile, load, read
from chargehub.stations.quirks import (
    AUTO,
    OFF,
    Hardware,
    Match,
    Never,
    QuirkBook,
    QuirkProfile,
    Treatment,
    UnknownQuirkProfile,
    version_numbers,
)
from tests.tree import ROOT

GOOD = """
title = "Some wallbox"

[[stations]]
vendor = "ACME"

[treatment]
reply_delay_s = { Authorize = 1 }

[[quirks]]
name = "in-a-hurry"
what = "It hangs up on answers that come fast."
state = "done"
how = "They are held back for a second."
sources = ["https://github.com/acme/wall/issues/1"]
"""


def profile(name: str, **match: str) -> QuirkProfile:
    quirk = {
        "name": "odd",
        "what": "It does something odd.",
        "state": "todo",
        "how": "Nobody knows yet.",
        "sources": ("https://github.com/acme/wall/issues/1",),
    }
    return QuirkProfile.model_validate(
        {"name": name, "title": name, "stations": (Match(**match),), "quirks": (quirk,)}
    )


BOOK = QuirkBook(
    [
        profile("acme", vendor="ACME"),
        profile("acme-wall", vendor="ACME", model="Wall*"),
        profile("acme-wall-two", vendor="ACME", model="Wall 2*"),
        profile("acme-wall-two-old", vendor="ACME", model="Wall 2*", firmware="<2.0"),
        profile("nameless", vendor="", model="AC"),
    ]
)


@pytest.mark.parametrize(
    ("hardware", "name"),
    [
        (Hardware("ACME", None, None), "acme"),
        (Hardware(" a c m e ", "wall one", "1.0"), "acme-wall"),
        (Hardware("Acme", "WALL 22", "2.0.0"), "acme-wall-two"),
        (Hardware("Acme", "WALL 22", None), "acme-wall-two"),
        (Hardware("Acme", "WALL 22", "V1.9.9-beta"), "acme-wall-two-old"),
        (Hardware(None, "ac", None), "nameless"),
        (Hardware("Somebody", "ac", None), None),
        (Hardware("ACME Limited", "Wall", None), None),
        (Hardware(None, None, None), None),
    ],
)
def test_the_profile_that_says_most_of_a_station_is_its_own(
    hardware: Hardware, name: str | None
) -> None:
    found = BOOK.of(hardware)

    assert (found.name if found else None) == name


def test_what_an_operator_chose_counts_whatever_the_station_is() -> None:
    hardware = Hardware("ACME", "Wall 2", "1.0")

    assert BOOK.of(hardware, OFF) is None
    chosen = BOOK.of(hardware, "nameless")
    assert chosen is not None and chosen.name == "nameless"
    for choice in (AUTO, OFF, "acme"):
        BOOK.check_choice(choice)
    with pytest.raises(UnknownQuirkProfile, match="GET /quirk-profiles"):
        BOOK.check_choice("acme-roof")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("TAC3Z9119006710273::V1.8.21", (1, 8, 21)),
        ("055.6", (55, 6)),
        ("THOR_11AS-V5.2.4-20230307-NOVO", (5, 2, 4)),
        ("1.0.0", (1,)),
        ("0.0", (0,)),
        ("build 7", (7,)),
        ("beta", ()),
    ],
)
def test_the_version_in_a_firmwares_name(text: str, numbers: tuple[int, ...]) -> None:
    assert version_numbers(text) == numbers


@given(st.lists(st.integers(0, 99), min_size=2, max_size=4), st.text("abc-V ", max_size=5))
def test_a_range_holds_what_is_in_it(numbers: list[int], around: str) -> None:
    version = ".".join(map(str, numbers))
    told = Hardware("ACME", None, around + version)

    assert Match(vendor="ACME", firmware=f"<={version}").fits(told)
    assert Match(vendor="ACME", firmware=f">={version},<100").fits(told)
    assert not Match(vendor="ACME", firmware=f"<{version}").fits(told)
    assert not Match(vendor="ACME", firmware=f">{version}").fits(told)


@given(st.text(max_size=40) | st.none(), st.text(max_size=40) | st.none(), st.text(max_size=40))
def test_whatever_a_station_calls_itself_it_can_be_looked_up(
    vendor: str | None, model: str | None, firmware: str
) -> None:
    load_once().of(Hardware(vendor, model, firmware))


def load_once(kept: list[QuirkBook] = []) -> QuirkBook:  # noqa: B006
    if not kept:
        kept.append(load())
    return kept[0]


def test_a_call_is_forbidden_by_its_fields() -> None:
    never = Never(action="A", having={"b.c": 1}, because="It does not like that.")

    assert never.forbids("A", {"b": {"c": 1}, "d": 2})
    assert not never.forbids("A", {"b": {"c": 2}})
    assert not never.forbids("A", {"b": 1})
    assert not never.forbids("B", {"b": {"c": 1}})


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[treatment]", "[treatment", "at line 7"),
        ("{ Authorize = 1 }", "{ Authorize = 99 }", "line 8: treatment.reply_delay_s.Authorize"),
        ("reply_delay_s", "reply_delay", "line 8: treatment.reply_delay: Extra inputs"),
        ('"done"', '"finished"', "line 13: quirks.0.state"),
        ('vendor = "ACME"', 'vendor = "*"', "line 4: stations.0: Value error, name a vendor"),
        ('"ACME"', '"ACME"\nfirmware = "<1,x"', "line 6: stations.0.firmware: Value error, give"),
        ('title = "Some wallbox"', "", "line 1: title: Field required"),
        ('how = "They', 'when = "They', "line 10: quirks.0.how: Field required"),
    ],
)
def test_a_broken_file_is_named_with_line_and_key(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(GOOD.replace(old, new, 1))

    with pytest.raises(BrokenProfile) as broken:
        load(tmp_path)

    assert str(broken.value).startswith(str(path))
    assert complaint in str(broken.value)


def test_an_operators_own_profile_takes_the_place_of_the_hubs(tmp_path: Path) -> None:
    (tmp_path / "wallbox.toml").write_text(GOOD)
    (tmp_path / "acme.toml").write_text(GOOD)

    book = load(tmp_path)

    assert {"acme", "wallbox", "abb-terra-ac"} <= {one.name for one in book}
    assert book.of(Hardware("Wall Box Chargers", "CPB1", None)) is None
    assert read(tmp_path / "acme.toml").treatment.reply_delay_s == {"Authorize": 1}


def test_a_folder_that_is_not_there_and_a_name_that_is_taken(tmp_path: Path) -> None:
    with pytest.raises(BrokenProfile, match="no such folder"):
        load(tmp_path / "gone")
    (tmp_path / "off.toml").write_text(GOOD)
    with pytest.raises(BrokenProfile, match="may be called off"):
        load(tmp_path)


def test_the_profiles_that_come_with_the_hub_are_whole() -> None:
    profiles = list(load())

    assert len(profiles) >= 10
    assert {quirk.state for one in profiles for quirk in one.quirks} == {"done", "todo", "exempt"}
    assert quirk_files.shipped() == quirk_files.CHECKOUT


def test_every_treatment_has_words() -> None:
    """An owner reads what is done; a new kind of treatment without a sentence fails here."""
    told = {
        "reply_delay_s": {"*": 1},
        "ping_interval_s": 0,
        "answers_pings": False,
        "heartbeat_interval_s": 60,
        "versions": ("1.6",),
        "boot_wait_s": 1,
        "quiet_after_boot_s": 1,
        "pause_s": 1,
        "id_tokens": "upper",
        "measurands": ("Voltage",),
        "sampling_interval_s": 60,
        "clock_aligned_interval_s": 60,
        "station_ping_interval_s": 60,
        "settings": {"1.6": {"A": "1"}},
        "never": (Never(action="Reset", because="It never comes back."),),
    }

    assert set(told) == set(Treatment.model_fields)
    assert in_words(Treatment()) == []
    for name, value in told.items():
        assert len(in_words(Treatment.model_validate({name: value}))) == 1, name


def test_a_hub_does_not_start_on_a_broken_profile(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(GOOD.replace("done", "finished"))
    environment = {**os.environ, "CHARGEHUB_CHARGERS": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "chargehub", "serve"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert f"{tmp_path}/acme.toml, line 13: quirks.0.state" in done.stderr
    assert list(tmp_path.glob("*.sqlite")) == []
