"""An owner states how a station's EVSEs may be booked from now on."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from chargehub.bookings import policies, terms
from chargehub.bookings.policies import BookingPolicyRow, Stated
from chargehub.bookings.rules import Policy
from chargehub.errors import Conflict, NotFound
from chargehub.listings import tables as listings
from chargehub.people.rules import Actor
from chargehub.stations.registration import owned_station
from chargehub.store.work import Work
from chargehub.tariffs import tables as tariffs


def state_policy(
    work: Work, actor: Actor, station_id: str, policy: Policy, now: datetime
) -> Stated:
    """A new version of a station's policy; the same again makes none.

    What is booked stays as it was booked. Raises NotFound where the station is not the actor's
    or is not published, BadPolicy, Conflict.
    """
    owned_station(work, actor.account_id, station_id)
    listing = listings.listing(work, station_id)
    tariff = tariffs.tariff(work, listing.tariff_id) if listing else None
    if tariff is None:
        raise NotFound("This station is not published. Publish it, then state its policy.")
    terms.check_fee(policy, tariff.content.currency)
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
