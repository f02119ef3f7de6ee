"""How many stations of a fleet speak which OCPP version. Pure."""

from collections.abc import Mapping
from fractions import Fraction

VERSIONS = ("1.6", "2.0.1", "2.1")

Mix = tuple[int, ...]  # the weights of VERSIONS; what is left out at the end weighs nothing


class BadMix(ValueError):
    """The text is no mix; it says what one looks like."""


def read_mix(text: str) -> Mix:
    """Weights like 1:1 or 3:1:1, versions like 1.6:2.1 (the same of each), or one version."""
    parts = text.split(":")
    if set(parts) <= set(VERSIONS):
        return tuple(int(version in parts) for version in VERSIONS)
    are_weights = all(part.isdecimal() for part in parts) and 2 <= len(parts) <= len(VERSIONS)
    if not are_weights or not any(int(part) for part in parts):
        raise BadMix("the mix is weights like 1:1 or 3:1:1, versions like 1.6:2.1, or a version")
    return tuple(map(int, parts))


def weighted(mix: Mix) -> Mapping[str, int]:
    """Version -> weight, for those with any."""
    return {version: weight for version, weight in zip(VERSIONS, mix, strict=False) if weight}


def divided(count: int, mix: Mix) -> list[str]:
    """A version for each of `count` stations; any first few of them divide as the mix says."""
    shares = {one: Fraction(weight, sum(mix)) for one, weight in weighted(mix).items()}
    versions: list[str] = []
    for number in range(1, count + 1):
        missing = {one: share * number - versions.count(one) for one, share in shares.items()}
        versions.append(max(reversed(missing), key=lambda one: missing[one]))
    return versions
