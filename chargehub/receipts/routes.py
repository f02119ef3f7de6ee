"""Receipts over REST, and the public keys that they are checked with."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from chargehub.people.access import CurrentActor, CurrentOperator
from chargehub.receipts import actions
from chargehub.receipts.actions import Wish
from chargehub.receipts.bodies import ReceiptKeysBody
from chargehub.receipts.files import FILE, issuer_of, receipt_file
from chargehub.receipts.signing import published
from chargehub.receipts.tables import public_keys
from chargehub.rest.manners import CurrentStore, Now
from chargehub.store.writer import Store

router = APIRouter(tags=["sessions"])
public = APIRouter(tags=["operation"])

SessionId = Annotated[str, Path(max_length=36)]
Version = Annotated[int | None, Query(ge=1, lt=2**31)]


@router.get("/sessions/{session_id}/receipt", response_class=Response, responses=FILE)
async def get_receipt(
    session_id: SessionId,
    request: Request,
    actor: CurrentActor,
    store: CurrentStore,
    now: Now,
    version: Version = None,
) -> Response:
    """The evidence of a session's bill in one signed file; `chargehub verify-receipt` checks it.

    `version`: that of an earlier bill, before it was corrected.
    """
    issuer = issuer_of(request)
    return await receipt_file(store, actor, Wish(session_id, version), issuer, now)


@router.post("/receipt-keys", status_code=201)
async def post_receipt_key(
    request: Request, operator: CurrentOperator, store: CurrentStore, now: Now
) -> ReceiptKeysBody:
    """Sign receipts with a new key from now on. Those of older keys stay verifiable."""
    secret = request.app.state.hub.settings.secret
    await store.do(actions.rotate_key, secret, now)
    return await _published(store)


@public.get("/.well-known/chargehub-receipt-keys.json")
async def get_receipt_keys(request: Request, store: CurrentStore, now: Now) -> ReceiptKeysBody:
    """The public keys that receipts are checked with. Everybody may keep a copy."""
    found = await _published(store)
    if not found.keys:
        await store.do(actions.provide_key, request.app.state.hub.settings.secret, now)
        found = await _published(store)
    return found


async def _published(store: Store) -> ReceiptKeysBody:
    return ReceiptKeysBody.model_validate(published(await store.read(public_keys)))
