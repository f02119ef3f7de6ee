"""Recorded charging sessions from a CSV file, as what simulated stations are to tell. Pure.

Two forms are read. The published one of Sørensen et al. (semicolons, decimal commas, local time to
the minute), and our own: `session_id,location,evse,user,private,start,end,energy_wh` with RFC 3339
instants, where an empty end is estimated.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

PUBLISHED_COLUMNS = (
    "session_ID;Garage_ID;User_ID;User_type;Shared_ID;Start_plugin;Start_plugin_hour;"
    "End_plugout;End_plugout_hour;El_kWh;Duration_hours;month_plugin;weekdays_plugin"
)
OWN_COLUMNS = "session_id,location,evse,user,private,start,end,energy_wh"
PUBLISHED_ZONE = "Europe/Oslo"
PUBLISHED_SOURCE = (
    "Å. L. Sørensen, K. B. Lindberg, I. Sartori, I. Andresen, “Residential electric vehicle "
    "charging datasets from apartment buildings”, Data in Brief 36 (2021) 107105, data set 1, "
    "DOI 10.17632/jbks2rcwyj, licence CC BY 4.0"
)
ESTIMATED_POWER_W = 3_600  # 16 A on one phase: what a car without a known end is taken to draw
FIRST_REGISTER_WH = 100_000  # every EVSE's meter starts here: energy is a difference
MOST_SESSIONS = 1_000_000  # a file of ours is read into memory


class BadRecording(ValueError):
    """A line that cannot be meant; the text names it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded session. Instants in UTC; the registers differ by exactly its energy.

    `is_estimated`: its end was not recorded.
    """

    session_id: str
    location: str
    evse: str
    user: str
    is_private: bool
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    is_estimated: bool
    start_wh: int = 0

    @property
    def end_wh(self) -> int:
        """The register at its end."""
        return self.start_wh + self.energy_wh

    @property
    def place(self) -> tuple[str, str]:
        """Its EVSE within its location."""
        return self.location, self.evse


@dataclass(frozen=True, slots=True)
class Recordings:
    """A file's sessions in file order. `source` None: nobody has to be named."""

    sessions: tuple[Recording, ...]
    time_zone: str
    source: str | None

    @property
    def energy_wh(self) -> int:
        """All their energy."""
        return sum(session.energy_wh for session in self.sessions)

    @property
    def estimated(self) -> int:
        """How many ends were estimated."""
        return sum(session.is_estimated for session in self.sessions)

    @property
    def overlapping(self) -> int:
        """How many begin before an earlier one at their EVSE has ended."""
        ends: dict[tuple[str, str], datetime] = {}
        count = 0
        for session in self.sessions:
            end = ends.get(session.place)
            count += end is not None and session.started_at < end
            ends[session.place] = max(end or session.ended_at, session.ended_at)
        return count

    def by_place(self) -> Mapping[tuple[str, str], Sequence[Recording]]:
        """The sessions of each EVSE in file order; EVSEs by first appearance."""
        places: dict[tuple[str, str], list[Recording]] = defaultdict(list)
        for session in self.sessions:
            places[session.place].append(session)
        return places

    def first(self, count: int | None) -> "Recordings":
        """Only the first `count` rows; registers and seconds are those of the whole file."""
        return self if count is None else replace(self, sessions=self.sessions[:count])


