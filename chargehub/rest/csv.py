"""Tables as CSV files that no spreadsheet takes for a program.

Source: RFC 4180; for the signs that begin a formula, OWASP, "CSV Injection".
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import Response

Cell = str | int | Decimal | datetime | None
FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the wide ones too: some fold them
_BEFORE = " \u00a0\ufeff\u200b\x0b\x0c"  # what importers drop before they look


class CsvResponse(Response):
    """A CSV file, in UTF-8 with a head."""

    media_type = "text/csv; charset=utf-8"


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> CsvResponse:
    """The table as a file to be saved under this name."""
    disposition = f'attachment; filename="{name}.csv"'
    return CsvResponse(csv_text(head, rows), headers={"Content-Disposition": disposition})


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The table as CSV. A text that could be a formula begins with an apostrophe instead.

    Numbers are written as they are, instants in UTC, nothing as nothing.
    """
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        assert len(row) == len(head), (head, row)
        writer.writerow([written(cell) for cell in row])
    return file.getvalue()


def written(cell: Cell) -> str:
    """A cell as it stands in the file."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(cell, str):
        return f"'{cell}" if cell.lstrip(_BEFORE)[:1] in FORMULA and cell.strip() else cell
    return str(cell)
