"""The site: pages over REST, as an application of its own beside it."""

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from chargehub.web import assets
from chargehub.web.api import Refused
from chargehub.web.contents import PAGES
from chargehub.web.guarding import Guard
from chargehub.web.visitors import NotLoggedIn, Visitor, visitor_of

_NOT_PAGES = ("/api/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/.well-known/")


class Site(Mount):
    """Takes every address that is not REST's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the address is that of a page, there or not."""
        if scope["type"] != "http" or scope["path"].startswith(_NOT_PAGES):
            return Match.NONE, {}
        return super().matches(scope)


def install(app: FastAPI) -> None:
    """Serve pages beside the REST of this application."""
    app.router.routes.append(Site("", app=_Beside(app, _site())))


class _Beside:
    """Hands each page what it asks: the application that serves REST, and the running hub."""

    def __init__(self, api: FastAPI, site: ASGIApp) -> None:
        self._api = api
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = dict(scope) | {"api": self._api, "hub": self._api.state.hub, "root_path": ""}
        await self._site(scope, receive, send)


def _site() -> FastAPI:
    site = FastAPI(openapi_url=None, redirect_slashes=False)
    site.add_middleware(Guard)
    site.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)
    for kind, shown in _SHOWN.items():
        site.add_exception_handler(kind, shown)
    assets.install(site)
    for router in PAGES:
        site.include_router(router)
    return site


async def _log_in_first(request: Request, error: Exception) -> Response:
    visitor = Visitor(request)
    wanted = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return visitor.to(f"/login?next={quote(wanted + query, safe='')}")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    if error.status == 401:
        return await _log_in_first(request, error)
    details = error.fields.values() or (error.detail,)
    return await _failed(request, error.status, " ".join(details))


async def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return await _failed(request, status, "")


async def _failed(request: Request, status: int, detail: str) -> Response:
    values: dict[str, Any] = {"status_code": status, "detail": detail}
    try:
        visitor = await visitor_of(request)
    except Refused:  # nobody can be looked up now: that is most likely what failed
        visitor = Visitor(request)
    return visitor.page("failed.html", status, **values)


_SHOWN: dict[type[Exception], Any] = {
    NotLoggedIn: _log_in_first,
    Refused: _refused,
    HTTPException: _no_page,
    RequestValidationError: _no_page,
}
