"""Whose VAT is in what hub and owner bill each other, and what the ledger says of it. Pure.

Sources: Directive 2006/112/EC, articles 168 (input VAT), 194 to 199a (reverse charge), 226(11a).
"""

from decimal import Decimal

from chargehub.invoices.rules import Party
from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import UNKNOWN
from chargehub.ledger.rules import Entry, moved

REVERSE_CHARGE = "Reverse charge: the buyer owes the VAT (Directive 2006/112/EC, article 196)."
_UNION = "EU"
_PREFIXES = {"GR": "EL"}  # where a VAT id does not begin with the country's code


def is_reverse_charged(hub: Party, owner: Party) -> bool:
    """Whether both are in business, in two countries of the European Union: then no VAT is billed.

    A VAT id that is not of the party's own country counts for nothing here.
    """
    is_across = _in_union(hub) and _in_union(owner) and hub.country != owner.country
    return is_across and _has_own_id(hub) and _has_own_id(owner)


def rate(hub: Party, owner: Party) -> Decimal:
    """The VAT within what an owner with a VAT id sells to the hub: the standard one there."""
    if not owner.vat_id or is_reverse_charged(hub, owner):
        return Decimal(0)
    profile = shipped().of(owner.country or UNKNOWN)
    return Decimal(profile.vat_percents.value[0] if profile.vat_percents else "0")


def input_vat_entries(hub: Party, owner: Party, vat_minor: int, currency: str) -> tuple[Entry, ...]:
    """What the hub may deduct of what it bought in its own country; it costs so much less.

    Below 0 in a month in which more went back than came. None elsewhere: another country's VAT is
    not deducted but refunded, on request, and that is not worked out.
    """
    if not vat_minor or not hub.vat_id or hub.country != owner.country:
        return ()
    return moved(vat_minor, currency, f"vat:input:{hub.country}", "income:input_vat")


def unbilled_vat_entries(
    owner_id: str, vat_minor: int, owed_minor: int, country: str, currency: str
) -> tuple[Entry, ...]:
    """The VAT that was set aside of a fee, and that its owner owes instead, is the owner's.

    It pays first what the owner owes (`owed_minor`). Below 0, where fees went back, it is owed.
    """
    paid = min(vat_minor, max(0, owed_minor))
    amounts = {
        f"vat:payable:{country}": vat_minor,
        f"owner:receivable:{owner_id}": -paid,
        f"owner:payable:{owner_id}": paid - vat_minor,
    }
    return tuple(Entry(code, currency, amount) for code, amount in amounts.items() if amount)


def _in_union(party: Party) -> bool:
    profile = shipped().of(party.country or UNKNOWN)
    return _UNION in (profile.code, profile.based_on)


def _has_own_id(party: Party) -> bool:
    prefix = _PREFIXES.get(party.country or "", party.country or "")
    return bool(party.vat_id) and (party.vat_id or "").replace(" ", "").upper().startswith(prefix)
