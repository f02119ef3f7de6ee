"""How far a driver is trusted when booking. `reputation` keeps it true; bookings only read it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, bindparam, select, text
from sqlmodel import Field, SQLModel

from chargehub.bookings.rules import BookingTerms, Policy
from chargehub.store.columns import Instant
from chargehub.store.hot import Hot
from chargehub.store.work import Reads, table_of

TRUSTED_RATING = 4_000  # thousandths of a star
_IS_DOUBTED = text(f"(terms <> 'usual' OR rating_thousandths < {TRUSTED_RATING})")


class DriverTrust(SQLModel, table=True):
    """What a driver's record comes to. Without a row: a newcomer, on the usual terms."""

    __tablename__ = "driver_trust"
    __table_args__ = (
        Index(
            "ix_driver_trust_doubted",
            "looked_at",
            sqlite_where=_IS_DOUBTED,
            postgresql_where=_IS_DOUBTED,
        ),
    )

    driver_id: str = Field(primary_key=True, max_length=36)
    terms: str = Field(max_length=8)
    rating_thousandths: int
    sessions: int
    looked_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Trust:
    """What a driver's record comes to: terms, thousandths of a star, sessions that gave energy."""

    terms: BookingTerms = "usual"
    rating_thousandths: int = 4_300
    sessions: int = 0

    @property
    def pays_before(self) -> bool:
        """Whether the whole expected price is held, and not the usual deposit alone."""
        return self.terms != "usual"

    def must_ask(self, policy: Policy, deposit_minor: int) -> bool:
        """Whether the owner is asked first: for the driver's record, or as the policy wants it.

        A policy for trusted drivers lets those book at once who have 4 stars, and who have charged
        before or leave a deposit. Source: design page of the market, section 1.1.
        """
        if policy.mode == "request" or self.terms == "approval":
            return True
        if policy.instant_for == "anybody":
            return False
        is_known = self.sessions > 0 or deposit_minor > 0
        return not is_known or self.rating_thousandths < TRUSTED_RATING


TRUST = table_of(DriverTrust)
_OF = Hot(
    select(TRUST.c.terms, TRUST.c.rating_thousandths, TRUST.c.sessions).where(
        TRUST.c.driver_id == bindparam("driver_id")
    )
)
_FRESH = Hot(
    select(TRUST.c.driver_id).where(
        TRUST.c.driver_id == bindparam("driver_id"),
        TRUST.c.looked_at > bindparam("since", type_=Instant()),
        TRUST.c.sessions > 0,
        TRUST.c.terms == "usual",
        TRUST.c.rating_thousandths >= TRUSTED_RATING,
    )
)
_DOUBTED = (
    select(TRUST.c.driver_id)
    .where(_IS_DOUBTED, TRUST.c.looked_at <= bindparam("before", type_=Instant()))
    .order_by(TRUST.c.looked_at)
)


def of(reads: Reads, driver_id: str) -> Trust:
    """How far a driver is trusted."""
    row = reads.one(_OF, driver_id=driver_id)
    return Trust() if row is None else Trust(*row)


def is_fresh(reads: Reads, driver_id: str, since: datetime) -> bool:
    """True for a driver whom another session cannot make more trusted, as was found since then."""
    return reads.one(_FRESH, driver_id=driver_id, since=since) is not None


def doubted(reads: Reads, before: datetime, limit: int) -> list[str]:
    """Drivers who are not trusted as others are, and of whom that was found before then."""
    return [row.driver_id for row in reads.all(_DOUBTED.limit(limit), before=before)]
