"""What is known of an installation when it is judged. No secret and no password stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PortState = Literal["free", "hub", "other", "impossible"]
DatabaseState = Literal["open", "missing", "unreachable", "damaged"]


@dataclass(frozen=True, slots=True)
class Configured:
    """What the settings come to. `wrong`: why `serve` would not start, or would go without.

    `loosened`: settings that are on and belong to trials. `smtp`: HOST:PORT, empty: none.
    `mail_answer`: what the mail server said where it was asked; None: it was not.
    """

    wrong: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()
    http: str = ""
    ocpp: str = ""
    ocpps: str = ""
    public_url: str = ""
    ocpp_public_url: str = ""
    ocpps_public_url: str = ""
    smtp: str = ""
    mail_from: str = ""
    mail_answer: str | None = None
    rails: tuple[str, ...] = ()
    tick_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in a database with all its tables. None: it was not answered in time.

    `secret_fits`: the hub's secret opens what was sealed; None: nothing is, or there is no secret.
    `oldest_owed_at`: since when the oldest delivery waits that is not parked; real time.
    `sums` and `energy_left_wh` break a law of the ledger unless they are zero.
    """

    stations: int | None = None
    accounts: int | None = None
    operators: int | None = None
    newest_event_at: datetime | None = None
    secret_fits: bool | None = None
    parked: int | None = None
    owed: int | None = None
    oldest_owed_at: datetime | None = None
    webhooks_failing: int | None = None
    webhooks_disabled: int | None = None
    transfers: int | None = None
    sums: Mapping[str, int] | None = None
    energy_left_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """Which database it is and how it stands. `where`: the file or URL, without a password.

    `revision`: of its tables, None: it has none. `lacking`: tables and columns of this version.
    `journal`, `file_system` and `size_bytes` are of SQLite files, `clock_ahead` of servers.
    """

    kind: str
    where: str
    state: DatabaseState
    problem: str = ""
    version: tuple[int, ...] = ()
    revision: str | None = None
    newest: str | None = None
    lacking: tuple[str, ...] = ()
    read_only: str = ""
    journal: str = ""
    file_system: str = ""
    size_bytes: int = 0
    clock_ahead: timedelta | None = None
    contents: Contents | None = None

    @property
    def is_current(self) -> bool:
        """Has it all the tables of this version?"""
        return self.state == "open" and self.revision == self.newest and not self.lacking


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key, and what leads to its root.

    `problem`: why they cannot be used. `valid_until`: of whichever ends first.
    """

    file: str
    problem: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose mode lets others at it who have no business there."""

    file: str
    mode: int
    holds: str


@dataclass(frozen=True, slots=True)
class Files:
    """Certificates, keys and modes. `tls` and `authority` None: there is none."""

    tls: Certificate | None = None
    authority: Certificate | None = None
    opened: tuple[Opened, ...] = ()
    has_secret: bool = False
    secret_problem: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """Where the hub listens or will. `setting`: http, ocpp or ocpps."""

    setting: str
    address: str
    state: PortState
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the hub runs on. `is_disciplined`: a time service keeps the clock; None: unknown.

    `web_ahead`: how far the web server that was named is ahead of the clock; None: none was.
    `most_files`: what `serve` may raise its limit to; None: unknown.
    """

    folder: str
    free_bytes: int
    free_files: int | None = None
    is_disciplined: bool | None = None
    web_ahead: timedelta | None = None
    web_problem: str = ""
    most_files: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """What a hub that runs here tells at /metrics, by name; empty: none answered."""

    figures: Mapping[str, float]

    @property
    def answers(self) -> bool:
        return bool(self.figures)


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, at one moment of real time."""

    now: datetime
    configured: Configured
    database: Database
    files: Files
    machine: Machine
    ports: tuple[Port, ...]
    running: Running
