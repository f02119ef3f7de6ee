"""What surrounds the code: the README's commands, versions, containers, no addresses or paths."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from chargehub.settings import Settings
from tests.tree import ROOT, text, tracked

README = Path("README.md")
DEMO = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt ."
    " && .venv/bin/chargehub demo"
)
TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[test]'"
    " && .venv/bin/pytest"
)
DECISION_LINES = 40

# The brackets keep this file from holding what it looks for.
REGISTRIES = r"p[y]pi\.org|python[h]osted|npm[j]s\.org|crates[.]io|docker[.]io|ghcr[.]io|quay[.]io"
MACHINE_PATHS = r"(?<![\w.~/:-])/(?:w[o]rk|r[o]ot|h[o]me|U[s]ers)/"


def test_the_readme_has_the_two_commands_and_no_other_set_up() -> None:
    lines = text(README).splitlines()

    assert [line for line in lines if "-m venv" in line] == [DEMO, TEST]


def test_ci_takes_its_test_command_from_the_readme() -> None:
    script = ROOT / ".ci/run"

    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    assert "pip install" not in script.read_text()


def test_constraints_are_exact_and_hold_no_addresses() -> None:
    lines = text(Path("constraints.txt")).splitlines()

    assert "://" not in text(Path("constraints.txt"))
    for line in lines:
        requirement = Requirement(line)
        assert re.fullmatch(r"==[^*]+", str(requirement.specifier)), line
        assert not requirement.extras, f"pip refuses extras in constraints: {line}"


def test_constraints_agree_with_the_project() -> None:
    project = tomllib.loads(text(Path("pyproject.toml")))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    pinned = _constraints()

    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if name == project["name"]:
            continue
        assert name in pinned, f"{name} has no constraint: run .ci/constraints"
        assert requirement.specifier.contains(pinned[name]), (requirement, pinned[name])


def test_constraints_cover_what_the_dependencies_depend_on() -> None:
    pinned = _constraints()

    missing = {name for name in _installed_closure("chargehub") if name not in pinned}

    assert missing == {"chargehub"}, "run .ci/constraints"


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATHS])
def test_no_file_names_a_registry_or_a_place_on_somebodys_machine(pattern: str) -> None:
    wrong = []
    for path in tracked():
        for number, line in enumerate((ROOT / path).read_bytes().splitlines(), start=1):
            if re.search(pattern.encode(), line):
                wrong.append(f"{path}:{number}")

    assert wrong == []


def test_nothing_made_by_a_tool_is_committed() -> None:
    made = {"uv.lock", "pylock.toml", ".coverage"}
    suffixes = {".sqlite", ".secret", ".pyc", ".whl", ".log"}

    assert [str(one) for one in tracked() if one.name in made or one.suffix in suffixes] == []


def test_files_have_plain_names() -> None:
    """A slip of a shell makes files of half a sentence."""
    assert [str(one) for one in tracked() if not re.fullmatch(r"[\w./+-]+", str(one))] == []


def test_links_in_documents_lead_somewhere() -> None:
    wrong = []
    for path in (one for one in tracked() if one.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#\s]+)", text(path)):
            if "://" not in target and not (ROOT / path.parent / target).exists():
                wrong.append(f"{path}: {target}")

    assert wrong == []


def test_decisions_are_short_and_numbered_in_order() -> None:
    pages = sorted(one for one in tracked() if one.parent == Path("docs/decisions"))

    for number, page in enumerate(pages, start=1):
        headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
        assert page.name.startswith(f"{number:04}-")
        assert headings[0].startswith(f"{number}. ")
        assert headings[1:] == ["Context", "Decision", "Consequences", "Alternatives"], page
        assert len(text(page).splitlines()) <= DECISION_LINES, page


def test_the_compose_file_fits_the_compose_specification() -> None:
    """The specification's own schema, as check-jsonschema ships it."""
    vendored = resources.files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    schema = jsonschema_rs.validator_for(json.loads(vendored.read_text()))
    compose = _compose()

    assert [error.message for error in schema.iter_errors(compose)] == []
    assert not schema.is_valid({**compose, "servces": {}}), "the schema must refuse a typing error"