def read(path: Path, time_zone: str = "UTC") -> Recordings:
    """Read a file of either form. `time_zone` is that of the locations in a file of our own form.

    Registers are cumulative per EVSE in file order. Raises BadRecording, OSError.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        head = lines.readline().strip()
        if head == PUBLISHED_COLUMNS:
            rows = csv.DictReader(lines, PUBLISHED_COLUMNS.split(";"), delimiter=";")
            sessions = _second_by_second(list(_read_rows(rows, _published)))
            return Recordings(_metered(sessions), PUBLISHED_ZONE, PUBLISHED_SOURCE)
        if head == OWN_COLUMNS:
            rows = csv.DictReader(lines, OWN_COLUMNS.split(","))
            return Recordings(_metered(_read_rows(rows, _own)), time_zone, None)
    raise BadRecording(f"line 1: the columns are neither {OWN_COLUMNS} nor the published ones")


def estimated_end(started_at: datetime, energy_wh: int) -> datetime:
    """When a session ends that draws 3.6 kW until it has its energy."""
    return started_at + timedelta(hours=1) * energy_wh / ESTIMATED_POWER_W


ReadRow = Callable[[Mapping[str, str]], Recording]


def _read_rows(rows: "csv.DictReader[str]", read_row: ReadRow) -> Iterator[Recording]:
    for count, row in enumerate(rows):
        try:
            if count == MOST_SESSIONS:
                raise ValueError(f"more than {MOST_SESSIONS} sessions")
            session = read_row(row)
            if session.ended_at < session.started_at:
                raise ValueError("it ends before it starts")
            if session.energy_wh < 0:
                raise ValueError("its energy is negative")
        except (ValueError, InvalidOperation, KeyError, TypeError, AttributeError) as error:
            raise BadRecording(f"line {rows.line_num + 1}: {error}") from error
        yield session


def _published(row: Mapping[str, str]) -> Recording:
    energy_wh = _whole_wh(Decimal(row["El_kWh"].replace(",", ".")) * 1000)
    is_private = {"Private": True, "Shared": False}[row["User_type"]]
    started_at = _local(row["Start_plugin"])
    has_end = row["End_plugout"] != "NA"
    return Recording(
        session_id=row["session_ID"],
        location=row["Garage_ID"],
        evse=row["User_ID"] if is_private else row["Shared_ID"],
        user=row["User_ID"],
        is_private=is_private,
        started_at=started_at,
        ended_at=_local(row["End_plugout"]) if has_end else estimated_end(started_at, energy_wh),
        energy_wh=energy_wh,
        is_estimated=not has_end,
    )


def _own(row: Mapping[str, str]) -> Recording:
    energy_wh = _whole_wh(Decimal(row["energy_wh"]))
    started_at = _instant(row["start"])
    end = row["end"].strip()
    return Recording(
        session_id=_named(row["session_id"]),
        location=_named(row["location"]),
        evse=_named(row["evse"]),
        user=_named(row["user"]),
        is_private={"true": True, "false": False}[row["private"].strip().lower()],
        started_at=started_at,
        ended_at=_instant(end) if end else estimated_end(started_at, energy_wh),
        energy_wh=energy_wh,
        is_estimated=not end,
    )


def _whole_wh(energy: Decimal) -> int:
    if energy != int(energy):
        raise ValueError(f"{energy} Wh is no whole number")
    return int(energy)


def _local(text: str) -> datetime:
    naive = datetime.strptime(text, "%d.%m.%Y %H:%M")  # noqa: DTZ007 - the zone follows
    return naive.replace(tzinfo=ZoneInfo(PUBLISHED_ZONE)).astimezone(UTC)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text.strip())
    if at.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return at.astimezone(UTC)


def _named(text: str) -> str:
    if not text.strip():
        raise ValueError("a name is empty")
    return text.strip()


def _second_by_second(sessions: Sequence[Recording]) -> Iterator[Recording]:
    """Spread sessions that start in the same minute at one EVSE over it, in file order.

    A session that also ends in that minute ends before the next one starts; the minute is shared
    out evenly, so that no power is out of reason.
    """
    in_minute: dict[tuple[tuple[str, str], datetime], int] = defaultdict(int)
    for session in sessions:
        in_minute[session.place, session.started_at] += 1
    seen: dict[tuple[tuple[str, str], datetime], int] = defaultdict(int)
    for session in sessions:
        key = session.place, session.started_at
        share_s = max(1, 60 // in_minute[key])
        started_at = session.started_at + timedelta(seconds=share_s * seen[key])
        seen[key] += 1
        ended_at = session.ended_at
        if session.is_estimated:
            ended_at = estimated_end(started_at, session.energy_wh)
        elif ended_at == session.started_at:
            ended_at = started_at + timedelta(seconds=max(1, share_s - 1))
        yield replace(session, started_at=started_at, ended_at=ended_at)


def _metered(sessions: Iterable[Recording]) -> tuple[Recording, ...]:
    """Give every session its registers, one after the other at each EVSE."""
    registers: dict[tuple[str, str], int] = {}
    metered = []
    for session in sessions:
        start_wh = registers.get(session.place, FIRST_REGISTER_WH)
        registers[session.place] = start_wh + session.energy_wh
        metered.append(replace(session, start_wh=start_wh))
    return tuple(metered)
