"""What the facts decide by themselves. Pure; where they do not, people must."""

from dataclasses import dataclass

from chargehub.disputes.rules import Decision
from chargehub.disputes.views import Kind
from chargehub.units import Money

OFFLINE = "The station had no connection when the driver was to begin."
AS_SIGNED = "The meter signed exactly the energy that was billed."
FORGED = "No key that was confirmed for this meter signed what the station sent as signed."


@dataclass(frozen=True, slots=True)
class Facts:
    """What the evidence says. None: it does not say.

    `energy_wh`: what the session took, 0 where there was none. `signed_wh`: the same by records
    that the EVSE's meter signed. `recomputed_minor`: the cost by the tariff's snapshot.
    `provable_minor`: the cost of what the meter signed, or of what the EVSE can have given, where
    that is less than was billed. `forged_minor`: what the energy was billed at, if the owner had
    confirmed a key and something was signed by none that anybody knows.
    """

    was_offline: bool | None
    energy_wh: int
    signed_wh: int | None
    cost_minor: int
    recomputed_minor: int | None
    currency: str
    provable_minor: int | None = None
    forged_minor: int | None = None


def decide(kind: Kind, amount_minor: int, facts: Facts) -> Decision | None:
    """The decision that the facts leave no doubt about, or None. Source: market.md 1.6."""
    if kind == "no_access" and facts.was_offline and facts.energy_wh == 0:
        return Decision("facts", amount_minor, OFFLINE)
    if kind == "price" and facts.recomputed_minor is not None:
        over = facts.cost_minor - facts.recomputed_minor
        if over > 0:
            right = Money(facts.recomputed_minor, facts.currency)
            reason = f"By the tariff that was agreed it costs {right}; the difference goes back."
            return Decision("facts", min(amount_minor, over), reason)
    return _of_energy(amount_minor, facts) if kind == "energy" else None


def _of_energy(amount_minor: int, facts: Facts) -> Decision | None:
    if facts.forged_minor:
        return Decision("facts", min(amount_minor, facts.forged_minor), FORGED)
    over = 0 if facts.provable_minor is None else facts.cost_minor - facts.provable_minor
    if over > 0:
        right = Money(facts.cost_minor - over, facts.currency)
        reason = f"What is proved of the energy costs {right}; the difference goes back."
        return Decision("facts", min(amount_minor, over), reason)
    if facts.signed_wh is not None and facts.signed_wh == facts.energy_wh:
        return Decision("facts", 0, AS_SIGNED)
    return None
