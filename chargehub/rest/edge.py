"""The outermost layer of REST: body size, characters nobody can store, and what nobody expected.

It also tells browsers and caches to take no answer for anything else, and to keep none: many
hold secrets.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

BODY_BYTES = 64 * 1024  # the largest honest body, a station with 50 EVSEs, is under 16 KiB
FILE_BYTES = 8 * 1024 * 1024  # of a route that takes a file: what phones write
FORM_BYTES = 16 * 1024 * 1024  # of a page's form with a file: that REST finds it too large is told
_TAKES_A_FILE = "/photos"  # how the path of such a route ends; it reads after it knows who asks
_PAGES_OF_OWNERS = "/owner/"
_OF_EVERY_ANSWER = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class EdgeAnswers:
    """What is answered to a body over the limit, an unstorable address, and a fault of ours."""

    too_large: Callable[[int], ASGIApp]
    unstorable: Callable[[], ASGIApp]
    internal: Callable[[], ASGIApp]


class BodyTooLarge(HTTPException):
    """A body grew over the limit while it was read. FastAPI lets only this class through."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(413, str(most_bytes))


class Edge:
    """Refuses what no route should see, and answers for a fault of ours.

    A fault is logged here, once, with the route's pattern: addresses can carry secrets. Behind a
    started answer nothing can be said any more, and the server closes the line. (FastAPI has a
    body limit of its own, but it answers with plain text.)
    """

    def __init__(self, app: ASGIApp, answers: EdgeAnswers, body_bytes: int = BODY_BYTES) -> None:
        self._app = app
        self._answers = answers
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif refusal := self._refusal(scope):
            await refusal(scope, receive, _marked(send))
        else:
            await self._guarded(
                scope, self._limited(receive, self._most_bytes(scope)), _marked(send)
            )

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request that is wrong before anything of it is read."""
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            return self._answers.unstorable()
        length = Headers(scope=scope).get("content-length", "")
        most_bytes = self._most_bytes(scope)
        if length.isdecimal() and int(length[:20]) > most_bytes:
            return self._answers.too_large(most_bytes)
        return None

    def _most_bytes(self, scope: Scope) -> int:
        if not scope["path"].endswith(_TAKES_A_FILE):
            return self._body_bytes
        return FORM_BYTES if scope["path"].startswith(_PAGES_OF_OWNERS) else FILE_BYTES

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:  # the edge: whatever it is, it is answered and logged here
            if has_started:
                raise
            route = getattr(scope.get("route"), "path", "(none)")
            log.exception("request failed", method=scope["method"], route=route)
            await self._answers.internal()(scope, receive, send)

    def _limited(self, receive: Receive, most_bytes: int) -> Receive:
        """Counts a body whose length was not announced."""
        read_bytes = 0

        async def limited() -> Message:
            nonlocal read_bytes
            message = await receive()
            read_bytes += len(message.get("body", b""))
            if read_bytes > most_bytes:
                raise BodyTooLarge(most_bytes)
            return message

        return limited


def _marked(send: Send) -> Send:
    """Adds the headers of every answer, but where the route says otherwise."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _OF_EVERY_ANSWER.items():
                headers.setdefault(name, value)
        await send(message)

    return marked
