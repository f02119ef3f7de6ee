"""Codes of bookings: how they look, and that every one opens one thing."""

from hypothesis import given
from hypothesis import strategies as st

from chargehub.sessions.access_codes import (
    ALPHABET,
    LENGTH,
    access_code,
    is_code,
    shown,
    start_url,
)

SECRET = b"a secret of tests only"
ids = st.uuids().map(str)


@given(booking=ids, evse=ids, turn=st.integers(0, 10**6))
def test_a_code_is_read_out_and_typed_as_people_do(booking: str, evse: str, turn: int) -> None:
    code = access_code(SECRET, booking, evse, turn)

    assert len(code) == LENGTH and set(code) <= set(ALPHABET)
    assert is_code(code, code)
    assert is_code(f" {shown(code).lower()} ", code)
    assert code == access_code(SECRET, booking, evse, turn)


@given(booking=ids, evse=ids, other=ids, turn=st.integers(0, 100))
def test_another_booking_evse_turn_or_hub_has_another_code(
    booking: str, evse: str, other: str, turn: int
) -> None:
    code = access_code(SECRET, booking, evse, turn)
    others = {
        access_code(b"another secret of tests", booking, evse, turn),
        access_code(SECRET, booking, evse, turn + 1),
        access_code(SECRET, booking, other, turn),
        access_code(SECRET, other, evse, turn),
    }

    assert not any(is_code(each, code) for each in others if other not in (booking, evse))


@given(st.text())
def test_nonsense_is_no_code(given: str) -> None:
    assert not is_code(given, access_code(SECRET, "booking", "evse", 0))


def test_no_server_is_told_the_code_by_the_url() -> None:
    code = access_code(SECRET, "booking", "evse", 0)

    before, fragment = start_url("https://hub.example", "evse", code).split("#")

    assert before == "https://hub.example/start/evse"
    assert is_code(fragment, code) and code not in before
