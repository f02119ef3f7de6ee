"""No law goes without tests that try it on many cases."""

import ast
import re

import pytest

from tests.laws.shown import NOT_YET, SHOWN
from tests.tree import ROOT, text

# What makes cases: hypothesis, a seed, or every point there is.
_TRIES_MANY = re.compile(r"\bgiven\(|\bRandom\(|\bsingles\(")


def test_every_law_of_the_audit_is_shown() -> None:
    rows = re.findall(r"^\| (chain|I\d+(?:, I\d+)*) \|", text("docs/audit.md"), re.MULTILINE)

    laws = [law for row in rows for law in row.split(", ")]
    assert laws == ["chain", *(f"I{number}" for number in range(1, 17))]
    assert set(laws) == {*SHOWN, *NOT_YET}
    assert not set(SHOWN) & set(NOT_YET)


@pytest.mark.parametrize("name", sorted({name for names in SHOWN.values() for name in names}))
def test_what_shows_a_law_is_a_test_of_many_cases(name: str) -> None:
    path, _, function = name.partition("::")
    source = (ROOT / path).read_text()

    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function
    ]

    assert len(found) == 1, f"{path} has no test {function}"
    parts = [*found[0].decorator_list, *found[0].body]
    assert any(_TRIES_MANY.search(ast.unparse(part)) for part in parts), name
