"""Every case of the standard's test documents: shown by a test, or why not."""

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from tests.tree import ROOT

CASES = 329  # in the test case document of 1.6 (section 3) and parts 5 and 6 of 2.0.1
VERSIONS = {"v16": "1.6", "v201": "2.0.1, 2.1"}
CASE_NAME = re.compile(r"test_(tc(?:_[a-p])?_\d+(?:_\d)?)(?:_|$)")

NOT_APPLICABLE: Mapping[str, str] = {
    **dict.fromkeys(
        ("TC_B_02", "TC_B_31"), "a registered station is accepted at once, never Pending"
    ),
}
"""What depends on an option of the standard that the hub does not have."""


class Verdict(NamedTuple):
    """How a case stands. `reason`: the module that shows it, or why none does."""

    case: str
    versions: str
    word: str
    reason: str


def verdicts() -> list[Verdict]:
    """All cases in order, each once or more if several tests show it."""
    shown = [
        Verdict(case, VERSIONS[folder], "passes", f"`{folder}/{module.__name__.split('.')[-1]}.py`")
        for folder in VERSIONS
        for module in _modules(folder)
        for case in sorted(set(_cases(module)))
    ]
    others = [
        Verdict(case, _versions(case), "not applicable", reason)
        for case, reason in NOT_APPLICABLE.items()
    ]
    return sorted(shown + others)


def _versions(case: str) -> str:
    return VERSIONS["v16" if case[3].isdigit() else "v201"]


def _modules(folder: str) -> Iterator[ModuleType]:
    for path in sorted((ROOT / "tests/conformance" / folder).glob("test_*.py")):
        yield importlib.import_module(f"tests.conformance.{folder}.{path.stem}")


def _cases(module: ModuleType) -> Iterator[str]:
    """The cases that the tests of a module are named by, or their parameters."""
    for name, test in inspect.getmembers(module, inspect.iscoroutinefunction):
        if found := CASE_NAME.match(name):
            yield found[1].upper()
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "parametrize":
                yield from (one for one in _ids(mark) if one.startswith("TC_"))


def _ids(mark: Any) -> Iterator[str]:
    yield from mark.kwargs.get("ids") or ()
    yield from (each.id for each in mark.args[1] if getattr(each, "id", None))
