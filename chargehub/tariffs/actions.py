"""What owners do with tariffs: make them. A tariff is never edited; a new price is a new tariff.

But for prices that move by themselves: each move is a new version of their tariff, see `prices`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chargehub.errors import Conflict, NotFound
from chargehub.store.columns import new_id
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables, versions
from chargehub.tariffs.pricing import Tariff, canonical, fingerprint
from chargehub.tariffs.tables import TariffRow, TariffView

# One statement that SQLite and PostgreSQL both know.
_KEEP_SNAPSHOT = text(
    "INSERT INTO tariff_snapshot (id, body) VALUES (:id, :body) ON CONFLICT DO NOTHING"
)


class ReferenceTaken(Conflict):
    """One external reference for two different tariffs."""

    code = "tariff_reference_taken"

    def __init__(self) -> None:
        super().__init__(
            "You have another tariff with this external_ref. Tariffs are not edited: use a new one."
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tariff to be made. `external_ref` is the owner's own name for it; None: it has none."""

    content: Tariff
    external_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The tariff, and whether it was made now or stood there before."""

    tariff: TariffView
    is_new: bool


def create_tariff(work: Work, owner_id: str, wanted: Wanted, now: datetime) -> Created:
    """Make a tariff. The same again under the same reference is the first one.

    Raises ReferenceTaken if the reference names a tariff with other prices.
    """
    if wanted.external_ref is not None:
        earlier = tables.tariff_by_ref(work, owner_id, wanted.external_ref)
        if earlier is not None:
            if _made_with(work, earlier) != wanted.content:
                raise ReferenceTaken
            return Created(earlier, is_new=False)
    snapshot_id = keep_snapshot(work, wanted.content)
    row = TariffRow(
        id=new_id(),
        owner_id=owner_id,
        external_ref=wanted.external_ref,
        name=wanted.content.name,
        currency=wanted.content.currency,
        snapshot_id=snapshot_id,
        created_at=now,
    )
    try:
        work.add(row)
    except IntegrityError:  # another node was first
        raise ReferenceTaken from None
    view = TariffView(row.id, owner_id, row.external_ref, snapshot_id, wanted.content, now)
    return Created(view, is_new=True)


def keep_snapshot(work: Work, content: Tariff) -> str:
    """Keep the text of a tariff for ever; its id."""
    body = canonical(content)
    snapshot_id = fingerprint(body)
    work.execute(_KEEP_SNAPSHOT, id=snapshot_id, body=body)
    return snapshot_id


def snapshot(
    work: Reads, tariff_id: str, driver_id: str | None = None, at: datetime | None = None
) -> str:
    """The id of the tariff's snapshot, to price with later. Raises NotFound.

    A driver who is a member of the tariff's owner gets the members' tariff instead. `at`: when the
    price is asked for, where that is not now; prices that move may have been others then.

    The text was stored when the tariff was made, so that a start has nothing to write.
    """
    if driver_id is not None:
        tariff_id = tables.offered_to(work, tariff_id, driver_id)
    found = tables.snapshot_of(work, tariff_id, at)
    if found is None:
        raise NotFound("There is no tariff with this id.")
    return found


def _made_with(work: Work, tariff: TariffView) -> Tariff:
    """What the owner stated, whatever its prices are by now."""
    rule = versions.rule_of(work, tariff.id) if tariff.is_dynamic else None
    return tariff.content if rule is None else tables.snapshot(work, rule.base_snapshot_id)
