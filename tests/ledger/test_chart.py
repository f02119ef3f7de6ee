"""The page of accounts says what the chart says, and names code that posts there."""

import re
from pathlib import Path

from chargehub.ledger.rules import CHART
from tests.docs_tables import rows_of
from tests.tree import sources, text

PAGE = Path("docs/ledger.md")
NOBODY = "nobody yet"
SIDES = {-1: "≤ 0", 0: "any", 1: "≥ 0"}


def rows() -> list[list[str]]:
    return [list(row) for row in rows_of(text(PAGE))]


def family(cell: str) -> str:
    """The code of an account without whose it is."""
    return re.sub(r":\{\w+\}$", "", cell.strip("`"))


def names(source: str, code: str) -> bool:
    """Whether it names the family, as a code or as the beginning of one."""
    return re.search(rf'"{re.escape(code)}(["{{:])', source) is not None


def test_every_account_has_its_row_as_the_chart_has_it() -> None:
    written = [[family(row[0]), "{" in row[0], *row[1:4]] for row in rows()]

    assert written == [
        [one.code, one.holder, one.kind, ", ".join(one.assets), SIDES[one.side]]
        for one in CHART.values()
    ]
    assert [row[0] for row in rows() if len(row[4]) < 10] == []


def test_who_is_said_to_post_there_names_the_account() -> None:
    """The chart itself names all of them; who else is in it posts by its functions."""
    for row in rows():
        code = family(row[0])
        for path in re.findall(r"`([^`]+)`", row[5]):
            source = text(Path("chargehub", path))
            if path == "ledger/rules.py":
                source = source.partition("CHART: Mapping")[2]
            assert names(source, code) or is_by_constant(path, code), (row[0], path)


def is_by_constant(path: str, code: str) -> bool:
    """A part of a settlement that goes back goes by the account that it was posted on."""
    return path == "settlement/contest.py" and code.startswith(("income:", "vat:", "owner:"))


def test_where_nobody_is_said_to_post_nothing_does() -> None:
    unused = {family(row[0]) for row in rows() if row[5] == NOBODY}
    posting = sources("chargehub/settlement", "chargehub/payments", "chargehub/invoices")
    used = {code for path in posting for code in unused if names(text(path), code)}

    assert all(row[5] == NOBODY or row[5].startswith("`") for row in rows())
    assert used == set()
