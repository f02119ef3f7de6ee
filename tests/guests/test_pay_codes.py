"""Codes at EVSEs: what the hub has signed is read back, and nothing else is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.guests import pay_codes
from chargehub.guests.pay_codes import Scanned, changing_code, read_code, sticker_code

SECRET, OTHER = b"a secret of the hub", b"another hub's secret"
EVSE = "019b0d5a-0000-7000-8000-000000000001"
LASTS = timedelta(minutes=10)
NOW = datetime(2026, 3, 2, 8, 4, tzinfo=UTC)


@given(evse=st.uuids().map(str), turn=st.integers(0, 2**32 - 1))
def test_what_was_signed_is_read_back(evse: str, turn: int) -> None:
    assert read_code(SECRET, sticker_code(SECRET, evse)) == Scanned(evse, None)
    assert read_code(SECRET, changing_code(SECRET, evse, turn)) == Scanned(evse, turn)
    assert read_code(OTHER, changing_code(SECRET, evse, turn)) is None


@given(place=st.integers(0, 31), sign=st.characters(), is_turn=st.booleans())
def test_no_sign_of_a_code_can_be_changed(place: int, sign: str, is_turn: bool) -> None:
    code = changing_code(SECRET, EVSE, 7) if is_turn else sticker_code(SECRET, EVSE)
    forged = code[:place] + sign + code[place + 1 :]

    assert forged == code or read_code(SECRET, forged) is None


@pytest.mark.parametrize("text", ["", "=", "A" * 32, "A" * 38, "ä" * 32, "A" * 60, "a b", "\x00"])
def test_what_nobody_signed_is_not_read(text: str) -> None:
    assert read_code(SECRET, text) is None


def test_an_end_that_decodes_alike_is_not_the_code() -> None:
    """The last sign of 38 carries four bits of nothing: other signs stand for the same bytes."""
    code = changing_code(SECRET, EVSE, 7)
    alike = [code[:-1] + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"]

    assert all(read_code(SECRET, one) is None for one in alike if one != code)
    assert read_code(SECRET, code + "=") is None


def test_a_changing_code_counts_in_its_turn_and_the_next() -> None:
    turn = pay_codes.turn_at(NOW, LASTS)
    until = pay_codes.shown_until(turn, LASTS)

    assert until == datetime(2026, 3, 2, 8, 10, tzinfo=UTC)
    counting = [pay_codes.counts(turn, until + LASTS * step, LASTS) for step in (-2, -1, 0, 1)]
    assert counting == [False, True, True, False]
    assert pay_codes.counts(turn + 1, NOW, LASTS) is False
    assert str(UUID(EVSE)) == EVSE
