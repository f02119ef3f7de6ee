"""What owners have confirmed of a country, and stated of a station."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Field, SQLModel, col

from chargehub.store.columns import Instant
from chargehub.store.work import Reads, table_of


class JurisdictionConfirmation(SQLModel, table=True):
    """An owner has confirmed a country's checklist; `version` is which one it was."""

    __tablename__ = "jurisdiction_confirmation"

    account_id: str = Field(primary_key=True, max_length=36, foreign_key="account.id")
    code: str = Field(primary_key=True, max_length=2)
    version: str = Field(max_length=12)
    confirmed_at: datetime = Field(sa_type=Instant)


class StationProof(SQLModel, table=True):
    """An owner states that a station has what a country asks for: a certificate's number, say.

    `checked_at`: when an operator looked this reference up and found it right; None: not yet.
    """

    __tablename__ = "station_proof"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    proof: str = Field(primary_key=True, max_length=40)
    reference: str = Field(max_length=200)
    stated_at: datetime = Field(sa_type=Instant)
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    checked_by: str | None = Field(default=None, max_length=36)


def confirmed_at(reads: Reads, account_id: str, code: str, version: str) -> datetime | None:
    """When an owner confirmed this version of a country's checklist; None: not yet."""
    found: datetime | None = reads.value(
        select(col(JurisdictionConfirmation.confirmed_at)).where(
            col(JurisdictionConfirmation.account_id) == account_id,
            col(JurisdictionConfirmation.code) == code,
            col(JurisdictionConfirmation.version) == version,
        )
    )
    return found


def proofs_of(reads: Reads, station_id: str) -> Mapping[str, str]:
    """What was stated of a station: id of the proof -> reference."""
    wanted = select(col(StationProof.proof), col(StationProof.reference)).where(
        col(StationProof.station_id) == station_id
    )
    return {row.proof: row.reference for row in reads.all(wanted)}


def checked_of(reads: Reads, station_id: str) -> frozenset[str]:
    """The proofs of a station whose reference an operator has looked up."""
    wanted = select(col(StationProof.proof)).where(
        col(StationProof.station_id) == station_id, col(StationProof.checked_at).is_not(None)
    )
    return frozenset(row.proof for row in reads.all(wanted))


def unchecked(reads: Reads, proofs: frozenset[str], limit: int) -> Sequence[Any]:
    """What was stated of these proofs and nobody has looked up, the oldest first."""
    table = table_of(StationProof)
    wanted = select(table).where(table.c.proof.in_(proofs), table.c.checked_at.is_(None))
    return reads.all(wanted.order_by(table.c.stated_at, table.c.station_id).limit(limit))
