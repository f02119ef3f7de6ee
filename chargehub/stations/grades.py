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

    `waived_because`: why it may be listed without one; None: it may not.
    """

    __tablename__ = "station_grade"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    checkup_id: str | None = Field(default=None, max_length=36)
    grade: str | None = Field(default=None, max_length=1)
    graded_at: datetime | None = Field(default=None, sa_type=Instant)
    waived_because: str | None = Field(default=None, max_length=300)
    waived_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True, slots=True)
class GradeView:
    """What is known of a station's fitness to be listed."""

    checkup_id: str | None = None
    grade: str | None = None
    graded_at: datetime | None = None
    waived_because: str | None = None
    waived_at: datetime | None = None

    def is_enough(self, least: str) -> bool:
        """May it be listed for everybody where this grade or a better one is asked for?

        A is the best; an empty `least` asks for nothing.
        """
        if not least or self.waived_because is not None:
            return True
        return self.grade is not None and self.grade <= least


GRADE = table_of(StationGrade)
_OF = GRADE.c.station_id == bindparam("of_station")
_VIEW = select(*(GRADE.c[name] for name in GradeView.__dataclass_fields__)).where(_OF)


def of_station(reads: Reads, station_id: str) -> GradeView:
    """How a station stands; nothing is known of most."""
    row = reads.one(_VIEW, of_station=station_id)
    return GradeView() if row is None else GradeView(**row._mapping)


def keep(work: Work, station_id: str, checkup_id: str, grade: str, now: datetime) -> None:
    """A check-up ended: its grade takes the place of the one before."""
    _put(work, station_id, {"checkup_id": checkup_id, "grade": grade, "graded_at": now})


def waive(work: Work, station_id: str, because: str | None, now: datetime) -> None:
    """Let a station off the check-up for a reason; None: it needs one like all others."""
    waived_at = None if because is None else now
    _put(work, station_id, {"waived_because": because, "waived_at": waived_at})


def _put(work: Work, station_id: str, values: dict[str, Any]) -> None:
    if not work.execute(update(GRADE).where(_OF).values(**values), of_station=station_id):
        work.add(StationGrade(station_id=station_id, **values))
