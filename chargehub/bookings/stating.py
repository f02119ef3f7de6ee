"""An owner states how a station's EVSEs may be booked from now on."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from chargehub.bookings import overstay, policies, terms
from chargehub.bookings.policies import BookingPolicyRow, Stated
from chargehub.bookings.rules import Policy
from chargehub.errors import Conflict, NotFound
from chargehub.jurisdictions import rules as jurisdictions
from chargehub.jurisdictions.rules import Price
from chargehub.listings import duties
from chargehub.listings import tables as listings
from chargehub.people.rules import Actor
from chargehub.stations import tables as stations
from chargehub.stations.registration import owned_station
from chargehub.stations.views import StationView
from chargehub.store.work import Reads, Work
from chargehub.tariffs import tables as tariffs


def state_policy(
    work: Work, actor: Actor, station_id: str, policy: Policy, now: datetime
) -> Stated:
    """A new version of a station's policy; the same again makes none.

    What is booked stays as it was booked. Raises NotFound where the station is not the actor's
    or is not published, BadPolicy, AboveLimit, Conflict.
    """
    station = owned_station(work, actor.account_id, station_id)
    listing = listings.listing(work, station_id)
    tariff = tariffs.tariff(work, listing.tariff_id) if listing else None
    if tariff is None:
        raise NotFound("This station is not published. Publish it, then state its policy.")
    terms.check_fee(policy, tariff.content.currency)
    _check_overstay(work, station, policy, tariff.content.currency)
    before = policies.current(work, station_id)
    if before.version and before.policy == policy:
        return before
    version = before.version + 1
    row = BookingPolicyRow(
        station_id=station_id, version=version, terms=terms.write_policy(policy), stated_at=now
    )
    try:
        work.add(row)
    except IntegrityError as error:
        raise Conflict("The policy was changed at this very moment. Read it, then state it.") from (
            error
        )
    return Stated(policy, version, now)


def _check_overstay(reads: Reads, station: StationView, policy: Policy, currency: str) -> None:
    """Of a minute that the next driver waits, the dearest. Raises AboveLimit."""
    if policy.overstay is None:
        return
    evses = stations.evses_of_station(reads, station.id)
    plugs = [one.type for one in stations.connectors_of(reads, [evse.id for evse in evses])]
    stay = overstay.settled(policy.overstay, plugs, currency)
    assert stay.per_minute is not None, stay
    highest = stay.per_minute * overstay.WAITED_FOR
    price = Price("idle", highest, int(stay.grace.total_seconds()))
    jurisdictions.check_overstay(duties.profile_of(reads, station), price, currency)
