"""The rules of countries as rows of a table for `docs/countries.md`."""

from typing import Any

from pydantic import BaseModel

from chargehub.jurisdictions import book
from chargehub.jurisdictions.rules import Fact, Item, Profile

Row = tuple[str, ...]


def told() -> tuple[Row, list[Row]]:
    """The head, and every fact of every profile as its own file has it."""
    profiles = [book.read(path) for path in sorted(book.FOLDER.glob("*.toml"))]
    head = ("Profile", "What", "Value", "Rule", "Basis", "Checked")
    return head, [row for profile in profiles for row in _rows(profile)]


def _rows(profile: Profile) -> list[Row]:
    based = f", on {profile.based_on}" if profile.based_on else ""
    about = f"{profile.code} ({profile.name}{based})"
    facts = [(name, value) for name, value in profile if isinstance(value, Fact)]
    found = [_row(about, f"`{name}`", _shown(fact.value), fact) for name, fact in facts]
    found += [_row(about, f"proof `{item.id}`", item.text, item) for item in profile.proofs]
    found += [_row(about, f"checklist `{item.id}`", item.text, item) for item in profile.checklist]
    return found


def _row(about: str, what: str, value: str, source: Fact[Any] | Item) -> Row:
    return about, what, value, source.rule, source.basis, str(source.checked_on)


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} {one}" for name, one in value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
