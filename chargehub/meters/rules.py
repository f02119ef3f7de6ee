"""What may be done with the keys of meters, and which settings of stations hold them. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

from chargehub.errors import Conflict, Forbidden, Invalid, NotFound
from chargehub.meters.publickeys import PublicKey

MOST_KEYS = 20  # of one EVSE: a station that tells more makes them up
# 1.6: what the field agreed on; 2.x: the component of a meter, of an EVSE or of all.
OLD_SETTING = "MeterPublicKey{}"
KEY_SETTINGS = ("MeterPublicKey", "FiscalMetering")
_SETTING = re.compile(
    r"MeterPublicKey\[?(?P<old>\d{0,4})\]?"
    r"|FiscalMetering(?:\[[^\]]*\])?(?:@(?P<new>\d{1,4})(?::\d+)?)?\.PublicKey(?:\[[^\]]*\])?"
)


class BadMeterKey(Invalid):
    """What was sent is no public key of a meter."""

    code = "bad_meter_key"


class MeterKeyDiffers(Conflict):
    """The key that is printed on a device is not the one that its station tells."""

    code = "meter_key_differs"

    def __init__(self, fingerprints: str) -> None:
        super().__init__(
            "The station tells another key than this one. Compare all of it once more with what is "
            f"printed (the station's: SHA-256 {fingerprints}). If it still differs, somebody has "
            "changed the meter: have it looked at before anybody charges."
        )


class PacketWithheld(Forbidden):
    """A signed reading holds its driver's whole id token, which no owner is told."""

    code = "packet_withheld"

    def __init__(self) -> None:
        super().__init__(
            "The signed readings hold the driver's id token, with which anybody could charge. "
            "Ask the driver for them."
        )


class NoSuchPacket(NotFound):
    """There is no such signed reading in this session."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("The session has no signed reading with this id.")


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key of a meter; the fields of its row, `key` the key itself."""

    id: str
    station_id: str
    evse_number: int
    key: PublicKey
    told_by: str
    state: str
    first_seen_at: datetime
    confirmed_at: datetime | None
    confirmed_by: str | None
    retired_at: datetime | None

    def is_trusted(self, at: datetime) -> bool:
        """True if what it signed of a session that ended at this instant is genuine."""
        if self.state == "retired":
            return self.retired_at is not None and at <= self.retired_at
        return self.state == "confirmed"


def evse_of_setting(name: str) -> int | None:
    """The EVSE whose meter's public key this setting holds; 0: of all; None: it holds none."""
    found = _SETTING.fullmatch(name)
    return None if found is None else int(found["old"] or found["new"] or 0)
