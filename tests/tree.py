"""The files of this repository as the tests about it see them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("chargehub", "chargers")
UNTRACKED = {".git", ".venv", "__pycache__", "build", "dist"}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is committed or would be, relative to the root."""
    if (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co"]
        listed = subprocess.run(
            [*command, "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, text=True
        )
        found = [Path(name) for name in listed.stdout.split("\0") if name]
        return tuple(path for path in found if (ROOT / path).is_file())
    return tuple(path.relative_to(ROOT) for path in ROOT.rglob("*") if _is_ours(path))


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    is_made = any(part in UNTRACKED or part.endswith(("_cache", ".egg-info")) for part in parts)
    return path.is_file() and not is_made


def sources(*folders: str) -> tuple[Path, ...]:
    """The Python files below the folders, relative to the root."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(sorted(path.relative_to(ROOT) for path in found))


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
