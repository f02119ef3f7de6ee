"""The operator's desk: what operators did."""

from fastapi import APIRouter, Response

from chargehub.web.desk import DeskVisitor, acts_of

router = APIRouter()


@router.get("/operator/log")
async def get_log(visitor: DeskVisitor, cursor: str = "", account_id: str = "") -> Response:
    """What operators did, newest first; of one of them where one is named."""
    asked = {"cursor": cursor, "account_id": account_id}
    found = await visitor.api.get("/operator/log", asked)
    known = {(act.method, act.path): act for act in (await acts_of(visitor)).values()}
    return visitor.page(
        "operator/log.html",
        notes=[(each, known.get((each["method"], each["route"]))) for each in found["items"]],
        next=found["next"],
        account_id=account_id,
    )
