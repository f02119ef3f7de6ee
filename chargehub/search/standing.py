"""What a search knows of the reputation of stations: the one place where it is read."""

from collections.abc import Mapping, Sequence

from chargehub.search.ranking import Standing
from chargehub.store.work import Reads

NEUTRAL = Standing()


def standings(reads: Reads, station_ids: Sequence[str]) -> Mapping[str, Standing]:
    """The standing of each of these stations. Nobody has rated any yet: all are alike."""
    return dict.fromkeys(station_ids, NEUTRAL)
