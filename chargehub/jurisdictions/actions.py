"""An owner confirms what a country asks for."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from chargehub.jurisdictions.book import shipped
from chargehub.jurisdictions.rules import ChecklistChanged
from chargehub.jurisdictions.tables import JurisdictionConfirmation
from chargehub.people.rules import Actor
from chargehub.store.work import Work


def confirm(work: Work, actor: Actor, code: str, version: str, now: datetime) -> None:
    """The actor has read this version of the checklist, and keeps to it.

    Raises NoSuchJurisdiction, ChecklistChanged where another version counts.
    """
    profile = shipped().named(code)
    if version != profile.version:
        raise ChecklistChanged(
            f"Another checklist counts now. Read it (GET /jurisdictions/{code}), then confirm its"
            " checklist_version."
        )
    is_it = (col(JurisdictionConfirmation.account_id) == actor.account_id) & (
        col(JurisdictionConfirmation.code) == code
    )
    values: dict[str, Any] = {"version": profile.version, "confirmed_at": now}
    if not work.execute(update(JurisdictionConfirmation).where(is_it).values(**values)):
        work.add(JurisdictionConfirmation(account_id=actor.account_id, code=code, **values))
