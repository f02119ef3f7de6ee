"""What the country of a station asks for before it is published, and what is there of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from chargehub.errors import Conflict, Forbidden, NotFound
from chargehub.jurisdictions import rules, tables
from chargehub.jurisdictions.book import check_country, shipped
from chargehub.jurisdictions.rules import Duty, Offer, Price, Profile
from chargehub.jurisdictions.tables import StationProof
from chargehub.listings.tables import Listing
from chargehub.meters import tables as meters
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.stations.registration import owned_location, owned_station
from chargehub.stations.schema import Evse, Location, Station
from chargehub.stations.views import LocationView, StationView
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables as tariffs
from chargehub.tariffs.components import Component, IdlePrice
from chargehub.tariffs.pricing import Tariff

AT_ONCE = 100  # proofs to look up


class StillPublished(Conflict):
    """The country of a place decides what is offered there; it does not change meanwhile."""

    code = "still_published"


class NotAskedFor(NotFound):
    """The country of the station asks for no such proof."""

    code = "not_found"


class ProofChanged(Conflict):
    """The owner states another reference than the one that was looked up."""

    code = "proof_changed"


@dataclass(frozen=True, slots=True)
class Told:
    """What an owner stated of a station, and where it can be looked up."""

    station_id: str
    proof: str
    reference: str


def check(
    reads: Reads, station: StationView, tariff: Tariff, takes_cards: bool | None = None
) -> None:
    """Raises DutiesOpen with all that is missing to publish the station with this tariff.

    `takes_cards`: whether people without an account can pay by card; None: it is for members.
    """
    profile = profile_of(reads, station)
    rules.check(_duties(reads, profile, station, tariff, takes_cards), profile.name)


def duties(
    reads: Reads, actor: Actor, station_id: str, tariff_id: str, takes_cards: bool
) -> tuple[Profile, tuple[Duty, ...]]:
    """What the country asks of a station that is offered to everybody with a tariff.

    Raises NotFound.
    """
    station = owned_station(reads, actor.account_id, station_id)
    tariff = tariffs.tariff(reads, tariff_id)
    if tariff is None or tariff.owner_id != actor.account_id:
        raise NotFound("You have no tariff with this id.")
    profile = profile_of(reads, station)
    return profile, _duties(reads, profile, station, tariff.content, takes_cards)


def state(
    work: Work, actor: Actor, station_id: str, proof: str, reference: str, now: datetime
) -> None:
    """State that a station has what its country asks for; another reference is looked up anew.

    Raises NotFound, NotAskedFor.
    """
    station = owned_station(work, actor.account_id, station_id)
    profile = profile_of(work, station)
    if profile.proof(proof) is None:
        known = ", ".join(item.id for item in profile.proofs) or "none"
        raise NotAskedFor(f"{profile.name} asks for no such proof; it asks for: {known}.")
    if tables.proofs_of(work, station_id).get(proof) == reference:
        return
    is_it = (col(StationProof.station_id) == station_id) & (col(StationProof.proof) == proof)
    values: dict[str, Any] = {"reference": reference, "stated_at": now}
    values |= {"checked_at": None, "checked_by": None}
    if not work.execute(update(StationProof).where(is_it).values(**values)):
        work.add(StationProof(station_id=station_id, proof=proof, **values))


def check_proof(work: Work, operator: Actor, told: Told, now: datetime) -> None:
    """An operator has looked a reference up and found it right.

    Raises NotFound, ProofChanged where the owner states another by now, Forbidden.
    """
    station = stations.station(work, told.station_id)
    if station is None or told.proof not in tables.proofs_of(work, told.station_id):
        raise NotFound("There is no such proof of this station: GET /proofs-to-check.")
    if station.owner_id == operator.account_id:
        raise Forbidden("It is your own station. Another operator must look it up.")
    is_it = (
        (col(StationProof.station_id) == told.station_id)
        & (col(StationProof.proof) == told.proof)
        & (col(StationProof.reference) == told.reference)
    )
    values = {"checked_at": now, "checked_by": operator.account_id}
    if not work.execute(update(StationProof).where(is_it).values(**values)):
        raise ProofChanged("The owner states another reference. Read it: GET /proofs-to-check.")


def to_check(reads: Reads) -> tuple[Told, ...]:
    """What operators are to look up, the oldest first, 100 at once."""
    asked = frozenset(
        item.id for profile in shipped().all() for item in profile.proofs if item.checked_by
    )
    rows = tables.unchecked(reads, asked, AT_ONCE)
    return tuple(Told(row.station_id, row.proof, row.reference) for row in rows)


def set_country(work: Work, actor: Actor, location_id: str, country: str) -> LocationView:
    """Say in which country a place is. Raises NotFound, UnknownCountry, StillPublished."""
    location = owned_location(work, actor.account_id, location_id)
    check_country(country)
    if country == location.country:
        return location
    published = (
        select(col(Station.id))
        .join(Listing, col(Listing.station_id) == col(Station.id))
        .where(col(Station.location_id) == location_id, col(Listing.withdrawn_at).is_(None))
    )
    if work.one(published.limit(1)) is not None:
        raise StillPublished(
            "A station here is published under the rules of the country that was named before. "
            "Withdraw it (DELETE /stations/{id}/listing), then name the country."
        )
    is_it = col(Location.id) == location_id
    work.execute(update(Location).where(is_it).values(country=country))
    return owned_location(work, actor.account_id, location_id)


def profile_of(reads: Reads, station: StationView) -> Profile:
    """The rules that count where the station stands."""
    location = stations.location(reads, station.location_id)
    assert location is not None, station
    return shipped().of(location.country)


def _duties(
    reads: Reads,
    profile: Profile,
    station: StationView,
    tariff: Tariff,
    takes_cards: bool | None,
) -> tuple[Duty, ...]:
    of_station = select(col(Evse.power_w)).where(col(Evse.station_id) == station.id)
    confirmed = tables.confirmed_at(reads, station.owner_id, profile.code, profile.version)
    offer = Offer(
        power_w=max((row.power_w for row in reads.all(of_station)), default=0),
        currency=tariff.currency,
        vat_percent=tariff.vat_percent,
        prices=tuple(_prices(tariff.components)),
        is_confirmed=confirmed is not None,
        proofs=tables.proofs_of(reads, station.id),
        shown=_shown(reads, station),
        checked=tables.checked_of(reads, station.id),
        takes_cards=takes_cards,
    )
    return rules.duties(profile, offer)


def _shown(reads: Reads, station: StationView) -> frozenset[str]:
    """What is known of a station without its owner's statement."""
    numbers = [evse.number for evse in stations.evses_of_station(reads, station.id)]
    is_pinned = all(meters.is_confirmed(reads, station.id, number) for number in numbers)
    return frozenset({"meter_keys"} if numbers and is_pinned else ())


def _prices(components: Iterable[Component]) -> Iterable[Price]:
    for component in components:
        grace_s = int(component.grace.total_seconds()) if isinstance(component, IdlePrice) else 0
        yield Price(component.kind, component.price, grace_s)
