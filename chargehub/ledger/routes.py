"""The ledger's laws, for everybody to see. No account and no amount of anybody is told."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from chargehub.ledger import tables
from chargehub.rest.manners import CurrentStore
from chargehub.rest.throttle import Narrow, Throttled
from chargehub.store.work import Reads

router = APIRouter(tags=["ledger"])

# The audit reads every entry, and nobody is asked who they are.
_throttle = Depends(Throttled("audit", rate_per_s=1, burst=20))
_narrow = Depends(Narrow("audit", at_once=1, waiting=20), scope="function")


class EnergyBody(BaseModel):
    """Where all metered energy went, in Wh: metered = billed + free + unbilled."""

    metered_wh: int
    billed_wh: int
    free_wh: int
    unbilled_wh: int


class AuditBody(BaseModel):
    """`sums` is the sum of all entries by asset; each is zero, or money or energy was lost.

    `sessions` and `cdrs` are counted in the energy ledger; a corrected session has several CDRs.
    """

    sums: dict[str, int]
    transfers: int
    energy: EnergyBody
    sessions: int
    cdrs: int


@router.get("/ledger/audit", dependencies=[_throttle, _narrow])
async def get_audit(store: CurrentStore) -> AuditBody:
    """The laws of the ledger, worked out now from every entry."""
    return await store.read(_audit)


def _audit(reads: Reads) -> AuditBody:
    energy = tables.energy_totals(reads)
    return AuditBody(
        sums=tables.asset_sums(reads),
        transfers=tables.count_transfers(reads),
        energy=EnergyBody(
            metered_wh=energy.metered_wh,
            billed_wh=energy.billed_wh,
            free_wh=energy.free_wh,
            unbilled_wh=energy.unbilled_wh,
        ),
        sessions=energy.sessions,
        cdrs=energy.cdrs,
    )
