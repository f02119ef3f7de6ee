"""The evidence of a session's bill as a file, sent to who may see the session."""

from datetime import datetime
from typing import Any

from fastapi import Request, Response

from chargehub.people.rules import Actor
from chargehub.receipts import actions
from chargehub.receipts.actions import Issuer, Wish
from chargehub.store.writer import Store

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}},
        "description": "The receipt. Keep it byte by byte.",
    }
}


def issuer_of(request: Request) -> Issuer:
    """The hub that is asked, as who issues receipts."""
    hub = request.app.state.hub
    return Issuer(hub.settings.secret, hub.terms)


async def receipt_file(
    store: Store, actor: Actor, wish: Wish, issuer: Issuer, now: datetime
) -> Response:
    """The receipt, byte by byte as it was signed; where none was issued yet it is now."""
    content = await store.read(actions.receipt_of, actor, wish)
    if content is None:
        await store.do(actions.issue_now, actor, wish.session_id, issuer, now)
        content = await store.read(actions.receipt_of, actor, wish)
    headers = {"Content-Disposition": f'attachment; filename="receipt-{wish.session_id}.json"'}
    return Response(content, media_type="application/json", headers=headers)
