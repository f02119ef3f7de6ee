"""Every column of every table that can tell of a person is covered by export and erasure."""

from itertools import groupby

import pytest
from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlmodel import SQLModel

from chargehub import app as hub_of_all_tables
from chargehub.personal.columns import is_telling, table, uncovered
from chargehub.personal.rules import HELD, NOBODYS
from chargehub.store.columns import Json


def test_every_telling_column_has_its_line() -> None:
    """A new table that tells of somebody joins `personal/rules.py`, or this fails."""
    assert hub_of_all_tables.ROUTERS
    assert list(uncovered()) == []


def test_a_new_table_about_a_person_is_noticed() -> None:
    added = Table(
        "diary", SQLModel.metadata, Column("id", String(36)), Column("driver_id", String(36))
    )
    try:
        assert list(uncovered()) == ["diary.driver_id"]
    finally:
        SQLModel.metadata.remove(added)


@pytest.mark.parametrize(
    ("column", "telling"),
    [
        (Column("owner_id", String(36)), True),
        (Column("text", Text()), True),
        (Column("body", Json()), True),
        (Column("name", String(100)), True),
        (Column("status", String(10)), False),
        (Column("station_id", String(36)), False),
    ],
)
def test_what_can_tell_of_somebody(column: Column[object], telling: bool) -> None:
    assert is_telling(column) is telling


def test_every_line_is_of_a_table_that_is_there() -> None:
    for held in HELD:
        column, _, parent = held.by.partition("@")
        names = {column, *held.blank, *held.cut, *held.hidden, *held.kept}
        assert names <= set(table(held.table).c.keys()), held
        assert not parent or any(line.table == parent for line in HELD), held
        assert not held.kept or held.why, held
    for name in NOBODYS:
        of, _, column = name.partition(".")
        assert is_telling(table(of).c[column]), f"{name} needs no line"


def test_what_hangs_on_a_row_goes_before_it() -> None:
    """A deleted row is found by its parent, and the database would not let the parent go first."""
    places = {
        name: [place for place, _ in found]
        for name, found in groupby(
            sorted(enumerate(HELD), key=lambda line: line[1].table), key=lambda line: line[1].table
        )
    }
    for place, held in enumerate(HELD):
        parent = held.by.partition("@")[2]
        if parent and any(HELD[each].is_deleted for each in places[parent]):
            assert place < min(places[parent]), held
    for held in HELD:
        for key in table(held.table).foreign_keys if held.is_deleted else ():
            assert isinstance(key, ForeignKey)
            of = key.column.table.name
            if of in places and any(HELD[each].is_deleted for each in places[of]):
                assert max(places[held.table]) < min(places[of]), (held.table, of)
