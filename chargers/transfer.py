"""Files between a station and wherever the hub sends it: HTTP GET of firmware, HTTP PUT of logs."""

import hashlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import httpx2

TIMEOUT_S = 30.0
MOST_BYTES = 256 << 20  # of one file; no firmware is larger
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Failure = Literal["unreachable", "refused", "not_permitted", "bad_request", "unsupported"]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was read to its end and not kept. `digest`: SHA-256."""

    size: int
    digest: bytes


async def fetch(url: str) -> Fetched | Failure:
    """Download a file over http or https."""
    if not _is_http(url):
        return "unsupported"
    digest, size = hashlib.sha256(), 0
    try:
        async with _client(url) as client, client.stream("GET", url) as answer:
            if answer.status_code != 200:
                return _failure(answer.status_code)
            async for part in answer.aiter_bytes():
                digest.update(part)
                size += len(part)
                if size > MOST_BYTES:
                    return "refused"
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
        return "unreachable"
    return Fetched(size, digest.digest())


async def send(url: str, name: str, content: bytes) -> Failure | None:
    """Upload a file over http or https: under its name if the address ends with a slash."""
    if not _is_http(url):
        return "unsupported"
    target = url + name if url.endswith("/") else url
    try:
        async with _client(url) as client:
            answer = await client.put(target, content=content)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return "unreachable"
    return None if answer.is_success else _failure(answer.status_code)


def _client(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        timeout=TIMEOUT_S,
        follow_redirects=True,
        trust_env=urlsplit(url).hostname not in LOOPBACK,
    )


def _is_http(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


def _failure(status: int) -> Failure:
    if status in (401, 403):
        return "not_permitted"
    return "bad_request" if status == 400 else "refused"
