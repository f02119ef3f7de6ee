"""What is held of a person, as rows of a table for `docs/personal-data.md`."""

from chargehub.personal.rules import HELD, Held

Row = tuple[str, ...]


def told() -> tuple[Row, list[Row]]:
    """The head, and every line of the export."""
    return ("Table", "Whose", "When the person leaves"), [_row(held) for held in HELD]


def _row(held: Held) -> Row:
    column, _, parent = held.by.partition("@")
    whose = f"of `{parent}`, by `{column}`" if parent else f"by `{column}`"
    return f"`{held.table}`", whose, _end(held)


def _end(held: Held) -> str:
    if held.stays_with:
        return f"deleted, or kept as long as the law asks for it with the `{held.stays_with}`"
    if held.is_deleted:
        return "deleted"
    said = []
    if held.blank:
        said.append(f"emptied: {', '.join(sorted(held.blank))}")
    if held.cut:
        said.append(f"id tokens cut out: {', '.join(held.cut)}")
    if held.kept:
        said.append(f"kept: {', '.join(held.kept)} ({held.why})")
    return "; ".join(said) or "kept: names nobody"
