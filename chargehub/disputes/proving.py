"""What the signatures of a meter and the power of its EVSE prove of a bill."""

from dataclasses import dataclass

from chargehub.sessions import trusting
from chargehub.sessions.bound import TOO_FAST
from chargehub.sessions.cdr import CdrView
from chargehub.sessions.meter import Metered, Point
from chargehub.sessions.tables import SessionView
from chargehub.store.work import Reads

# What may speak against a bill without touching what its meter signed.
_OF_THE_BILL = frozenset(
    {"bill_differs", TOO_FAST, "register_faulty", "register_missing", "estimated"}
)


@dataclass(frozen=True, slots=True)
class Proved:
    """`signed_wh`: the energy between a signed begin and a signed end, a begun Wh as a whole one;
    None: no confirmed key vouches for both, or something speaks against them. `is_less`: that, or
    what the EVSE can have given, is less than was billed. `forged_minor`: what the energy was
    billed at, where no key that anybody knows signed a packet and the owner had confirmed one.
    """

    signed_wh: int | None = None
    is_less: bool = False
    forged_minor: int | None = None


def proved(reads: Reads, session: SessionView | None, record: CdrView | None) -> Proved:
    """What is known of a session's CDR as it stands now."""
    if session is None or record is None:
        return Proved()
    found, keys = trusting.trust(reads, session, record), trusting.keys(reads, session)
    if "forged" in found.reasons and keys.confirmed:
        return Proved(forged_minor=_of_energy(record))
    if found.verdict == "signed":
        return Proved(record.energy_wh)
    is_too_fast = TOO_FAST in found.reasons
    is_sound = _OF_THE_BILL.issuperset(found.reasons) and "bill_differs" in found.reasons
    if is_sound and found.begin is not None and found.end is not None:
        signed_wh = -(-(found.end.energy_wh - found.begin.energy_wh) // 1)
        if 0 <= signed_wh < record.energy_wh:
            return Proved(int(signed_wh), is_less=True)
    return Proved(is_less=is_too_fast)


def cut(metered: Metered, most_wh: int | None) -> Metered:
    """The registers up to so much energy; None: all of it."""
    if most_wh is None:
        return metered
    most = metered.points[0].register_wh + most_wh
    kept = (Point(one.at, min(one.register_wh, most)) for one in metered.points)
    return Metered(tuple(kept), metered.flags)


def _of_energy(record: CdrView) -> int:
    """What a bill asks for energy alone, and no more than it asks for in all."""
    asked = sum(int(line["amount_minor"]) for line in record.lines if line["kind"] == "energy")
    return min(record.cost_minor, asked)
