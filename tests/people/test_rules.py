"""Names, addresses, passwords, id tokens and locks, as pure rules."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.errors import Invalid
from chargehub.people import rules

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ADDRESS = "ada@example.org"


@given(st.text(max_size=100))
def test_folding_an_address_twice_is_folding_it_once(text: str) -> None:
    folded = rules.fold_email(text)

    assert rules.fold_email(folded) == folded


@pytest.mark.parametrize(
    "other",
    [" ada@example.org ", "Ada@Example.ORG", "\uff41da@example.org", "ada\uff20example.org"],
)
def test_spellings_of_one_address_fold_alike(other: str) -> None:
    assert rules.fold_email(rules.email(other)) == ADDRESS


@given(st.emails())
def test_an_ordinary_address_is_taken_as_it_is(address: str) -> None:
    try:
        taken = rules.email(address)
    except Invalid:
        assert not address.partition("@")[0].isalnum() or len(address) > rules.EMAIL_LONGEST
    else:
        assert taken == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "ada@@example.org",
        "ada@example..org",
        ".ada@example.org",
        "ada lovelace@example.org",
        "ada@example.org\r\nBcc: all@example.org",
        "ada@example.org,bob@example.org",
        "<ada@example.org>",
        '"ada"@example.org',
        "ada@\u200bexample.org",
        "a" * 65 + "@example.org",
        "ada@" + "e" * 250 + ".org",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"Give an e-mail address like name@example\.org\."):
        rules.email(text)


@pytest.mark.parametrize("text", ["short", "123456789", "x" * 201, "ADA@example.org "])
def test_a_password_is_long_and_not_the_address(text: str) -> None:
    with pytest.raises(Invalid):
        rules.password(text, ADDRESS)


@given(st.text(min_size=10, max_size=200))
def test_a_password_is_the_same_however_its_characters_are_typed(text: str) -> None:
    try:
        hashed = rules.password(text, ADDRESS)
    except Invalid:
        return

    assert rules.password_text(text) == hashed
    assert rules.password_text(hashed) == hashed


@pytest.mark.parametrize("text", ["", " ", "a\nb", "x" * 101, "\u202eevil"])
def test_a_name_is_one_line(text: str) -> None:
    with pytest.raises(Invalid, match="Give a name of 1 to 100 printable characters"):
        rules.name(text)


@pytest.mark.parametrize("text", ["04A2B3C4D5E6F7", "a", "A" * 255, "NL-TNM-*-_=:+|@."])
def test_an_id_token_that_a_station_can_carry_is_taken(text: str) -> None:
    assert rules.id_token(text) == text


@pytest.mark.parametrize("text", ["", "A" * 256, "a b", "a/b", "\u00e4", "\u0664", "a\n", "a#"])
def test_any_other_id_token_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="An id token has 1 to 255 characters"):
        rules.id_token(text)


@given(st.integers(0, 10_000))
def test_a_lock_never_gets_shorter_and_has_an_end(failures: int) -> None:
    assert rules.lock(failures) <= rules.lock(failures + 1) <= rules.LONGEST_LOCK


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600), (10**9, 3600)],
)
def test_locks_double_from_the_fifth_failure_on(failures: int, seconds: int) -> None:
    assert rules.lock(failures) == timedelta(seconds=seconds)
    expected = NOW + timedelta(seconds=seconds) if seconds else None
    assert rules.locked_until(failures, NOW) == expected


def test_the_list_of_scopes_is_whole() -> None:
    assert get_args(rules.Scope) == rules.SCOPES


@given(st.sets(st.sampled_from(rules.SCOPES)))
def test_a_key_has_its_scopes_and_a_login_has_all(scopes: set[rules.Scope]) -> None:
    key = rules.Actor("a", is_operator=False, scopes=frozenset(scopes))
    login = rules.Actor("a", is_operator=False, scopes=None, login_id="l")

    assert {scope for scope in rules.SCOPES if key.has(scope)} == scopes
    assert all(login.has(scope) for scope in rules.SCOPES)
