"""The shape of the code, held by a machine: imports, sizes, words, floats, imports in functions."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tree import PACKAGES, ROOT, functions, sources, syntax, text

DOMAIN = (
    *("people", "stations", "tariffs", "ledger", "bookings", "listings", "sessions", "energy"),
    *("settlement", "payments", "search", "rewards", "reputation", "webhooks", "meters"),
    *("jurisdictions", "personal", "reporting"),
    *("guests", "receipts"),
    *("disputes", "prices", "checkups", "margins", "reconciliation", "invoices", "owing"),
    *("card_disputes", "destinations"),
)
MONEY = (
    *("tariffs", "ledger", "settlement", "payments", "rewards", "disputes", "prices"),
    *("margins", "reconciliation", "invoices", "owing", "destinations"),
)
FILE_LINES = 400
# Read as one, however long.
ONE_LIST = {
    *("chargehub/events.py", "chargehub/settings.py", "chargehub/flow.py"),
    "tests/access_table.py",
}
FUNCTION_LINES = 60  # migrations are generated, and as long as the tables are many

DOCTOR = (
    "addresses",
    "checks",
    "facts",
    "machine_rules",
    "settings_rules",
    "store_rules",
    "verdicts",
)
PURE_ELSEWHERE = ("errors", "events", "units", *(f"commands.doctor.{one}" for one in DOCTOR))

BANNED_WORDS = {"manager", "helper", "helpers", "util", "utils", "handle", "handler", "handlers"}
BANNED_LAST_WORDS = {"data", "info"}  # `data_transfer` is a message of OCPP
WIRE_NAMES = ("chargehub/ocpp", "chargers/dialects")  # 2.0.1 says `getVariableData`, and so must we
OLD_OCPP = re.compile("id_?tag|charge_?point|central_?system", re.IGNORECASE)
LOCAL_IMPORTS = re.compile(
    r"chargehub/(__main__|commands/\w+|invoices/printing|rails/stripe/line)\.py"
    r"|chargers/__main__\.py"
)
# The standard's own word for what a vendor puts into DataTransfer.
PERMITTED_NAMES = {("chargehub/stations/reports.py", "data")}
COMMANDS_BESIDE = ("local_list", "profiles", "upkeep")  # what `commands.py` joins
CLOCKS = {"now", "utcnow", "today"}
# Backoff, leases, log stamps, the date of a mail and the age of idempotency keys are real time.
REAL_TIME = ("clock.py", "commands", "mail.py", "observe.py", "rest", "store")


def test_imports_point_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_folder_of_the_domain_is_under_the_contracts() -> None:
    existing = [f"chargehub.{one}" for one in sorted(DOMAIN) if (ROOT / "chargehub" / one).is_dir()]

    assert _contract("inside a folder")["containers"] == existing


def test_the_list_of_pure_files_is_whole() -> None:
    """The last layer inside a folder is pure; so are a few values that every folder uses."""
    pure_names = re.findall(r"\w+", _contract("inside a folder")["layers"][-1])
    found = [
        f"chargehub.{path.parts[1]}.{path.stem}"
        for path in sources(*(f"chargehub/{folder}" for folder in DOMAIN))
        if path.stem in pure_names
    ]

    expected = sorted([*found, *(f"chargehub.{name}" for name in PURE_ELSEWHERE)])
    assert _contract("pure files")["source_modules"] == expected


def test_versions_of_ocpp_import_the_shared_language_alone() -> None:
    stations, ocpp = "chargehub.stations", "chargehub.ocpp"
    allowed = {
        *(f"{stations}.{name}" for name in ("reports", "contracts", "commands", *COMMANDS_BESIDE)),
        *(f"{ocpp}.{name}" for name in ("fields", "forms", "gridmeter", "iso15118", "notes")),
        *(f"{ocpp}.{name}" for name in ("parts", "signed")),
    }
    wrong = []
    for path in sources("chargehub/ocpp"):
        version = path.parts[2]
        if not re.fullmatch(r"v\d+", version):
            continue
        for module in _imported(path):
            is_own = module.startswith(f"chargehub.ocpp.{version}")
            is_foreign = not module.startswith(("chargehub", "chargers"))
            if not (is_own or is_foreign or any(_is_in(module, one) for one in allowed)):
                wrong.append(f"{path}: {module}")

    assert wrong == []


def test_every_version_of_ocpp_is_under_the_contracts() -> None:
    versions = sorted(path.name for path in (ROOT / "chargehub/ocpp").glob("v*/"))
    expected = [f"chargehub.ocpp.{name}" for name in versions]

    listed = [
        one.get("modules", one.get("source_modules"))
        for one in _contracts()
        if one["name"].startswith("versions of OCPP")
    ]

    assert listed == [expected, expected]


def test_files_and_functions_are_small() -> None:
    paths = [
        path
        for path in sources(*PACKAGES, "tests")
        if "migrations" not in path.parts and str(path) not in ONE_LIST
    ]

    long_files = {
        str(path): lines for path in paths if (lines := len(text(path).splitlines())) > FILE_LINES
    }
    long_functions = {
        f"{path}:{node.lineno} {node.name}": lines
        for path in paths
        for node in functions(path)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }

    assert (long_files, long_functions) == ({}, {})


def test_names_say_what_a_thing_is() -> None:
    wrong = []
    for path in sources(*PACKAGES):
        for line, name in _names(path):
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
            is_wire = path.as_posix().startswith(WIRE_NAMES)
            is_vague = words[-1] in BANNED_LAST_WORDS and not is_wire
            is_banned = is_vague or BANNED_WORDS.intersection(words)
            if is_banned and (str(path), name) not in PERMITTED_NAMES:
                wrong.append(f"{path}:{line} {name}")

    assert wrong == []


def test_words_of_ocpp_16_stay_in_its_folder() -> None:
    inside = Path("chargehub/ocpp/v16")
    wrong = [
        f"{path}:{line} {name}"
        for path in sources("chargehub")
        if not path.is_relative_to(inside)
        for line, name in _names(path)
        if OLD_OCPP.search(name)
    ]

    assert wrong == []


def test_no_float_touches_money() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in sources(*(f"chargehub/{folder}" for folder in MONEY))
        for node in ast.walk(syntax(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]

    assert wrong == []


def test_init_files_are_empty() -> None:
    wrong = [str(path) for path in sources(*PACKAGES) if path.name == "__init__.py" and text(path)]

    assert wrong == []


def test_every_folder_of_the_code_is_a_package() -> None:
    """Without its __init__.py a folder is invisible to the import contracts."""
    folders = {path.parent for path in sources(*PACKAGES)}

    assert [str(one) for one in sorted(folders) if not (ROOT / one / "__init__.py").exists()] == []


def test_imports_stand_at_the_top() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in sources(*PACKAGES)
        if not LOCAL_IMPORTS.fullmatch(path.as_posix())
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert wrong == []


def test_the_domain_lets_the_unexpected_rise() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in sources(*(f"chargehub/{folder}" for folder in DOMAIN))
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ]

    assert wrong == []


def test_business_time_comes_from_the_clock() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path in sources("chargehub")
        if path.parts[1] not in REAL_TIME
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}
    ]

    assert wrong == []


def test_work_left_undone_names_its_issue() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    wrong = [
        f"{path}:{token.start[0]} {token.string}"
        for path in sources(*PACKAGES, "tests")
        for token in tokenize.generate_tokens(io.StringIO(text(path)).readline)
        if token.type == tokenize.COMMENT and marks.search(token.string)
        if not re.search(r"TODO\(#\d+\)", token.string)
    ]

    assert wrong == []


def _contracts() -> list[dict[str, Any]]:
    project = tomllib.loads(text(Path("pyproject.toml")))
    contracts = project["tool"]["importlinter"]["contracts"]
    assert isinstance(contracts, list)
    return contracts


def _contract(name: str) -> dict[str, Any]:
    (found,) = (one for one in _contracts() if one["name"].startswith(name))
    return found


def _imported(path: Path) -> Iterator[str]:
    """The modules a file imports; `from package import name` counts as `package.name`."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} write the whole name"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _names(path: Path) -> Iterator[tuple[int, str]]:
    """What a file gives a name to: itself, classes, functions, arguments, variables."""
    yield 0, path.stem
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


def _catches_everything(node: ast.ExceptHandler) -> bool:
    if node.type is None:
        return True
    names = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)}
    return bool(names & {"Exception", "BaseException"})
