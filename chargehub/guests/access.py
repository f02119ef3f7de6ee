"""Who holds a guest's credential: a dependency for the routes of one booking, and for no others.

A login or an API key opens none of these routes, and a guest's credential no route beside them.
"""

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from chargehub.guests import actions, rules
from chargehub.guests.actions import Guest
from chargehub.guests.rules import CREDENTIAL_PREFIX
from chargehub.people.access import authenticate
from chargehub.rest.manners import CurrentStore, Now

_bearer = HTTPBearer(
    scheme_name="bearer", description="The token of a login, or an API key.", auto_error=False
)
_Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _known(sent: _Sent, store: CurrentStore, now: Now) -> Guest:
    if sent is None:
        raise rules.GuestUnknown
    if not sent.credentials.startswith(CREDENTIAL_PREFIX):
        await authenticate(store, sent.credentials, now)
        raise rules.ForGuestsAlone
    return await store.read(actions.known_guest, sent.credentials, now)


async def _guest(guest: Annotated[Guest, Depends(_known)]) -> Guest:
    return guest


CurrentGuest = Annotated[Guest, Security(_guest, scopes=["guest"])]
"""Somebody who booked without an account, and sent the credential of that booking."""
