"""How far a closed session's energy can be trusted, by what its meter signed.

It is worked out when it is asked for: a key that is confirmed later vouches for what it signed.
"""

from dataclasses import dataclass

from chargehub.meters import tables as meters
from chargehub.meters.rules import KeyView
from chargehub.meters.tables import PacketView
from chargehub.meters.trust import Bill, Keys, Looked, Trust, judge, look
from chargehub.people.rules import Actor
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.rules import CLOCK_REPAIRED
from chargehub.sessions.tables import SessionView
from chargehub.stations import tables as stations
from chargehub.stations.views import EvseView
from chargehub.store.work import Reads


@dataclass(frozen=True, slots=True)
class Signed:
    """All that was signed of a session, and the keys of its meter."""

    keys: Keys
    packets: tuple[PacketView, ...]

    def looked_at(self) -> list[tuple[PacketView, Looked]]:
        """What each packet is."""
        return [(view, look(view.packet, self.keys)) for view in self.packets]


def signed(reads: Reads, session: SessionView) -> Signed:
    """Read it."""
    return Signed(keys(reads, session), meters.packets(reads, session.id))


def trust(reads: Reads, session: SessionView, record: CdrView) -> Trust:
    """The verdict on a CDR of this session, and its reasons."""
    evse = stations.evse(reads, session.evse_id) if session.evse_id else None
    return judged(signed(reads, session), record, evse)


def judged(told: Signed, record: CdrView, evse: EvseView | None) -> Trust:
    """The verdict on a CDR, by what is at hand."""
    is_timed = CLOCK_REPAIRED not in record.flags
    bill = Bill(
        energy_wh=record.energy_wh,
        duration=record.ended_at - record.started_at,
        flags=tuple(record.flags),
        power_w=evse.power_w if evse and is_timed else None,
    )
    return judge([view.packet for view in told.packets], told.keys, bill)


def keys(reads: Reads, session: SessionView) -> Keys:
    """The keys of the session's meter, as they stand for a session of its time."""
    known = meters.keys(reads, session.station_id, session.evse_number or 0)
    is_trusted = {one.id: _is_trusted(one, session) for one in known}
    return Keys(
        confirmed=tuple(one.key for one in known if is_trusted[one.id]),
        told=tuple(one.key for one in known if not is_trusted[one.id]),
    )


def looked_at(reads: Reads, session: SessionView) -> list[tuple[PacketView, Looked]]:
    """All that was signed of a session, and what each packet is."""
    return signed(reads, session).looked_at()


def may_see_tokens(actor: Actor, session: SessionView) -> bool:
    """True for the driver whose id token it is, and for operators."""
    return actor.is_operator or actor.account_id == session.driver_id


def names_user(looked: Looked) -> bool:
    """True if a packet holds an id token, or nobody can tell."""
    return looked.record is None or looked.record.user != ""


def _is_trusted(key: KeyView, session: SessionView) -> bool:
    if session.ended_at is None:
        return key.state == "confirmed"
    return key.is_trusted(session.ended_at)
