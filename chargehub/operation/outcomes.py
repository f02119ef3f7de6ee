"""The layer of REST that notes how what an operator did was answered, refusals and faults too."""

from contextlib import suppress

from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chargehub.errors import Unavailable
from chargehub.people import noting


class Outcomes:
    """Completes the note that was written when an operator's request was let in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = dict(scope.get("state") or {})
        state.pop("noted", None)  # of another request of the same page
        asked = {**scope, "state": state}

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start" and "noted" in state:
                with suppress(Unavailable, OperationalError):  # it is done or refused all the same
                    store = scope["app"].state.hub.store
                    await store.do(noting.finish, state["noted"], message["status"])
            await send(message)

        await self._app(asked, receive, completed)
