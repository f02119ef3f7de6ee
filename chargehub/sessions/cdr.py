"""From what was metered to what is owed: the contents of a CDR and of a credit note. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from chargehub.sessions.bound import TOO_FAST, UNBOUND, Bound
from chargehub.sessions.meter import Metered
from chargehub.tariffs.components import Segment, Usage
from chargehub.tariffs.pricing import Tariff, price

NO_CURRENCY = "XXX"  # ISO 4217: no currency involved
MAX_ENERGY_WH = 10_000_000  # what a session can be billed for: far beyond any car's battery

UNKNOWN_TOKEN = "unknown_token"
# Why a session ended that its station broke off, in the words of 1.6 and 2.x. A person's hand can
# do the rest, an emergency stop among it.
BROKEN_OFF = frozenset(
    {
        *("hard_reset", "soft_reset", "immediate_reset", "reboot", "power_loss", "power_quality"),
        *("ground_fault", "overcurrent_fault"),
    }
)
UNBILLED = {
    "invalid": UNKNOWN_TOKEN,
    "blocked": "blocked_token",
    "expired": "expired_token",
    "not_now": "not_admitted",
    "no_credit": "no_credit",
}


@dataclass(frozen=True, slots=True)
class CdrView:
    """A CDR or a credit note. Energy in Wh, amounts in minor units of `currency`, VAT within."""

    id: str
    session_id: str
    version: int
    kind: str
    replaces: str | None
    reason: str | None
    station_id: str
    evse_id: str | None
    owner_id: str
    driver_id: str | None
    id_token: str | None
    started_at: datetime
    ended_at: datetime
    energy_wh: int
    billed_wh: int
    free_wh: int
    unbilled_wh: int
    unbilled_reason: str | None
    cost_minor: int
    vat_minor: int
    currency: str
    lines: list[dict[str, Any]]
    tariff_snapshot_id: str | None
    flags: list[str]
    created_at: datetime


class Judged(Protocol):
    """What pricing needs to know of a session."""

    @property
    def verdict(self) -> str | None: ...

    @property
    def driver_id(self) -> str | None: ...

    @property
    def is_free(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Priced:
    """Energy divided into billed, free and unbilled Wh, and what the driver owes."""

    billed_wh: int
    free_wh: int
    unbilled_wh: int
    unbilled_reason: str | None
    cost_minor: int
    vat_minor: int
    currency: str
    lines: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bill is limited by: `allowance_wh` is what the driver may still take of the month's
    free energy, `bound` what the EVSE can have given."""

    allowance_wh: int = 0
    bound: Bound = UNBOUND


NO_LIMITS = Limits()


def price_session(
    session: Judged,
    metered: Metered,
    tariff: Tariff | None,
    time_zone: str,
    limits: Limits = NO_LIMITS,
) -> Priced:
    """Every Wh is billed, free or unbilled for a reason: the three sum to what was metered.

    What no car can take is a fault or a lie of the meter. Nobody is billed for it until an
    operator has set the energy. What the EVSE cannot have given is not billed either; the rest is.
    """
    energy = metered.energy_wh
    currency = tariff.currency if tariff else NO_CURRENCY
    if session.is_free:
        return Priced(0, energy, 0, None, 0, 0, currency, [])
    if session.verdict != "accepted" or session.driver_id is None:
        reason = UNBILLED.get(session.verdict or "invalid", UNKNOWN_TOKEN)
        return Priced(0, 0, energy, reason, 0, 0, currency, [])
    if tariff is None:
        return Priced(0, 0, energy, "no_tariff", 0, 0, currency, [])
    if energy > MAX_ENERGY_WH:
        return Priced(0, 0, energy, "absurd_register", 0, 0, currency, [])
    given = limits.bound.cut(metered)
    free = min(given.energy_wh, limits.allowance_wh)
    cost = price(tariff, replace(usage(given, time_zone), free_wh=free))
    beyond = energy - given.energy_wh
    return Priced(
        *(given.energy_wh - free, free, beyond, TOO_FAST if beyond else None),
        *(cost.total_minor, cost.vat_minor, currency, [line.stored() for line in cost.lines]),
    )


def is_broken_off(stop_reason: str | None, energy_wh: int) -> bool:
    """True if the station ended a session by itself, before any energy flowed."""
    return energy_wh == 0 and stop_reason in BROKEN_OFF


def waived(priced: Priced) -> Priced:
    """The same for nothing: nobody pays for a start that the station did not keep up."""
    return replace(priced, cost_minor=0, vat_minor=0, lines=[])


def usage(metered: Metered, time_zone: str) -> Usage:
    """The points as segments: one in which the register stood still is idle."""
    points = metered.points
    segments = tuple(
        Segment(
            start=before.at,
            end=after.at,
            energy_wh=after.register_wh - before.register_wh,
            state="charging" if after.register_wh > before.register_wh else "idle",
        )
        for before, after in pairwise(points)
    )
    return Usage(time_zone=time_zone, segments=segments)


def credit_note(old: CdrView, note_id: str, reason: str, now: datetime) -> CdrView:
    """The CDR taken back: the same, with every amount and all energy negated."""
    return replace(
        old,
        id=note_id,
        kind="credit_note",
        replaces=old.id,
        reason=reason,
        energy_wh=-old.energy_wh,
        billed_wh=-old.billed_wh,
        free_wh=-old.free_wh,
        unbilled_wh=-old.unbilled_wh,
        cost_minor=-old.cost_minor,
        vat_minor=-old.vat_minor,
        lines=[{**line, "amount_minor": -line["amount_minor"]} for line in old.lines],
        created_at=now,
    )


def is_same(old: CdrView, new: CdrView) -> bool:
    """True if nothing that anybody sees or pays differs."""
    return (
        replace(new, id=old.id, version=old.version, created_at=old.created_at, flags=old.flags)
        == old
    )
