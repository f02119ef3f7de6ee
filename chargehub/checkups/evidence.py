"""What a check-up knows of a station, has asked it and has seen of it. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

SeenKind = Literal["boot", "heartbeat", "status", "reading", "settings"]


@dataclass(frozen=True, slots=True)
class Intervals:
    """What a station is to keep to, in seconds."""

    heartbeat_s: int = 300
    sampling_s: int = 60


@dataclass(frozen=True, slots=True)
class Charge:
    """The test charge: the session's status, and what its register rose by; None: not told."""

    status: str
    gained_wh: int | None = None
    took_s: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows of the station. `evses`: number -> power in W.

    `told`: of which EVSEs a status was ever told, also before. `settings`: as last reported.
    `written`: how the newest writing of settings ended since it booted; None: there was none.
    """

    version: str
    vendor: str | None
    model: str | None
    is_connected: bool
    is_accepted: bool
    security_profile: int
    clock_ahead_s: int | None
    evses: Mapping[int, int]
    told: frozenset[int] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    has_meter_key: bool = False
    quirk_profile: str | None = None
    written: str | None = None
    charge: Charge | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A command of the step. `state`: as CommandView has it; `answer`: to a call, as told."""

    kind: str
    state: str
    status: str = ""
    answer: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.state in ("queued", "sent")


@dataclass(frozen=True, slots=True)
class Seen:
    """A report that came during the step. `ahead_s`: its time against the hub's."""

    kind: SeenKind
    at: datetime
    evse: int = 0
    ahead_s: int | None = None
    register_wh: int | None = None
    power_w: int | None = None
    is_absurd: bool = False
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a step has found so far. `before`: what the steps before it have seen.

    `is_asking`: there are commands of it still to be asked.
    """

    asked: tuple[Asked, ...] = ()
    seen: tuple[Seen, ...] = ()
    before: tuple[Seen, ...] = ()
    is_over: bool = False
    is_asking: bool = False

    def of(self, kind: SeenKind) -> tuple[Seen, ...]:
        """The reports of this kind, the oldest first."""
        return tuple(each for each in self.seen if each.kind == kind)

    @property
    def is_answered(self) -> bool:
        return not self.is_asking and not any(each.is_open for each in self.asked)

    @property
    def is_refused(self) -> bool:
        """Everything was answered, and nothing with yes."""
        return self.is_answered and all(each.state != "answered" for each in self.asked)

    @property
    def words(self) -> str:
        """The station's own words of refusal."""
        said = [each.status or each.state for each in self.asked if each.state != "answered"]
        return ", ".join(dict.fromkeys(said)) or "no answer"
