"""The page at /docs works with nothing from outside: no script, style or answer of another host."""

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.docs_tables import built

HOSTS = re.compile(r"(?:https?:|[\"'(=\s])//[\w.-]+")


@pytest.fixture
def app() -> Iterator[FastAPI]:
    with built() as app:
        yield app


@pytest.fixture
async def page(app: FastAPI) -> httpx2.Response:
    return await get(app, "/docs")


async def get(app: FastAPI, path: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub.test") as http:
        return await http.get(path)


def test_the_page_names_no_other_host(page: httpx2.Response) -> None:
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert HOSTS.findall(page.text) == []


async def test_all_that_the_page_loads_comes_from_the_hub(
    app: FastAPI, page: httpx2.Response
) -> None:
    loaded = re.findall(r"(?:src|href|url)(?:=|: )\"([^\"]+)\"", page.text)

    assert len(loaded) == 5
    for address in loaded:
        if not address.startswith("data:"):
            assert (await get(app, f"/{address}")).status_code == 200, address


async def test_the_style_fetches_nothing_from_elsewhere(app: FastAPI) -> None:
    style = (await get(app, "/docs/swagger-ui.css")).text

    fetched = re.findall(r"(?:url\(|@import )[\"']?([^)]{0,20})", style)
    assert [one for one in fetched if not one.startswith("data:")] == []


def test_the_browser_is_told_to_ask_nobody_else(page: httpx2.Response) -> None:
    """Swagger UI knows addresses of others; with this policy a browser will not go there."""
    policy: dict[str, Any] = {
        name: sources for name, *sources in (part.split() for part in policy_of(page).split(";"))
    }
    script = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digests = [hashlib.sha256(one.encode()).digest() for one in script]

    assert policy.pop("script-src") == [
        "'self'",
        *(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests),
    ]
    assert policy["default-src"] == ["'none'"]
    allowed = {source for sources in policy.values() for source in sources}
    assert allowed == {"'none'", "'self'", "data:"}


def policy_of(page: httpx2.Response) -> str:
    found: str = page.headers["content-security-policy"]
    return found


@pytest.mark.parametrize(
    "path",
    [
        "/docs/oauth2-redirect",
        "/docs/redoc.standalone.js",
        "/docs/..%2fcore.py",
        "/docs/%2e%2e/core.py",
    ],
)
async def test_nothing_else_is_served(app: FastAPI, path: str) -> None:
    answer = await get(app, path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_what_is_elsewhere_is_a_page_that_says_so(app: FastAPI) -> None:
    answer = await get(app, "/redoc")

    assert answer.status_code == 404
    assert "redoc" not in answer.text
