"""The routes of people on a real database, with a clock moved by hand and quick hashing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from sqlmodel import col

from chargehub.clock import HandClock
from chargehub.people import actions, routes
from chargehub.people.passwords import Passwords
from chargehub.people.tables import Mail
from chargehub.settings import Settings
from chargehub.store.work import Reads
from chargehub.store.writer import Store
from tests.rest.app import application, client

PASSWORD = "correct horse battery"


def quick_hasher() -> PasswordHash:
    """argon2 with the least work it allows: what is tested is not its strength."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def mails(reads: Reads) -> list[tuple[str, str, str]]:
    """Recipient, subject and text of every mail, oldest first."""
    rows = reads.all(
        select(col(Mail.recipient), col(Mail.subject), col(Mail.text)).order_by(col(Mail.id))
    )
    return [(row.recipient, row.subject, row.text) for row in rows]


@dataclass
class Api:
    """What a test of these routes needs at hand."""

    app: FastAPI
    http: httpx2.AsyncClient
    store: Store
    clock: HandClock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def sign_up(self, name: str) -> dict[str, Any]:
        """A new account called `name` at example.org, with its id and token."""
        wanted = {"email": f"{name}@example.org", "password": PASSWORD, "name": name.title()}
        answer = await self.http.post("/accounts", json=wanted)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def token(self, name: str) -> dict[str, str]:
        """The headers of a new account called `name`."""
        return bearer((await self.sign_up(name))["token"])

    async def operator(self) -> dict[str, str]:
        """The headers of an operator who logged in."""
        password_hash = await self.app.state.passwords.hash(PASSWORD)
        address = "operator@example.org"
        await self.store.do(
            actions.create_operator, address, "Operator", password_hash, self.clock.now()
        )
        return bearer((await self.log_in(address)).json()["token"])

    async def log_in(self, address: str, password: str = PASSWORD) -> httpx2.Response:
        return await self.http.post("/logins", json={"email": address, "password": password})

    async def key(self, headers: dict[str, str], *scopes: str) -> dict[str, str]:
        """The headers of a new API key with these scopes."""
        wanted = {"name": "machine", "scopes": list(scopes)}
        answer = await self.http.post("/api-keys", json=wanted, headers=headers)
        assert answer.status_code == 201, answer.text
        return bearer(answer.json()["key"])

    async def code(self, subject: str) -> str:
        """The code in the newest mail with this subject."""
        text = [mail[2] for mail in await self.store.read(mails) if mail[1] == subject][-1]
        return next(line for line in text.splitlines() if line.startswith("    ")).strip()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def api(store: Store, clock: HandClock) -> AsyncIterator[Api]:
    settings = Settings(public_url="https://hub.example", secret="s" * 32)
    app = application(
        routes.router, hub=SimpleNamespace(store=store, clock=clock, settings=settings)
    )
    app.state.passwords = Passwords(quick_hasher())
    async with client(app) as http:
        yield Api(app, http, store, clock)
