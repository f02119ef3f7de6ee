"""Numbers without gaps: each is taken in the commit that issues its document, or not at all."""

from sqlalchemy import bindparam, text, update

from chargehub.invoices.schema import SERIES
from chargehub.store.hot import Hot
from chargehub.store.work import Work

# ON CONFLICT DO NOTHING is the same text on SQLite and PostgreSQL; SQLAlchemy has it per dialect.
_OPEN = Hot(text("INSERT INTO invoice_series (id, last) VALUES (:id, 0) ON CONFLICT DO NOTHING"))
_TAKE = Hot(
    update(SERIES)
    .where(SERIES.c.id == bindparam("series"))
    .values(last=SERIES.c.last + 1)
    .returning(SERIES.c.last)
)


def take(work: Work, series: str) -> int:
    """The next number of a series, counted from 1.

    Whoever else wants one of the series waits until this work is committed or undone.
    """
    work.execute(_OPEN, id=series)
    return int(work.value(_TAKE, series=series))
