"""A person's right to know what is held, and to be forgotten, over REST. By login alone."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from chargehub.errors import Invalid
from chargehub.people import tables as people
from chargehub.people.access import CurrentPerson
from chargehub.people.bodies import Email
from chargehub.people.rules import fold_email
from chargehub.personal import erasing, exporting
from chargehub.rest.bodies import Body
from chargehub.rest.manners import CurrentStore, Now
from chargehub.rest.throttle import Narrow

router = APIRouter(tags=["people"])

_narrow = Depends(Narrow("exports", at_once=1, waiting=20), scope="function")


class WrongAddress(Invalid):
    """An erasure is confirmed with the account's own e-mail address."""

    code = "wrong_address"


class PartBody(BaseModel):
    """The rows of a table that are about you; `by` is the column that says so, and as whom.

    `is_cut`: there are more rows than are shown.
    """

    table: str
    by: str
    is_cut: bool
    rows: list[dict[str, Any]]


class ExportBody(BaseModel):
    """All that is held about you. Files are base64; secrets and what is another's are left out."""

    exported_at: datetime
    parts: list[PartBody]


class ErasureBody(BaseModel):
    """What must be over before you can be forgotten; empty: nothing is in the way."""

    obstacles: list[str]


class ErasureRequest(Body):
    """Your own e-mail address, so that nobody is forgotten by a slip."""

    email: Email


@router.get("/accounts/me/export", dependencies=[_narrow])
async def get_export(person: CurrentPerson, store: CurrentStore, now: Now) -> ExportBody:
    """Everything that the hub holds about you, as JSON."""
    found = await store.read(exporting.export, person.account_id)
    parts = [
        PartBody(table=part.table, by=part.by, is_cut=part.is_cut, rows=part.rows) for part in found
    ]
    return ExportBody(exported_at=now, parts=parts)


@router.get("/accounts/me/erasure")
async def get_erasure(person: CurrentPerson, store: CurrentStore) -> ErasureBody:
    """What must be over before you can be forgotten."""
    return ErasureBody(obstacles=list(await store.read(erasing.obstacles, person.account_id)))


@router.post("/accounts/me/erasure", status_code=204)
async def post_erasure(
    wanted: ErasureRequest, person: CurrentPerson, store: CurrentStore, now: Now
) -> None:
    """Be forgotten, for good: who you are goes at once, the books stay under a random key.

    Refused while money, a booking, a session or a station is open; the answer names all of them.
    """
    account = await store.read(people.account, person.account_id)
    if account is None or fold_email(wanted.email) != fold_email(account.email):
        raise WrongAddress("That is not your account's e-mail address. Give your own to confirm.")
    await store.do(erasing.erase, person.account_id, now)
