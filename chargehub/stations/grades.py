"""How stations were graded by their last check-up, and which an operator let off it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import Field, SQLModel

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, Work, table_of


class StationGrade(SQLModel, table=True):
    """The grade of a station's last check-up; None: it had none.

    `waived_because`: why it may be listed without one; None: it may not. `firmware_version`: what
    was checked. `due_at`: when the grade is to be renewed or, once that was asked for (`asked_at`,
    `asked_because`), lapses; None: it lapsed, or there is none.
    """

    __tablename__ = "station_grade"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    checkup_id: str | None = Field(default=None, max_length=36)
    grade: str | None = Field(default=None, max_length=1)
    graded_at: datetime | None = Field(default=None, sa_type=Instant)
    waived_because: str | None = Field(default=None, max_length=300)
    waived_at: datetime | None = Field(default=None, sa_type=Instant)
    firmware_version: str | None = Field(default=None, max_length=50)
    due_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    asked_because: str | None = Field(default=None, max_length=200)
    lapsed_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class GradeView:
    """What is known of a station's fitness to be listed."""

    checkup_id: str | None = None
    grade: str | None = None
    graded_at: datetime | None = None
    waived_because: str | None = None
    waived_at: datetime | None = None
    firmware_version: str | None = None
    due_at: datetime | None = None
    asked_at: datetime | None = None
    asked_because: str | None = None
    lapsed_at: datetime | None = None

    @property
    def lapses_at(self) -> datetime | None:
        """When the grade counts no more unless it is renewed; None: that was not asked for."""
        return self.due_at if self.asked_at is not None else None

    def is_enough(self, least: str) -> bool:
        """May it be listed for everybody where this grade or a better one is asked for?

        A is the best; an empty `least` asks for nothing.
        """
        if not least or self.waived_because is not None:
            return True
        return self.grade is not None and self.grade <= least and self.lapsed_at is None


GRADE = table_of(StationGrade)
_OF = GRADE.c.station_id == bindparam("of_station")
_FOUND = ("checkup_id", "grade", "graded_at", "firmware_version")
_RENEWAL = ("asked_at", "asked_because", "lapsed_at")
_DUE = (
    select(GRADE.c.station_id)
    .where(GRADE.c.due_at <= bindparam("now", type_=Instant()))
    .order_by(GRADE.c.due_at)
)
_VIEW = select(*(GRADE.c[name] for name in GradeView.__dataclass_fields__)).where(_OF)


def of_station(reads: Reads, station_id: str) -> GradeView:
    """How a station stands; nothing is known of most."""
    row = reads.one(_VIEW, of_station=station_id)
    return GradeView() if row is None else GradeView(**row._mapping)


def keep(work: Work, station_id: str, found: GradeView, least: str) -> None:
    """A check-up ended: its grade takes the place of the one before.

    `found` has what was found and when it is to be renewed. Where a renewal was asked for, a grade
    below `least` is none: what was said of the end of the one before stands.
    """
    values = {name: getattr(found, name) for name in _FOUND}
    before = of_station(work, station_id)
    if before.asked_at is None or found.is_enough(least):
        values |= {"due_at": found.due_at, **dict.fromkeys(_RENEWAL)}
    _put(work, station_id, values)


def due(reads: Reads, now: datetime, limit: int) -> tuple[str, ...]:
    """Stations whose grade is to be renewed or lapses by now, the longest due first."""
    return tuple(row[0] for row in reads.all(_DUE.limit(limit), now=now))


def put_off(work: Work, station_id: str, due_at: datetime) -> None:
    """Look at this grade again then."""
    _put(work, station_id, {"due_at": due_at})


def ask(work: Work, station_id: str, because: str, lapses_at: datetime, now: datetime) -> None:
    """The grade is to be renewed until then."""
    _put(work, station_id, {"asked_at": now, "asked_because": because, "due_at": lapses_at})


def lapse(work: Work, station_id: str, now: datetime) -> None:
    """It was not renewed, and counts no more."""
    _put(work, station_id, {"due_at": None, "lapsed_at": now})


def waive(work: Work, station_id: str, because: str | None, now: datetime) -> None:
    """Let a station off the check-up for a reason; None: it needs one like all others."""
    waived_at = None if because is None else now
    _put(work, station_id, {"waived_because": because, "waived_at": waived_at})


def _put(work: Work, station_id: str, values: dict[str, Any]) -> None:
    if not work.execute(update(GRADE).where(_OF).values(**values), of_station=station_id):
        work.add(StationGrade(station_id=station_id, **values))
