"""What a fleet remembers: only for its owner's eyes, whole or not at all, and of one set."""

import stat

import pytest

from chargers.state import BadState, State


def test_file_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "state.json"

    State(path, "set").keep_login("a@b.example", "token")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_everything_is_there_the_next_time(tmp_path):
    path = tmp_path / "state.json"
    first = State(path, "set")
    first.keep_login("a@b.example", "token")
    first.keep_station("s1", {"identity": "CS01", "password": "p"})
    first.keep_setting("price", "EUR:0.45")

    again = State(path, "set")

    assert again.login("a@b.example") == "token"
    assert again.station("s1") == {"identity": "CS01", "password": "p"}
    assert again.setting("price") == "EUR:0.45"
    assert again.password("x") == first.password("x")


def test_secret_alone_brings_accounts_back(tmp_path):
    first = State(tmp_path / "one.json", "set", "a secret")
    other = State(tmp_path / "two.json", "set", "a secret")

    assert first.password("a@b.example") == other.password("a@b.example")
    assert first.id_token("ann") == other.id_token("ann")
    assert State(None, "set").id_token("ann") != first.id_token("ann")


def test_derived_names_fit_what_a_hub_takes():
    state = State(None, "Ærlig talt / set 2")

    assert state.email("owner", "AdO3") == state.email("owner", "AdO3")
    assert state.email("owner", "AdO3") != state.email("owner", "ADO3")
    assert state.email("owner", "AdO3").isascii()
    assert len(state.id_token("x" * 100)) <= 20
    assert len(state.password("p")) >= 20


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}'])
def test_file_of_something_else_is_left_alone(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)

    with pytest.raises(BadState, match="not a state file"):
        State(path, "set")

    assert path.read_text() == text


def test_state_of_another_set_or_secret_is_refused(tmp_path):
    path = tmp_path / "state.json"
    State(path, "set", "a secret")

    with pytest.raises(BadState, match="another --state"):
        State(path, "other")
    with pytest.raises(BadState, match="another --secret"):
        State(path, "set", "b secret")


def test_a_family_opens_any_of_its_sets_and_no_other(tmp_path):
    path = tmp_path / "state.json"
    State(path, "fleet-abc")

    assert State(path, "fleet-def", family="fleet").name == "fleet-abc"
    with pytest.raises(BadState):
        State(path, "fleet-def")
    with pytest.raises(BadState):
        State(path, "yard-1", family="yard")
