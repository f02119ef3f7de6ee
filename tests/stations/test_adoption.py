"""What a station that nobody registered must show, by security profile."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.stations import adoption
from chargehub.stations.adoption import Shown, profile_of, why_not
from tests.stations.samples import evse, wanted

GOOD = b"x7Kp2mQ9vT4wZ8rB"
NAME = "ACME-4711"
PLAIN = Shown(NAME, GOOD, is_tls=False, speaks=True, without_password=False)
TLS = replace(PLAIN, is_tls=True)
BARE = replace(PLAIN, password=None)


@pytest.mark.parametrize(
    ("shown", "profile", "why"),
    [
        (PLAIN, 1, None),
        (TLS, 1, None),
        (TLS, 2, None),
        (PLAIN, 2, "without TLS"),
        (BARE, 1, "no password"),
        (replace(BARE, is_tls=True), 2, "no password"),
        (replace(BARE, without_password=True), 1, "no password"),
        (replace(BARE, without_password=True), 2, "without TLS"),
        (replace(BARE, without_password=True), 0, None),
        (BARE, 0, "no longer lets stations in without"),
        (replace(PLAIN, without_password=True), 0, None),
        (replace(PLAIN, password=b"short", without_password=True), 0, "shorter"),
        (replace(PLAIN, speaks=False), 1, "no OCPP"),
        (replace(BARE, speaks=False, without_password=True), 0, "no OCPP"),
    ],
)
def test_each_security_profile_asks_for_its_own(
    shown: Shown, profile: int, why: str | None
) -> None:
    reason = why_not(shown, profile)

    assert (reason is None) == (why is None)
    assert why is None or why in str(reason)


def test_who_shows_a_password_must_show_it_ever_after() -> None:
    """Else anybody would come in without it at a hub that lets stations in without one."""
    assert [profile_of(PLAIN, profile) for profile in (0, 1, 2)] == [1, 1, 2]
    assert profile_of(BARE, 0) == 0


@pytest.mark.parametrize(
    "password",
    [
        b"",
        b"x7Kp2mQ9vT4wZ8r",
        b"aaaaaaaaaaaaaaaaaaaa",
        b"abababababababababab",
        b"1111222233334444",
        b"passwordpassword",
        b"12345678123456781234",
        b"1234567890123456",
        b"abcdefghijklmnopqrst",
        b"zyxwvutsrqponmlkjihg",
        b"ACME-4711ACME-4711",
        b"acme-4711-password",
        b"\x00" * 20,
    ],
)
def test_a_password_that_can_be_guessed_is_refused_and_not_repeated(password: bytes) -> None:
    reason = why_not(replace(PLAIN, password=password), 1)

    assert reason is not None
    assert not password or password.decode() not in reason


@given(
    st.sampled_from([string.hexdigits[:16], string.ascii_letters + string.digits]),
    st.integers(16, 40),
    st.randoms(use_true_random=True),
)
def test_random_passwords_are_taken(signs: str, length: int, random: object) -> None:
    password = "".join(random.choice(signs) for _ in range(length))  # type: ignore[attr-defined]

    assert why_not(replace(PLAIN, password=password.encode()), 1) is None


def test_a_random_password_may_hold_the_identity_beside() -> None:
    assert why_not(replace(PLAIN, password=b"acme-4711:" + GOOD), 1) is None
    assert why_not(replace(PLAIN, password=GOOD, identity="7"), 1) is None


@given(st.binary(max_size=60), st.integers(0, 2), st.booleans(), st.booleans(), st.booleans())
def test_every_reason_fits_its_column(
    password: bytes, profile: int, tls: bool, speaks: bool, bare: bool
) -> None:
    reason = why_not(Shown(NAME, password, tls, speaks, bare), profile)

    assert len(reason or "") <= 300


def test_a_station_to_be_is_stored_whole() -> None:
    new = wanted("place-1", evse(1, "CHADEMO", "IEC_62196_T2"), evse(2), external_ref="r")

    assert adoption.station_of(adoption.station_body(new)) == new
