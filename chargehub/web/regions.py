"""Countries, their time zones and currencies, by the names that people there use."""

from collections.abc import Sequence
from functools import cache

from babel.core import get_global
from babel.numbers import get_territory_currencies

from chargehub.web.languages import Language

_COMMON = ("EUR", "NOK", "GBP", "SEK", "DKK", "CHF", "USD")
UNKNOWN = "ZZ"


@cache
def countries(language: Language) -> Sequence[tuple[str, str]]:
    """Codes and names, in the order of the names."""
    named = language.locale.territories
    known = ((code, named[code]) for code in zones_of_countries() if code in named)
    return tuple(sorted(known, key=lambda pair: str(pair[1])))


@cache
def zones() -> Sequence[str]:
    """Every time zone of a country, sorted."""
    return tuple(sorted({zone for found in zones_of_countries().values() for zone in found}))


@cache
def zones_of_countries() -> dict[str, Sequence[str]]:
    """The time zones of each country by its code."""
    known: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        if len(country) == 2 and country.isalpha() and country != UNKNOWN and "/" in zone:
            known.setdefault(country, []).append(zone)
    return dict(known)


def country_of(zone: str) -> str:
    """In which country a time zone is; empty if in none."""
    country = get_global("zone_territories").get(zone, "")
    return country if country in zones_of_countries() else ""


def currencies(country: str) -> Sequence[str]:
    """What is paid with in a country, first, and what is paid with around."""
    own = get_territory_currencies(country) if country and country != UNKNOWN else []
    return tuple(dict.fromkeys([*own, *_COMMON]))
