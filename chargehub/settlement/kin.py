"""Who pays at a station of their own: what they spend there comes back to them as earnings."""

from datetime import datetime

from sqlalchemy import select

from chargehub.people.tables import IdToken
from chargehub.settlement import shares
from chargehub.stations.schema import Evse, HouseholdToken, Station
from chargehub.store.work import Reads, table_of

TOKEN = table_of(IdToken)
HOUSEHOLD = table_of(HouseholdToken)
EVSE = table_of(Evse)
STATION = table_of(Station)


def is_kin(
    reads: Reads, driver_id: str | None, station_id: str, owner_id: str, now: datetime
) -> bool:
    """True if this driver is the station's owner, a co-owner of it, or of the owner's household:
    somebody one of whose id tokens charges free at any EVSE of the owner's."""
    if driver_id is None:
        return False
    if driver_id == owner_id:
        return True
    standing = shares.standing(reads, station_id, now)
    if standing is not None and any(one.account_id == driver_id for one in standing.shares):
        return True
    statement = (
        select(HOUSEHOLD.c.evse_id)
        .join(TOKEN, TOKEN.c.value_folded == HOUSEHOLD.c.id_token)
        .join(EVSE, EVSE.c.id == HOUSEHOLD.c.evse_id)
        .join(STATION, STATION.c.id == EVSE.c.station_id)
        .where(TOKEN.c.account_id == driver_id, STATION.c.owner_id == owner_id)
    )
    return reads.one(statement.limit(1)) is not None
