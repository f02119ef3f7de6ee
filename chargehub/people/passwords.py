"""Hashing passwords with argon2id: slow on purpose, so never on the event loop or the writer.

Source: RFC 9106, section 4; the parameters are pwdlib's (64 MiB and about 0.1 s a hash).
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pwdlib import PasswordHash

from chargehub.errors import Unavailable
from chargehub.people.rules import password_text

T = TypeVar("T")

AT_ONCE = 2  # hashes; each keeps a core and 64 MiB busy
WAITING = 50  # more than five seconds of work: then say so instead of letting people wait
NEW_WAITING = 15  # new passwords among them: a flood of sign-ups keeps nobody from logging in


class Passwords:
    """Hashes and checks passwords in worker threads, a few at a time."""

    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or PasswordHash.recommended()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to be stored. Raises Unavailable if too many wait."""
        if self._waiting >= NEW_WAITING:
            raise Unavailable("Too many people sign up right now; please try again.")
        return await self._in_thread(self._hasher.hash, password_text(password))

    async def check(self, password: str, password_hash: str | None) -> bool:
        """Whether the password is right. None (no such account) takes as long, and is never."""
        return await self._in_thread(self._check, password_text(password), password_hash)

    def _check(self, password: str, password_hash: str | None) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash(secrets.token_urlsafe())
        is_right = self._hasher.verify(password, password_hash or self._decoy)
        return is_right and password_hash is not None

    async def _in_thread(self, call: Callable[..., T], *args: object) -> T:
        if self._waiting >= WAITING:
            raise Unavailable("Too many people log in right now; please try again.")
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(call, *args)
        finally:
            self._waiting -= 1


def hash_password(password: str) -> str:
    """The hash to be stored, made here and now: for the command line."""
    return PasswordHash.recommended().hash(password_text(password))


async def _passwords(request: Request) -> Passwords:
    """The one of the running application, made when it is first needed."""
    state = request.app.state
    if not hasattr(state, "passwords"):
        state.passwords = Passwords()
    passwords: Passwords = state.passwords
    return passwords


CurrentPasswords = Annotated[Passwords, Depends(_passwords)]
