"""A hub's REST API, as a client that waits when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

PREFIX = "/api/v1"
TIMEOUT_S = 60.0
TRIES = 60  # of one request that is told to come back later
LONGEST_WAIT_S = 60.0
PAGE = 200
MOST_PAGES = 100_000  # of one list
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ApiRefused(Exception):
    """The hub answered with an error. `code` is its word for programs."""

    def __init__(self, request: str, status: int, code: str, detail: str) -> None:
        super().__init__(f"{request}: HTTP {status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class HubAway(Exception):
    """Nobody answers at the API's address, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON body of an answer; the body is None where there is none."""

    status: int
    body: Any


class Api:
    """Requests against one hub. `token` is a login's or an API key's."""

    def __init__(self, base: str) -> None:
        self._client = httpx2.AsyncClient(
            base_url=base.rstrip("/").removesuffix(PREFIX) + PREFIX,
            timeout=TIMEOUT_S,
            trust_env=urlsplit(base).hostname not in LOOPBACK,
        )
        self._base = base

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str, token: str | None = None, **query: str | int) -> Any:
        """The body of what is there."""
        return (await self.ask("GET", path, token, query=query)).body

    async def post(self, path: str, body: Any, token: str | None = None) -> Any:
        """The body of the answer."""
        return (await self.ask("POST", path, token, body)).body

    async def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        *,
        key: str | None = None,
        query: dict[str, str | int] | None = None,
    ) -> Answer:
        """One request; `key` is an Idempotency-Key. Waits as told on 429 and 503.

        Raises ApiRefused for any other error, HubAway if nobody answers.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        for attempt in range(TRIES):
            try:
                answer = await self._client.request(
                    method, path, json=body, headers=headers, params=query
                )
            except httpx2.TransportError as error:
                why = str(error) or type(error).__name__
                raise HubAway(f"no answer from the API at {self._base}: {why}") from error
            if answer.status_code not in (429, 503):
                break
            await asyncio.sleep(_wait_s(answer, attempt))
        if answer.status_code >= 400:
            raise _refusal(f"{method} {path}", answer)
        try:
            return Answer(answer.status_code, answer.json() if answer.content else None)
        except ValueError:
            told = "the answer is no JSON: is this the address of the API?"
            raise ApiRefused(f"{method} {path}", answer.status_code, "no_json", told) from None

    async def pages(
        self, path: str, token: str, **query: str | int
    ) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        asked: dict[str, str | int] = {"limit": PAGE, **query}
        for _ in range(MOST_PAGES):
            page = (await self.ask("GET", path, token, query=asked)).body
            for item in page["items"]:
                yield item
            if page["next"] is None:
                return
            asked["cursor"] = page["next"]
        raise ApiRefused(f"GET {path}", 200, "endless", "the list does not end")


def _wait_s(answer: httpx2.Response, attempt: int) -> float:
    told = answer.headers.get("Retry-After", "")
    wait_s = float(told) if told.isdecimal() else 0.5 * 2 ** min(attempt, 6)
    return min(wait_s, LONGEST_WAIT_S)


def _refusal(request: str, answer: httpx2.Response) -> ApiRefused:
    try:
        problem = answer.json()
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        code, detail = "", answer.text[:200]
    return ApiRefused(request, answer.status_code, code, detail)
