"""The hub's own REST, asked in the same process as whoever visits a page.

What REST refuses, pages refuse; what it throttles, it throttles here too, for the visitor's address
comes along. No page reads a table or runs an action by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/api/v1"
# What REST may know of the browser: how it came here, and what a stream has told it already.
_PASSED_ON = frozenset(
    (b"host", b"x-forwarded-for", b"x-forwarded-proto", b"user-agent", b"last-event-id")
)
_Headers = Sequence[tuple[bytes, bytes]]
Query = Mapping[str, str | int | bool | Sequence[str] | None]


class Refused(Exception):
    """REST said no. `code` for programs, `detail` for people, `fields` by path like `body.name`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("detail", ""))
        self.status = status
        self.code = str(problem.get("code", "internal"))
        self.detail = str(problem.get("detail", ""))
        self.fields = {
            str(each["field"]): str(each["detail"]) for each in problem.get("errors") or ()
        }


class Api:
    """REST for one request of a browser: its address, and its login if it has one."""

    def __init__(self, app: ASGIApp, scope: Scope, token: str) -> None:
        self._app = app
        self._scope = scope
        self._token = token

    async def get(self, path: str, query: Query | None = None) -> Any:
        """The JSON at a path, like `/bookings`. Raises Refused."""
        return await self._ask("GET", path, query=query)

    async def all(self, path: str, query: Query | None = None, most: int = 1_000) -> list[Any]:
        """The items of a list, page after page, up to so many. Raises Refused."""
        items: list[Any] = []
        cursor: str | None = None
        while len(items) < most:
            page = await self.get(path, {"limit": 200, **(query or {}), "cursor": cursor})
            items += page["items"]
            cursor = page.get("next")  # short lists come whole
            if cursor is None:
                break
        return items[:most]

    async def post(
        self, path: str, body: Any = None, key: str = "", headers: Mapping[str, str] | None = None
    ) -> Any:
        """What POST answers; with `key`, a form that is sent twice is done once. Raises Refused."""
        extra = dict(headers or {}) | ({"Idempotency-Key": key} if key else {})
        return await self._ask("POST", path, body, headers=extra)

    async def put(self, path: str, body: Any = None) -> Any:
        """What PUT answers. Raises Refused."""
        return await self._ask("PUT", path, body)

    async def patch(self, path: str, body: Any = None) -> Any:
        """What PATCH answers. Raises Refused."""
        return await self._ask("PATCH", path, body)

    async def delete(self, path: str) -> Any:
        """What DELETE answers. Raises Refused."""
        return await self._ask("DELETE", path)

    async def file(self, path: str) -> Response:
        """The answer to GET as it is, a document say, for the browser itself. Raises Refused."""
        headers, body = await _accepted(self._app, self._asking("GET", path, b"", {}), b"")
        answer = Response(body)
        answer.raw_headers = list(headers)
        return answer

    async def outside(self, path: str) -> str:
        """The text at a path beside REST, like `/metrics`. Raises Refused."""
        asking = self._asking("GET", path, b"", {}, prefix="")
        _headers, body = await _accepted(self._app, asking, b"")
        return body.decode()

    def passed_on(self, path: str) -> Response:
        """The answer to GET as REST gives it, stream or file, for the browser itself."""
        return _PassedOn(self._app, self._asking("GET", path, self._scope["query_string"], {}))

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        known = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        text = urlencode({name: _written(value) for name, value in known.items()}, doseq=True)
        is_file = isinstance(body, bytes)
        sent = body if is_file else b"" if body is None else orjson.dumps(body)
        extra = dict(headers or {})
        if not is_file and body is not None:
            extra["Content-Type"] = "application/json"
        asking = self._asking(method, path, text.encode(), extra)
        return await _answer(self._app, asking, sent)

    def _asking(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: Mapping[str, str],
        prefix: str = PREFIX,
    ) -> Scope:
        kept = [pair for pair in self._scope["headers"] if pair[0] in _PASSED_ON]
        added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if self._token:
            added.append((b"authorization", b"Bearer " + self._token.encode()))
        whole = prefix + path
        return {
            "type": "http",
            "asgi": self._scope["asgi"],
            "http_version": "1.1",
            "method": method,
            "scheme": self._scope["scheme"],
            "path": whole,
            "raw_path": quote(whole).encode(),
            "root_path": "",
            "query_string": query,
            "headers": kept + added,
            "client": self._scope["client"],
            "server": self._scope["server"],
            "extensions": {},
            "state": self._scope.get("state", {}),
        }


class _PassedOn(Response):
    """Another answer in the place of ours, piece by piece."""

    def __init__(self, app: ASGIApp, asking: Scope) -> None:
        super().__init__()
        self._app = app
        self._asking = asking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(self._asking, receive, send)


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


async def _answer(app: ASGIApp, asking: Scope, sent: bytes) -> Any:
    _headers, body = await _accepted(app, asking, sent)
    return orjson.loads(body) if body else None


async def _accepted(app: ASGIApp, asking: Scope, sent: bytes) -> tuple[_Headers, bytes]:
    status, headers, body = await _whole(app, asking, sent)
    if status >= 400:
        raise Refused(status, orjson.loads(body))
    return headers, body


async def _whole(app: ASGIApp, asking: Scope, sent: bytes) -> tuple[int, _Headers, bytes]:
    status, body = 500, b""
    headers: _Headers = ()
    is_sent = False

    async def receive() -> Message:
        nonlocal is_sent
        if is_sent:
            return {"type": "http.disconnect"}
        is_sent = True
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
        else:
            body += message.get("body", b"")

    await app(asking, receive, send)
    return status, headers, body
