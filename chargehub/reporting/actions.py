"""An owner tells who they are to tax offices."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import update

from chargehub.jurisdictions.book import check_country
from chargehub.people.rules import Actor
from chargehub.reporting import asking
from chargehub.reporting.rules import Seller
from chargehub.reporting.tables import SELLER, SellerRow
from chargehub.store.work import Work


def tell(work: Work, actor: Actor, seller: Seller, now: datetime) -> None:
    """What is told takes the place of what was told before; payouts that were withheld for it
    follow. Raises UnknownCountry."""
    for country in (seller.country, seller.tin_country):
        if country is not None:
            check_country(country)
    values = {**asdict(seller), "changed_at": now}
    is_it = SELLER.c.account_id == actor.account_id
    if not work.execute(update(SELLER).where(is_it).values(**values)):
        work.insert(SellerRow, account_id=actor.account_id, **values)
    asking.follow(work, actor.account_id, now)
