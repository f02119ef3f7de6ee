"""What co-owners of a station agreed on, and how an amount is divided by it. Pure.

What a station earns while an agreement holds is earned by the agreement, as by an owner of its
own, and passed on to its parties: see decision on joint holders in `docs/decisions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehub.errors import Conflict, Invalid, NotFound

WHOLE = 10_000  # basis points
MOST_PARTIES = 20


class BadShares(Invalid):
    """Shares that are none: they do not make a whole, or name somebody twice or nobody."""

    code = "bad_shares"


class SharesMoved(Conflict):
    """The agreement was replaced by another proposal, or accepted by this party already."""

    code = "shares_moved"


class NoSuchAgreement(NotFound):
    """There is no such agreement, or the account is no party to it."""


@dataclass(frozen=True, slots=True)
class Share:
    """A party's part in basis points; 0 is one who had a part before and has to agree, too."""

    account_id: str
    basis_points: int
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The shares of one station's earnings, the station's owner first.

    `starts_at` is what was proposed; `holds_from`, once all have accepted, is no earlier than
    that. What was earned before stays as it was divided then.
    """

    id: str
    station_id: str
    owner_id: str
    starts_at: datetime
    proposed_at: datetime
    holds_from: datetime | None
    divisions: int
    shares: tuple[Share, ...]

    @property
    def is_joint(self) -> bool:
        """False: the owner has it all, and nothing is divided."""
        return self.shares[0].basis_points < WHOLE

    def part(self, amount: int, account_id: str) -> int:
        """A party's part of an amount; 0 for anybody else."""
        parts = divided(amount, [one.basis_points for one in self.shares])
        of_party = zip(self.shares, parts, strict=True)
        return sum(part for share, part in of_party if share.account_id == account_id)


def check(owner_id: str, shares: Sequence[tuple[str, int]]) -> None:
    """Raises BadShares, saying what to state instead."""
    names = [account_id for account_id, _ in shares]
    if len(set(names)) != len(names) or owner_id not in names:
        raise BadShares("Name each co-owner once, and yourself too.")
    if any(points < 1 for _, points in shares) or len(shares) > MOST_PARTIES:
        raise BadShares(f"Give each of at most {MOST_PARTIES} co-owners 1 basis point or more.")
    whole = sum(points for _, points in shares)
    if whole != WHOLE:
        raise BadShares(f"The shares sum to {whole} basis points. Make them {WHOLE}, the whole.")


def divided(amount: int, basis_points: Sequence[int]) -> tuple[int, ...]:
    """An amount by shares: each rounded towards zero, the rest is the first one's.

    sum(result) == amount, always, and no part has another sign than the amount.
    """
    assert sum(basis_points) == WHOLE and all(points >= 0 for points in basis_points)
    sign = -1 if amount < 0 else 1
    others = [sign * (abs(amount) * points // WHOLE) for points in basis_points[1:]]
    return (amount - sum(others), *others)
