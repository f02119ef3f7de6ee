"""CSV that comes back as it was written, and that no spreadsheet takes for a program."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehub.rest.csv import csv_file, csv_text, written

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
SIGNS = st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "\ufeff=", '"=', ";="])
ATTACKS = st.builds(lambda sign, rest: sign + rest, SIGNS, TEXTS)
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(rows=st.lists(st.tuples(TEXTS | ATTACKS, TEXTS | ATTACKS)))
def test_no_text_begins_a_formula_and_none_is_lost(rows: list[tuple[str, str]]) -> None:
    head, *found = parsed(csv_text(("one", "two"), rows))

    assert head == ["one", "two"]
    assert len(found) == len(rows)
    for given_row, row in zip(rows, found, strict=True):
        for text, cell in zip(given_row, row, strict=True):
            assert cell in (text, f"'{text}")
            assert not cell.strip() or not cell.lstrip(" \u00a0\ufeff").startswith(DANGEROUS)


@given(number=st.integers() | st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers_also_below_zero(number: int | Decimal) -> None:
    assert written(number) == str(number)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        (-5, "-5"),
        ("Ola Nordmann", "Ola Nordmann"),
        (datetime(2026, 3, 2, 8, tzinfo=UTC), "2026-03-02T08:00:00Z"),
    ],
)
def test_what_a_cell_becomes(cell: str | int | datetime | None, text: str) -> None:
    assert written(cell) == text


def test_a_file_has_a_name() -> None:
    answer = csv_file("sessions", ("a",), [("1",)])

    assert answer.body == b"a\r\n1\r\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="sessions.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
