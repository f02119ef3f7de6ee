"""A column is one of many values: one text for any number of them, and an index that is used."""

from collections.abc import Sequence

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, bindparam, insert, select

from chargehub.store.engines import read_engine
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.work import Reads

NAMED = Table(
    "named",
    MetaData(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text),
    prefixes=["TEMPORARY"],
)
_BY_NAME = select(NAMED.c.number).where(any_of(NAMED.c.name, "names")).order_by(NAMED.c.number)
_BY_NUMBER = select(NAMED.c.name).where(
    any_of(NAMED.c.number, "numbers"), NAMED.c.number < bindparam("below")
)
_NAMES = ('"', "a,b", "{x}", "\\", "ø", "NULL", "'")


@pytest.mark.parametrize("names", [(), ("ø",), _NAMES, _NAMES * 300, ["nobody"]])
def test_each_value_is_found_whatever_is_in_it_and_each_once(
    database: str, names: Sequence[str]
) -> None:
    engine = read_engine(database)
    with engine.connect() as connection, connection.begin():
        NAMED.create(connection)
        rows = [{"number": number, "name": name} for number, name in enumerate(_NAMES)]
        connection.execute(insert(NAMED), rows)
        expected = [number for number, name in enumerate(_NAMES) if name in names]

        for statement in (_BY_NAME, Hot(_BY_NAME)):
            found = Reads(connection).all(statement, names=names)

            assert [row.number for row in found] == expected
    engine.dispose()


def test_numbers_are_found_too(database: str) -> None:
    engine = read_engine(database)
    with engine.connect() as connection, connection.begin():
        NAMED.create(connection)
        rows = [{"number": number << 40, "name": str(number)} for number in range(5)]
        connection.execute(insert(NAMED), rows)

        for statement in (_BY_NUMBER, Hot(_BY_NUMBER)):
            found = Reads(connection).all(statement, numbers=[1 << 40, 4 << 40], below=3 << 40)

            assert [row.name for row in found] == ["1"]
    engine.dispose()
