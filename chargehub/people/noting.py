"""Noting what operators do: begun before it is done, and how it ended once that is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col

from chargehub.people.noted import OperatorNote
from chargehub.people.rules import Actor
from chargehub.store.columns import new_id
from chargehub.store.work import Work

_ID_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, the pattern of its path, and what its path names."""

    method: str
    route: str
    names: Mapping[str, str]


def begin(work: Work, operator: Actor, asked: Asked, now: datetime) -> str:
    """Note what an operator is about to do; the note's id."""
    assert operator.is_operator
    note = OperatorNote(
        id=new_id(),
        account_id=operator.account_id,
        means="key" if operator.scopes is not None else "login",
        means_id=operator.login_id or operator.key_id,
        method=asked.method,
        route=asked.route,
        ids=ids_of(asked.names),
        noted_at=now,
    )
    work.add(note)
    return note.id


def ids_of(names: Mapping[str, str]) -> dict[str, str]:
    """What may be kept of a path: ids of things. Codes, tokens and id tokens open something."""
    return {
        name: value[:_ID_LONGEST]
        for name, value in names.items()
        if name.endswith("_id") or name in ("rail", "proof")
    }


def finish(work: Work, note_id: str, status: int) -> None:
    """Note how it was answered."""
    work.execute(update(OperatorNote).where(col(OperatorNote.id) == note_id).values(status=status))
