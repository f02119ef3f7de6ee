"""Where a rail can pay owners at the capture. Pure.

Source: Stripe's documentation, "Create destination charges": platform and connected account are in
one region; another edition of that page says one country. That the European Economic Area is one
such region is our reading of it, not tried; an account that Stripe refuses is done without.
"""

EEA = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
        *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)


def in_one_region(one: str, other: str) -> bool:
    """Whether two countries (two letters of ISO 3166) are; of an unknown one (ZZ) nobody knows."""
    return one != "ZZ" and (one == other or {one, other} <= EEA)
