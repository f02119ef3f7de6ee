"""Named stories of a fleet, as data. A new one joins here, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chargers.machine import utc_now


@dataclass(frozen=True, slots=True)
class Cut:
    """`after_s` after the last station came all lines are gone for `lasts_s`.

    `power`: sessions end and nobody charges. All stations come back in the same moment.
    """

    after_s: float
    lasts_s: float
    power: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """`faults`, `hardware` and `settings` as on the command line; `idle_s` between two cars.

    `late`: that long the stations have been without a line when the fleet begins. It is played
    in `late_played_in`: their clocks run from then to now, and energy flows as fast.
    """

    sentence: str
    faults: str = ""
    idle_s: tuple[float, float] = (1.0, 20.0)
    cut: Cut | None = None
    late: timedelta = timedelta()
    late_played_in: timedelta = timedelta(minutes=1)
    hardware: str = ""
    settings: tuple[str, ...] = ()


KNOWN_DRIVERS = (  # in the words of 1.6 and of 2.x
    *("AuthorizationCacheEnabled=true", "AuthCacheCtrlr.Enabled=true"),
    *("LocalPreAuthorize=true", "AuthCtrlr.LocalPreAuthorize=true"),
    *("AllowOfflineTxForUnknownId=false", "AuthCtrlr.OfflineTxForUnknownIdEnabled=false"),
)
SCENARIOS: Mapping[str, Scenario] = {
    "usual": Scenario("Cars come and go, some seconds apart."),
    "calm": Scenario("Few cars, long pauses.", idle_s=(20.0, 60.0)),
    "rush_hour": Scenario("The next car waits when one leaves.", idle_s=(0.0, 1.0)),
    "offline_day": Scenario(
        "All stations were a day without a line; now they come and tell it.",
        idle_s=(1.0, 5.0),
        late=timedelta(days=1),
    ),
    "power_cut": Scenario(
        "The power fails; when it returns all stations boot in the same moment.",
        cut=Cut(after_s=20.0, lasts_s=10.0, power=True),
    ),
    "network_cut": Scenario(
        "All lines are lost at once; sessions go on and are told later.",
        cut=Cut(after_s=20.0, lasts_s=20.0),
    ),
    "bad_links": Scenario(
        "Mobile links that die silently, come back twice, and answer no pings.",
        faults="silent_death:0.02,restless:0.3,several_sockets:0.2,deaf_to_pings:0.5",
    ),
    "known_drivers": Scenario(
        "Who is in the list or the cache charges unasked, also while the lines are down.",
        settings=KNOWN_DRIVERS,
        cut=Cut(after_s=20.0, lasts_s=20.0),
    ),
    "signed_meters": Scenario(
        "Meters sign begin and end of every session in OCMF, and read with noise.",
        hardware="signs=secp256r1,noise_percent=1",
    ),
    "deaf_to_limits": Scenario(
        "Charging profiles are taken and not followed: does the hub notice?",
        hardware="obeys_limits=no",
        idle_s=(0.0, 1.0),
    ),
    "mixed_faults": Scenario("A little of every fault.", faults="all:0.03"),
}


class LateClock:
    """A station's clock that begins `late` ago and catches up with the time of day."""

    def __init__(self, late: timedelta, played_in: timedelta) -> None:
        self._began_at = utc_now()
        self._late = late
        self._played_in = played_in

    @property
    def speed(self) -> int:
        """How many times as fast it runs until then."""
        return 1 + self._late // self._played_in

    def __call__(self) -> datetime:
        """The station's time; never ahead."""
        now = utc_now()
        passed = (now - self._began_at) / self._played_in
        return now - self._late * max(0.0, 1 - passed)
