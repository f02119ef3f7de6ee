"""Queries on check-ups, and what they give: frozen values, never rows."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select, update
from sqlmodel import col

from chargehub.checkups.evidence import Asked, Seen
from chargehub.checkups.rules import Grade, StepName, StepState, Verdict
from chargehub.checkups.schema import Checkup
from chargehub.stations import tables as stations
from chargehub.stations.schema import CommandRow, StationSetting
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, Work, table_of

MOST_SEEN = 60  # reports of a step: twenty EVSEs tell three times


@dataclass(frozen=True, slots=True)
class Step:
    """A step and how far it is. `detail`: what was seen; empty while nothing was.

    `is_asking`: it has more to ask when its last command came to an end.
    """

    name: StepName
    state: StepState = "waiting"
    detail: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    command_ids: tuple[str, ...] = ()
    is_asking: bool = False
    seen: tuple[Seen, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """What came of it; None: it is not over."""
        if self.state == "waiting" or self.state == "running":  # mypy narrows by ==
            return None
        return Verdict(self.state, self.detail)


@dataclass(frozen=True, slots=True)
class CheckupView:
    """A check-up. `ended_at` None: it runs."""

    id: str
    station_id: str
    began_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    charge_evse: int | None
    session_id: str | None
    ocpp_version: str | None
    vendor: str | None
    model: str | None
    firmware_version: str | None
    quirk_profile: str | None
    grade: Grade | None
    score: int | None
    steps: tuple[Step, ...]

    @property
    def running(self) -> Step | None:
        """The step that is under way."""
        return next((step for step in self.steps if step.state == "running"), None)

    @property
    def waiting(self) -> Step | None:
        """The next step."""
        return next((step for step in self.steps if step.state == "waiting"), None)

    def with_step(self, changed: Step) -> "CheckupView":
        """The same, this step changed."""
        steps = tuple(changed if step.name == changed.name else step for step in self.steps)
        return replace(self, steps=steps)


CHECKUP = table_of(Checkup)
_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])
_COLUMNS = tuple(CheckupView.__dataclass_fields__)
_ALL = select(*(CHECKUP.c[name] for name in _COLUMNS))
_OF_STATION = CHECKUP.c.station_id == bindparam("of_station")
_OPEN = Hot(_ALL.where(_OF_STATION, CHECKUP.c.ended_at.is_(None)))
_OPEN_STATIONS = select(CHECKUP.c.station_id).where(CHECKUP.c.ended_at.is_(None))
_DUE = (
    select(CHECKUP.c.id)
    .where(CHECKUP.c.due_at <= bindparam("now", type_=Instant()), CHECKUP.c.ended_at.is_(None))
    .order_by(CHECKUP.c.due_at)
)


def checkup(reads: Reads, checkup_id: str) -> CheckupView | None:
    """A check-up by its id."""
    return _view(reads.one(_ALL.where(CHECKUP.c.id == checkup_id)))


def open_at(reads: Reads, station_id: str) -> CheckupView | None:
    """The check-up of a station that runs."""
    return _view(reads.one(_OPEN, of_station=station_id))


def of_session(reads: Reads, session_id: str, station_id: str) -> CheckupView | None:
    """The check-up whose test charge this session is, if it runs."""
    found = open_at(reads, station_id)
    return found if found is not None and found.session_id == session_id else None


def open_stations(reads: Reads) -> frozenset[str]:
    """The stations that are being checked."""
    return frozenset(row[0] for row in reads.all(_OPEN_STATIONS))


def due(reads: Reads, now: datetime, limit: int) -> tuple[str, ...]:
    """The check-ups whose running step's time is up."""
    return tuple(row[0] for row in reads.all(_DUE.limit(limit), now=now))


def page_of(
    reads: Reads, station_id: str, before: str | None, limit: int
) -> tuple[CheckupView, ...]:
    """A station's check-ups, the newest first, older than the id `before`."""
    wanted = _ALL.where(_OF_STATION)
    if before is not None:
        wanted = wanted.where(CHECKUP.c.id < before)
    rows = reads.all(wanted.order_by(CHECKUP.c.id.desc()).limit(limit), of_station=station_id)
    return tuple(_of(row) for row in rows)


def add(work: Work, new: CheckupView) -> None:
    """Keep a new check-up."""
    work.add(Checkup(**_values(new)))


def save(work: Work, changed: CheckupView) -> None:
    """Keep what became of a check-up, and wake those who watch it."""
    is_it = CHECKUP.c.id == changed.id
    work.execute(update(CHECKUP).where(is_it).values(**_values(changed)))
    work.notify(f"checkup:{changed.id}")


def asked(reads: Reads, command_ids: tuple[str, ...]) -> tuple[Asked, ...]:
    """What became of these commands, in this order."""
    found = []
    for command_id in command_ids:
        command = stations.command(reads, command_id)
        assert command is not None, command_id
        outcome = command.outcome
        details = outcome.details if outcome else {}
        answer = details.get("answer")
        status = outcome.status if outcome else ""
        found.append(
            Asked(command.kind, command.state, status, answer if isinstance(answer, dict) else {})
        )
    return tuple(found)


def settings(reads: Reads, station_id: str) -> dict[str, str]:
    """What the station last reported of its settings."""
    wanted = select(col(StationSetting.name), col(StationSetting.value)).where(
        col(StationSetting.station_id) == station_id
    )
    return {row.name: row.value for row in reads.all(wanted)}


def written(reads: Reads, station_id: str, since: datetime) -> str | None:
    """How the newest writing of settings since then stands; None: there was none."""
    wanted = select(col(CommandRow.state)).where(
        col(CommandRow.station_id) == station_id,
        col(CommandRow.kind) == "write_settings",
        col(CommandRow.created_at) >= since,
    )
    found: str | None = reads.value(wanted.order_by(col(CommandRow.id).desc()).limit(1))
    return found


def _view(row: Any) -> CheckupView | None:
    return None if row is None else _of(row)


def _of(row: Any) -> CheckupView:
    values = dict(zip(_COLUMNS, row, strict=True))
    return CheckupView(**{**values, "steps": _STEPS.validate_python(values["steps"])})


def _values(view: CheckupView) -> dict[str, Any]:
    values = {name: getattr(view, name) for name in _COLUMNS}
    return {**values, "steps": _STEPS.dump_python(view.steps, mode="json")}
