"""A small application around the routes under test, and a client that talks to it in-process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI

from chargehub.rest import problems


def application(*routers: APIRouter, hub: Any = None) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    for router in routers:
        app.include_router(router, prefix="/api/v1")
    app.state.hub = hub or SimpleNamespace()
    return app


@asynccontextmanager
async def client(app: FastAPI, address: str = "192.0.2.1") -> AsyncIterator[httpx2.AsyncClient]:
    """A client from this address. A fault of the app that got out fails the test."""
    transport = httpx2.ASGITransport(app=app, client=(address, 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://hub/api/v1") as http:
        yield http
