"""The profiles that come with the hub, read once and strictly; and the countries there are."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import orjson
from pydantic import ValidationError

from chargehub.jurisdictions.rules import (
    UNKNOWN,
    NoSuchJurisdiction,
    Profile,
    UnknownCountry,
    merged,
)

FOLDER = Path(__file__).with_name("profiles")
_MOST_STEPS = 5  # from a profile to the ones it is based on


class BrokenProfile(ValueError):
    """A profile cannot be used; the text names the file and the key."""


class Book:
    """All profiles by code, and which one counts for a country."""

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        self._profiles = {code: _whole(profile, profiles) for code, profile in profiles.items()}
        self._followed = {
            country: profile.code for profile in profiles.values() for country in profile.members
        }

    def all(self) -> tuple[Profile, ...]:
        """By code."""
        return tuple(profile for _, profile in sorted(self._profiles.items()))

    def named(self, code: str) -> Profile:
        """The profile with this code. Raises NoSuchJurisdiction."""
        found = self._profiles.get(code)
        if found is None:
            raise NoSuchJurisdiction
        return found

    def of(self, country: str) -> Profile:
        """What counts in a country: its own profile, the one it follows, or that of nowhere."""
        code = country if country in self._profiles else self._followed.get(country, UNKNOWN)
        return self._profiles[code]


def _whole(profile: Profile, profiles: Mapping[str, Profile]) -> Profile:
    found, base = profile, profile.based_on
    for _ in range(_MOST_STEPS):
        if base is None:
            return found
        if base not in profiles:
            raise BrokenProfile(f"{profile.code}: it is based on {base}, which is not there.")
        found, base = merged(found, profiles[base]), profiles[base].based_on
    raise BrokenProfile(f"{profile.code}: it is based on too many others.")


def read(path: Path) -> Profile:
    """One file; it is called like its code. Raises BrokenProfile."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        profile = Profile.model_validate_json(orjson.dumps(content))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenProfile(f"{path}: {error}") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        key = ".".join(str(step) for step in wrong["loc"]) or "the whole file"
        raise BrokenProfile(f"{path}: {key}: {wrong['msg']}") from error
    if path.stem != profile.code.lower():
        raise BrokenProfile(f"{path}: code: a file is called like its code, in small letters")
    return profile


@lru_cache(maxsize=1)  # files of the program: they do not change while it runs
def shipped() -> Book:
    """The profiles of the hub. Raises BrokenProfile."""
    profiles = [read(path) for path in sorted(FOLDER.glob("*.toml"))]
    return Book({profile.code: profile for profile in profiles})


@lru_cache(maxsize=1)
def countries() -> Mapping[str, str]:
    """Every country of ISO 3166: alpha-2 code -> name. The tz database has them all."""
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return MappingProxyType({row[0]: row[1] for row in rows})


def check_country(code: str) -> None:
    """Raises UnknownCountry. ZZ is a country that nobody has named."""
    if code != UNKNOWN and code not in countries():
        raise UnknownCountry(f"{code[:10]!r} is no country. Use ISO 3166 alpha-2, such as NO.")
