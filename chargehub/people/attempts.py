"""Wrong passwords by account and address: who guesses locks out themself, and not the owner.

In memory, so a restart forgets them. Behind this stands the count of the account in `logins.py`,
for guesses that come from everywhere.
"""

from collections import OrderedDict
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from chargehub.people.rules import locked_until

REMEMBERED = 10_000  # pairs of account and address; about 3 MB. The oldest is forgotten first


class Attempts:
    """Failures in a row. An account goes by its password's hash: a new password ends its locks."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._failures: OrderedDict[tuple[str, str], tuple[int, datetime | None]] = OrderedDict()

    def begin(self, password_hash: str, address: str, now: datetime) -> datetime | None:
        """Until when no password is looked at from there; None: this one is.

        It counts as wrong until `succeed` says otherwise, for many may be under way at once.
        """
        pair = (password_hash, address)
        failures, until = self._failures.pop(pair, (0, None))
        if until is not None and now < until:
            self._failures[pair] = failures, until
            return until
        self._failures[pair] = failures + 1, locked_until(failures + 1, now)
        if len(self._failures) > self._remembered:
            self._failures.popitem(last=False)
        return None

    def succeed(self, password_hash: str, address: str) -> None:
        """The password was right: nothing is held against this address."""
        self._failures.pop((password_hash, address), None)

    def __len__(self) -> int:
        return len(self._failures)


async def _attempts(request: Request) -> Attempts:
    """The one of the running application, made when it is first needed."""
    state = request.app.state
    if not hasattr(state, "attempts"):
        state.attempts = Attempts()
    attempts: Attempts = state.attempts
    return attempts


CurrentAttempts = Annotated[Attempts, Depends(_attempts)]
