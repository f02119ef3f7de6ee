"""What a country asks of stations that are offered there, as values out of its profile. Pure.

Facts from public texts, not legal advice: each names its rule, where it was read, and when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from chargehub.errors import Conflict, Invalid, NotFound

UNKNOWN = "ZZ"  # ISO 3166 leaves it to its users: a place whose country nobody has named
PartName = Literal["kwh", "minute", "session", "other"]
TERMINAL = "payment_terminal"  # the proof of a device for cards at the station
PARTS = frozenset({"kwh", "minute", "session", "other"})
Basis = Literal["text", "summary", "hub"]
"""Where a fact was read: the rule's own text, somebody's summary of it, or nowhere: it is a bound
of the hub's own, for no rule was found."""

Value = TypeVar("Value")
Code = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Id = Annotated[str, Field(pattern="^[a-z]+(_[a-z0-9]+)*$", max_length=40)]
Sentence = Annotated[str, Field(min_length=10, max_length=600)]
PowerW = Annotated[int, Field(ge=0, le=10_000_000)]


class UnknownCountry(Invalid):
    """No country has this code in ISO 3166."""

    code = "unknown_country"


class NoSuchJurisdiction(NotFound):
    """The hub has no profile under this code."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no jurisdiction with this code; GET /jurisdictions lists them.")


class ChecklistChanged(Conflict):
    """The checklist that was read is not the one that counts."""

    code = "checklist_changed"


class DutiesOpen(Conflict):
    """A station cannot be published before what its country asks for is there."""

    code = "duties_open"


class AboveLimit(Invalid):
    """A price is higher than the country of the station allows."""

    code = "above_limit"


def _decimal(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("give a decimal number as text, like 0.80") from error
    if not value.is_finite() or value < 0:
        raise ValueError("give a decimal number that is not negative")
    return text


DecimalText = Annotated[str, AfterValidator(_decimal)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Fact(_Part, Generic[Value]):
    """One value with the rule it comes from, where that was read, and on which day."""

    value: Value
    rule: Sentence
    basis: Basis
    checked_on: date


class IdleLimit(_Part):
    """The most that a minute without charging may cost, in major units of `currency`, and the
    least time before it begins."""

    per_minute: DecimalText
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    grace_s: Annotated[int, Field(ge=0, le=86_400)] = 0


class Uptime(_Part):
    """The least share of time that EVSEs of at least `from_power_w` must work.

    `formula` uk: at least so much of what was measured; nevi: more than that of the whole period.
    """

    least_percent: DecimalText
    formula: Literal["uk", "nevi"]
    period: Literal["calendar_year", "past_12_months"]
    from_power_w: PowerW = 0


class Reporting(_Part):
    """What a platform reports of its owners. `due`: month and day after the year's end.

    Who sold less often than `sales` and for less than `amount` (major units) is left out. Who was
    asked for what is missing and has not told it so many days later is not paid; None: is paid.
    """

    name: Annotated[str, Field(max_length=20)]
    due: Annotated[str, Field(pattern="^[0-9]{2}-[0-9]{2}$")]
    sales: Annotated[int, Field(ge=0)]
    amount: DecimalText
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    held_after_days: Annotated[int, Field(ge=1, le=366)] | None = None


class Invoicing(_Part):
    """What an invoice must tell: who sells, with address, and the VAT id where VAT is charged.

    Above `buyer_above` (major units; None: never) also who buys. `in_sellers_name`: others may
    issue it for the seller. `self_billing`: the buyer may.
    """

    buyer_above: DecimalText | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    in_sellers_name: bool = True
    self_billing: bool = True


class Item(_Part):
    """Something an owner confirms; as a proof, something stated for each station with a
    reference, from a power on. `met_by`: what shows it without a statement: meter_keys, if the
    owner has confirmed the key of the meter of each EVSE. `checked_by` operator: a reference
    counts once an operator has looked it up."""

    id: Id
    text: Sentence
    rule: Sentence
    basis: Basis
    checked_on: date
    from_power_w: PowerW = 0
    met_by: Literal["meter_keys"] | None = None
    checked_by: Literal["operator"] | None = None


class Profile(_Part):
    """A country's rules. What is None is not asked for there, as far as is known.

    `based_on`: the profile that says the rest. `members`: countries that have no profile of their
    own and follow this one. `kwh_only_from_w`: from this power on a tariff has prices per kWh and
    for idle minutes alone. `records_years`: how long bills are kept. `vat_percents`: that of public
    charging first.
    """

    code: Code
    name: Annotated[str, Field(min_length=2, max_length=60)]
    based_on: Code | None = None
    members: tuple[Code, ...] = ()
    vat_mode: Fact[Literal["agent", "commissionaire", "none"]] | None = None
    vat_percents: Fact[tuple[DecimalText, ...]] | None = None
    price_order: Fact[tuple[PartName, ...]] | None = None
    kwh_only_from_w: Fact[PowerW] | None = None
    ad_hoc_payment: Fact[bool] | None = None
    idle_limit: Fact[IdleLimit] | None = None
    uptime: Fact[Uptime] | None = None
    reporting: Fact[Reporting] | None = None
    receipt: Fact[tuple[Id, ...]] | None = None
    records_years: Fact[Annotated[int, Field(ge=0, le=30)]] | None = None
    invoicing: Fact[Invoicing] | None = None
    proofs: tuple[Item, ...] = ()
    checklist: tuple[Item, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> "Profile":
        if self.price_order is not None and sorted(self.price_order.value) != sorted(PARTS):
            raise ValueError("price_order names kwh, minute, session and other, each once")
        for items in (self.proofs, self.checklist):
            if len({item.id for item in items}) != len(items):
                raise ValueError("every item has an id of its own")
        return self

    @property
    def version(self) -> str:
        """Changes with the checklist, so that owners confirm the new one."""
        text = "\n".join(f"{item.id} {item.text} {item.rule}" for item in self.checklist)
        return sha256(text.encode()).hexdigest()[:12]

    def proof(self, proof_id: str) -> Item | None:
        """One of the proofs, by its id."""
        return next((item for item in self.proofs if item.id == proof_id), None)


def merged(profile: Profile, base: Profile) -> Profile:
    """The profile, and what it leaves to the one it is based on. Of items with one id its own."""
    own = {name for name, value in profile if value is not None and value != ()}
    values: dict[str, Any] = {name: getattr(base, name) for name in Profile.model_fields}
    values |= {name: getattr(profile, name) for name in own}
    for name in ("proofs", "checklist"):
        values[name] = _joined(getattr(base, name), getattr(profile, name))
    return Profile(**{**values, "members": profile.members})


def _joined(base: Sequence[Item], own: Sequence[Item]) -> tuple[Item, ...]:
    ids = {item.id for item in own}
    return (*(item for item in base if item.id not in ids), *own)


@dataclass(frozen=True, slots=True)
class Price:
    """A component of a tariff, as far as countries have rules on it. `grace_s` of idle ones."""

    kind: str
    amount: Decimal
    grace_s: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """What an owner wants to publish, and what was confirmed and stated for it.

    `proofs`: id of the proof -> the owner's reference; `checked`: those of them whose reference an
    operator has looked up. `power_w`: of the strongest EVSE.
    `shown`: what is there without a statement, by the name in `Item.met_by`. `takes_cards`: who has
    no account pays by card on the hub's pages; None: the offer is for members alone.
    """

    power_w: int
    currency: str
    vat_percent: Decimal
    prices: tuple[Price, ...]
    is_confirmed: bool
    proofs: Mapping[str, str]
    shown: frozenset[str] = frozenset()
    checked: frozenset[str] = frozenset()
    takes_cards: bool | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that a country asks for, whether it is there, and what to do if not."""

    id: str
    is_met: bool
    what: str
    rule: str


