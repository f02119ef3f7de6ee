"""What owners have confirmed of a country, and stated of a station."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Field, SQLModel, col

from chargehub.store.columns import Instant
from chargehub.store.work import Reads


class JurisdictionConfirmation(SQLModel, table=True):
    """An owner has confirmed a country's checklist; `version` is which one it was."""

    __tablename__ = "jurisdiction_confirmation"

    account_id: str = Field(primary_key=True, max_length=36, foreign_key="account.id")
    code: str = Field(primary_key=True, max_length=2)
    version: str = Field(max_length=12)
    confirmed_at: datetime = Field(sa_type=Instant)


class StationProof(SQLModel, table=True):
    """An owner states that a station has what a country asks for: a certificate's number, say."""

    __tablename__ = "station_proof"

    station_id: str = Field(primary_key=True, max_length=36, foreign_key="station.id")
    proof: str = Field(primary_key=True, max_length=40)
    reference: str = Field(max_length=200)
    stated_at: datetime = Field(sa_type=Instant)


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
