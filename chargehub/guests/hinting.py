"""What a rail's hint about one of its pages is worth: a look, whoever's page it is."""

from datetime import datetime

from chargehub.guests import walking_up
from chargehub.payments import confirming, paying_in, setting_up
from chargehub.store.work import Work


def hint(work: Work, rail: str, reference: str, now: datetime) -> None:
    """A rail says that something became of a page: whose it is has the rail asked what."""
    for told in (setting_up.hint, confirming.hint, walking_up.hint, paying_in.hint):
        told(work, rail, reference, now)