_THEN: Mapping[str | None, str] = {None: "", "operator": ", which an operator then looks up"}
_OR: Mapping[str | None, str] = {
    None: "",
    "meter_keys": ", or confirm the key of each EVSE's meter (PUT /evses/{id}/meter-key)",
}


def duties(profile: Profile, offer: Offer) -> tuple[Duty, ...]:
    """All that the profile asks of an offer; every duty says by which rule."""
    found = [
        Duty(
            item.id,
            item.met_by in offer.shown or _is_proved(item, offer),
            f"State for the station, with a reference: {item.text} "
            f"(PUT /stations/{{id}}/proofs/{item.id}){_THEN[item.checked_by]}{_OR[item.met_by]}",
            item.rule,
        )
        for item in profile.proofs
        if offer.power_w >= item.from_power_w
    ]
    if profile.checklist:
        found.append(
            Duty(
                "checklist",
                offer.is_confirmed,
                f"Read the checklist of {profile.name} (GET /jurisdictions/{profile.code}) and "
                f"confirm its version (PUT /jurisdictions/{profile.code}/confirmation)",
                profile.checklist[0].rule,
            )
        )
    return (*found, *_of_ad_hoc(profile, offer), *_of_prices(profile, offer))


def _of_ad_hoc(profile: Profile, offer: Offer) -> list[Duty]:
    """Everybody can pay where everybody may charge: on pages of the hub, or at a terminal."""
    asked = profile.ad_hoc_payment
    if asked is None or not asked.value or offer.takes_cards is None:
        return []
    what = "Let drivers pay without an account: put the QR code on each socket"
    what = f"{what} (GET /evses/{{id}}/qr.svg)"
    if not offer.takes_cards:
        what = (
            "This hub has no page on which people without an account pay, until its operator sets"
        )
        what = f"{what} up Stripe (CHARGEHUB_STRIPE_KEY). Offer the station to members alone"
        if profile.proof(TERMINAL) is not None:
            what = f"{what}, or state its terminal (PUT /stations/{{id}}/proofs/{TERMINAL})"
    is_met = offer.takes_cards or TERMINAL in offer.proofs
    return [Duty("ad_hoc_payment", is_met, what, asked.rule)]