def test_the_compose_file_names_things_that_exist() -> None:
    compose = _compose()
    services = compose["services"]

    for service in services.values():
        volumes = [one.split(":")[0] for one in service.get("volumes", [])]
        assert set(volumes) <= set(compose["volumes"])
        assert set(service.get("depends_on", {})) <= set(services)
    assert _unknown_settings(services["hub"]["environment"]) == set()
    assert services["hub"]["environment"]["CHARGEHUB_SECRET"].startswith("${CHARGEHUB_SECRET:?")
    assert services["fleet"]["profiles"] == ["fleet"]


def test_the_image_runs_the_hub_as_nobody_special() -> None:
    steps = _dockerfile()
    base = re.fullmatch(r"python:(\d+)\.(\d+)-slim", steps[0][1].split(" AS ")[0])
    environment = [name for kind, rest in steps if kind == "ENV" for name in rest.split()]
    copied = [rest for kind, rest in steps if kind == "COPY" and not rest.startswith("--from")]
    commands = [rest for kind, rest in steps if kind == "CMD"]

    assert base is not None and tuple(map(int, base.groups())) >= (3, 11)
    assert [rest for kind, rest in steps if kind == "USER"] == ["chargehub"]
    assert [rest for kind, rest in steps if kind == "VOLUME"] == ["/data"]
    assert _unknown_settings(one.split("=")[0] for one in environment) == set()
    for source in (name for rest in copied for name in rest.split()[:-1]):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in text(Path(".dockerignore")).splitlines(), source
    assert json.loads(commands[-1])[:2] == ["chargehub", "serve"]


def test_commands_in_documents_and_containers_exist() -> None:
    fleet = _compose()["services"]["fleet"]["command"]
    served = [json.loads(rest) for kind, rest in _dockerfile() if kind == "CMD"]
    shown = re.findall(r"^\.venv/bin/((?:chargehub|chargers) [^#\n]+)", text(README), re.MULTILINE)
    commands = [fleet, *served, *(line.split() for line in shown)]

    assert len(commands) >= 6
    for command in commands:
        options = {word for word in command if word.startswith("--")}
        assert options <= _options(command), command


def _constraints() -> dict[NormalizedName, str]:
    found = {}
    for line in text(Path("constraints.txt")).splitlines():
        requirement = Requirement(line)
        found[canonicalize_name(requirement.name)] = str(requirement.specifier)[2:]
    return found


def _installed_closure(root: str) -> set[NormalizedName]:
    """Names of what a distribution needs here, with its own extras, as far as it is installed."""
    found: set[NormalizedName] = set()
    waiting = [Requirement(f"{root}[scale,test]")]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        found.add(name)
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            extras = wanted.extras or {""}
            marker = requirement.marker
            is_asked = marker is None or any(marker.evaluate({"extra": one}) for one in extras)
            is_new = canonicalize_name(requirement.name) not in found or requirement.extras
            if is_asked and is_new:
                waiting.append(requirement)
    return found


def _compose() -> dict[str, Any]:
    loaded = yaml.safe_load(text(Path("docker-compose.yml")))
    assert isinstance(loaded, dict)
    return loaded


def _dockerfile() -> list[tuple[str, str]]:
    """Instruction and argument, continued lines joined, comments left out."""
    joined = re.sub(r"\\\n\s*", "", text(Path("Dockerfile")))
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(kind, rest) for kind, _, rest in (line.partition(" ") for line in lines)]


def _unknown_settings(names: Any) -> set[str]:
    known = {f"CHARGEHUB_{name.upper()}" for name in Settings.model_fields}
    return {name for name in names if name.startswith("CHARGEHUB_")} - known


def _options(command: list[str]) -> set[str]:
    """The options that the help of a command, or of its sub-command, names."""
    words = [word for word in command[1:3] if re.fullmatch("[a-z]+", word)]
    environment = {**os.environ, "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", command[0], *words, "--help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (command, done.stderr)
    return set(re.findall(r"--[a-z][a-z0-9-]+", done.stdout))
