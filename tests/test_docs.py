"""The pages under docs/ say what the code does: nothing is missing, nothing listed is gone."""

import dataclasses
import re
import typing
from pathlib import Path
from typing import Any

import pytest

from chargehub import events
from chargehub.ocpp.v16 import messages as v16
from chargehub.ocpp.v21 import messages as v21
from chargehub.ocpp.v201 import messages as v201
from chargehub.rest.problems import status_of
from chargehub.settings import Settings
from chargers import recordings
from tests import docs_tables
from tests.conformance.verdicts import CASES, verdicts
from tests.docs_tables import PARTS, REWRITE, followers, openapi, operations, rows_of, written
from tests.tree import ROOT, text, tracked


def rows(part: str) -> list[typing.Sequence[str]]:
    """The cells of a generated part as it stands in its page."""
    path, _ = PARTS[part]
    return rows_of(written(part, text(path)))


@pytest.mark.parametrize("part", PARTS)
def test_generated_parts_are_those_of_the_code(part: str) -> None:
    path, render = PARTS[part]

    assert written(part, text(path)) == render(), f"{path} is behind the code; run {REWRITE}"


def test_every_setting_has_its_row() -> None:
    names = [f"`CHARGEHUB_{name.upper()}`" for name in Settings.model_fields]

    assert [row[0] for row in rows("settings")] == names


def test_every_route_has_its_row() -> None:
    routes = {(method, f"`{path}`") for method, path, _ in operations(openapi())}

    assert {(row[0], row[1]) for row in rows("routes")} == routes
    assert len(rows("routes")) == len(routes)


def test_every_event_has_its_row() -> None:
    values = vars(events).values()
    kinds = [kind for kind in values if isinstance(kind, type) and dataclasses.is_dataclass(kind)]

    assert [row[0] for row in rows("events")] == [f"`{kind.__name__}`" for kind in kinds]
    assert set(followers()) <= set(typing.get_args(events.Event)) == set(kinds)


def test_every_refusal_has_its_row_and_its_meaning() -> None:
    kinds = docs_tables.refusals()
    refused = {(str(status_of(kind.__new__(kind))), f"`{kind.code}`") for kind in kinds}

    assert {(row[0], row[1]) for row in rows("refusals")} == refused
    assert len(rows("refusals")) == len(kinds)
    assert [kind for kind in kinds if "__doc__" not in vars(kind)] == []


def test_a_code_has_one_status() -> None:
    """A program that reads the code must not have to look at the status too."""
    statuses: dict[str, set[int]] = {}
    for kind in docs_tables.refusals():
        statuses.setdefault(kind.code, set()).add(status_of(kind.__new__(kind)))

    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


@pytest.mark.parametrize(("name", "version"), [("1.6", v16), ("2.0.1", v201), ("2.1", v21)])
def test_every_message_of_ocpp_has_its_row(name: str, version: Any) -> None:
    taken = [f"`{message}`" for message in version.MESSAGES]

    assert [row[0] for row in rows(f"{name} in")] == taken


@pytest.mark.parametrize(("name", "version"), [("1.6", v16), ("2.0.1", v201)])
def test_every_command_of_ocpp_has_its_row(name: str, version: Any) -> None:
    assert len(rows(f"{name} out")) == len(version.COMMANDS)
    assert [row for row in rows(f"{name} out") if not re.match(r"`[A-Z]", row[0])] == []


def test_every_case_of_the_test_documents_has_one_row() -> None:
    cases = [one.case for one in verdicts()]

    assert len(cases) == len(set(cases)) == CASES
    assert [row[0].strip("`") for row in rows("conformance 1.6")] == [
        case for case in cases if case[3].isdigit()
    ]


def test_the_form_of_recordings_is_the_one_that_is_read(tmp_path: Path) -> None:
    """The columns of the table are those of the file, and the page's own sample can be read."""
    page = text(Path("docs/replay.md"))
    header, sample = re.findall(r"```\n(.*?)```", page, re.DOTALL)
    (tmp_path / "sample.csv").write_text(sample)

    read = recordings.read(tmp_path / "sample.csv")

    assert header.strip() == recordings.OWN_COLUMNS
    assert [row[0].strip("`") for row in rows_of(page)] == recordings.OWN_COLUMNS.split(",")
    assert [one.is_estimated for one in read.sessions] == [False, True]
    assert f"{recordings.MOST_SESSIONS:,}" in page


def test_the_layers_name_every_folder_and_file() -> None:
    table = rows_of(text(Path("docs/architecture.md")))
    named = {name for row in table for name in re.findall(r"`(\w+)`", row[1])}
    there = {
        path.stem
        for path in (ROOT / "chargehub").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }

    assert named == there


def test_every_page_can_be_found_from_the_readme() -> None:
    pages = {path.as_posix() for path in tracked() if path.parent == Path("docs")}
    linked = set(re.findall(r"\]\(([^)#\s]+)", text(Path("README.md"))))

    assert pages - linked == set()