def _is_proved(item: Item, offer: Offer) -> bool:
    return item.id in (offer.checked if item.checked_by else offer.proofs)


def _of_prices(profile: Profile, offer: Offer) -> list[Duty]:
    found = []
    if (rates := profile.vat_percents) is not None:
        allowed = {Decimal(0), *map(Decimal, rates.value)}
        known = " or ".join(sorted({*rates.value, "0"}, key=Decimal, reverse=True))
        what = f"Use a tariff with VAT of {known} percent, not {offer.vat_percent}"
        found.append(Duty("vat", offer.vat_percent in allowed, what, rates.rule))
    if (limit := profile.kwh_only_from_w) is not None and offer.power_w >= limit.value:
        is_met = all(each.kind in ("energy", "idle") for each in offer.prices if each.amount)
        what = f"From {limit.value // 1_000} kW on, price kWh and idle minutes alone"
        found.append(Duty("kwh_only", is_met, what, limit.rule))
    if (idle := profile.idle_limit) is not None and any(p.kind == "idle" for p in offer.prices):
        found.append(_of_idle(idle, offer))
    return found


def _of_idle(idle: Fact[IdleLimit], offer: Offer) -> Duty:
    idles = [each for each in offer.prices if each.kind == "idle" and each.amount]
    is_met = offer.currency != idle.value.currency or all(_is_within(idle, each) for each in idles)
    return Duty("idle_limit", is_met, _asked(idle), idle.rule)


def _is_within(idle: Fact[IdleLimit], price: Price) -> bool:
    most, grace_s = Decimal(idle.value.per_minute), idle.value.grace_s
    return price.amount <= most and price.grace_s >= grace_s


def _asked(idle: Fact[IdleLimit]) -> str:
    return (
        f"Ask at most {Decimal(idle.value.per_minute)} {idle.value.currency} per idle minute, "
        f"and none in the first {idle.value.grace_s // 60} minutes"
    )


def check_overstay(profile: Profile, highest: Price, currency: str) -> None:
    """Staying after a booking is idle time as well. Raises AboveLimit.

    `highest`: the most that a minute of it may cost. In another currency than the limit's nothing
    is compared.
    """
    idle = profile.idle_limit
    if idle is None or currency != idle.value.currency or _is_within(idle, highest):
        return
    raise AboveLimit(
        f"{_asked(idle)}; a minute of `overstay` would cost up to {highest.amount} {currency} "
        f"from {highest.grace_s // 60} minutes on [{idle.rule}]."
    )


def check(found: Sequence[Duty], name: str) -> None:
    """Raises DutiesOpen, naming all that is missing and the rule of each."""
    missing = [f"{duty.what} [{duty.rule}]" for duty in found if not duty.is_met]
    if missing:
        raise DutiesOpen(f"{name} asks for more before this is published: {'; '.join(missing)}.")
