"""What is said of deliveries in their table: which are owed, which wait for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from sqlalchemy import Select, bindparam, delete, select, update
from sqlmodel import col

from chargehub import events
from chargehub.store.hot import Hot
from chargehub.store.many import any_of
from chargehub.store.tables import DeliveryRow, EventRow
from chargehub.store.work import Delivery, Reads, UnknownEvent, Work

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(events.Event)}
RELOAD = 5_000  # rows read back at a time

_DONE = Hot(
    delete(DeliveryRow)
    .where(any_of(col(DeliveryRow.id), "delivery_ids"))
    .returning(col(DeliveryRow.id))
)
_OWED: Select[Any] = (
    select(
        col(DeliveryRow.id),
        col(DeliveryRow.follower),
        col(DeliveryRow.aggregate),
        col(DeliveryRow.state),
        col(DeliveryRow.tries),
        col(DeliveryRow.due_at),
        col(DeliveryRow.error),
        col(EventRow.name),
        col(EventRow.body),
        col(EventRow.recorded_at),
    )
    .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
    .order_by(col(DeliveryRow.id))
)


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """An event that is owed to one follower. `error`: what it failed with last; None: not yet.

    `state`: pending, or parked until a person releases it. Instants are real time.
    """

    id: str
    event: str
    aggregate: str
    follower: str
    state: str
    tries: int
    error: str | None
    recorded_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class LeftOver:
    """What an earlier process left: what can be delivered, oldest first, and what is parked.

    `parked`: id -> aggregate. What is owed behind a parked one is in neither.
    """

    owed: Sequence[Delivery]
    parked: dict[str, str]


def left_over(reads: Reads) -> LeftOver:
    """Every delivery that is owed, and the parked ones that aggregates wait for."""
    owed: list[Delivery] = []
    parked: dict[str, str] = {}
    blocked: set[str] = set()
    statement = _OWED.limit(RELOAD).offset(bindparam("skip"))
    skip = 0
    while rows := reads.all(statement, skip=skip):
        skip += len(rows)
        for row in rows:
            if row.state == "parked":
                parked[row.id] = row.aggregate
                blocked.add(row.aggregate)
            elif row.aggregate not in blocked:
                owed.append(_delivery(row))
    return LeftOver(owed, parked)


def owed_to(reads: Reads, aggregate: str) -> list[Delivery]:
    """What is owed of one aggregate, oldest first."""
    statement = _OWED.where(col(DeliveryRow.aggregate) == aggregate).limit(RELOAD)
    return [_delivery(row) for row in reads.all(statement)]


def is_owed(reads: Reads, delivery_id: str) -> bool:
    """False once it is done, or if the work that recorded it was never stored."""
    statement = select(col(DeliveryRow.id)).where(col(DeliveryRow.id) == delivery_id)
    return reads.one(statement) is not None


def page_of(reads: Reads, state: str, after: str | None, limit: int) -> tuple[DeliveryView, ...]:
    """Deliveries in a state, oldest first, those after the id `after`."""
    statement = _OWED.where(col(DeliveryRow.state) == state)
    if after is not None:
        statement = statement.where(col(DeliveryRow.id) > after)
    return tuple(_view(row) for row in reads.all(statement.limit(limit)))


def delivery(reads: Reads, delivery_id: str) -> DeliveryView | None:
    """The delivery with this id; None: there is none, or it is done."""
    row = reads.one(_OWED.where(col(DeliveryRow.id) == delivery_id))
    return None if row is None else _view(row)


def finish(work: Work, delivery_ids: Sequence[str]) -> frozenset[str]:
    """Strike deliveries off; those of them that were not struck off before."""
    return frozenset(row.id for row in work.change(_DONE, delivery_ids=delivery_ids))


def note_failure(
    work: Work, failed: Delivery, error: str, is_parked: bool, wait: timedelta
) -> None:
    """Keep how often a delivery failed, with what, and when it is due again."""
    work.execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id) == failed.id)
        .values(
            tries=failed.tries,
            error=error,
            state="parked" if is_parked else "pending",
            due_at=datetime.now(UTC) + wait,
        )
    )


def release(work: Work, delivery_id: str) -> bool:
    """Let a parked delivery be tried anew. False: it is not parked."""
    is_it = col(DeliveryRow.id) == delivery_id
    released = update(DeliveryRow).where(is_it, col(DeliveryRow.state) == "parked")
    return work.execute(released.values(state="pending", tries=0, due_at=datetime.now(UTC))) == 1


def _delivery(row: Any) -> Delivery:
    return Delivery(row.id, _event(row), row.follower, row.tries)


def _event(row: Any) -> events.Event | UnknownEvent:
    """The event as it was recorded, maybe by another version of the hub."""
    kind = _KINDS.get(row.name)
    if kind is None:
        return UnknownEvent(row.name, row.aggregate, f"This hub knows no event {row.name}.")
    try:
        event: events.Event = kind(**row.body)
    except TypeError as error:
        why = f"This hub knows {row.name} with other fields: {error}."
        return UnknownEvent(row.name, row.aggregate, why)
    return event


def _view(row: Any) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=row.name,
        aggregate=row.aggregate,
        follower=row.follower,
        state=row.state,
        tries=row.tries,
        error=row.error,
        recorded_at=row.recorded_at,
        due_at=row.due_at,
    )
