"""What all pages of the operator's desk share: who may see them, what can be done, which lists."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends

from chargehub.web.acts import Act, acts
from chargehub.web.api import PREFIX, Refused
from chargehub.web.forms import Form
from chargehub.web.languages import mark as _
from chargehub.web.visitors import KnownVisitor, Visitor


async def _operator(visitor: KnownVisitor) -> Visitor:
    if visitor.account is None or not visitor.account["is_operator"]:
        raise Refused(403, {"detail": _("Only operators of this hub work here.")})
    return visitor


DeskVisitor = Annotated[Visitor, Depends(_operator)]
"""An operator who is logged in; others are told that this is not theirs to see."""


async def acts_of(visitor: Visitor) -> dict[str, Act]:
    """All that REST can change, by name; to describe it the first time takes a second."""
    app = visitor.request.scope["api"]
    return acts(await asyncio.to_thread(app.openapi))


def act_link(act: Act, ids: Mapping[str, str], back: str) -> str:
    """Where the form of an act is, with what it is done to."""
    return f"/operator/acts/{act.name}?" + urlencode({**ids, "back": back})


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of REST's that is a page: which columns, and what can be done to each row.

    `acts`: by their name, which field of a row goes into which id of the path. `only`: the act is
    offered where the row has this value there. `link`: a page of each row. `found_by`: the query
    that finds what acts are done to. `also`: acts that are done to no row.
    """

    path: str
    title: str
    columns: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    acts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    only: tuple[str, str] = ("", "")
    link: str = ""
    found_by: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


LISTS: Mapping[str, Listing] = {
    "lines": Listing(
        "/balance-lines",
        _("Lines of rails' books"),
        ("booked_at", "rail", "kind", "reference", "amount", "in_suspense", "state", "told"),
        acts={"post_resolution": {"line_id": "id"}},
        only=("state", "suspense"),
        found_by={"state": "suspense"},
    ),
    "debts": Listing(
        "/debts",
        _("What drivers owe"),
        ("since", "driver_id", "owed", "asked_at", "written_off_at"),
        {"whose": "all", "limit": ""},
        {
            "post_debt_forgive": {"debt_id": "id"},
            "post_correction": {"cdr_id": "cdr_id"},
        },
    ),
    "owner-debts": Listing(
        "/owner-debts", _("What owners owe"), ("since", "owner_id", "owed"), {"days": "0"}
    ),
    "doubted": Listing(
        "/doubted-earnings",
        _("Doubted earnings"),
        ("session_id", "earnings", "reasons"),
        {"whose": "all"},
        {"post_acceptance": {"cdr_id": "cdr_id"}, "post_correction": {"cdr_id": "cdr_id"}},
    ),
    "payouts": Listing(
        "/payouts",
        _("Payouts"),
        ("requested_at", "owner_id", "rail", "amount", "state", "reference", "refusal"),
        {"whose": "all"},
        {"post_return": {"payout_id": "id"}},
        ("state", "paid"),
    ),
    "invoices": Listing(
        "/waiting-invoices",
        _("Documents that wait for a fact"),
        (),
        {"whose": "all"},
        also=("put_legal_entity",),
    ),
    "disputes": Listing(
        "/disputes",
        _("Disputes"),
        ("opened_at", "kind", "opened_by", "amount", "status", "due_at", "statement"),
        {"role": "operator"},
        link="/operator/disputes/",
    ),
    "card-disputes": Listing(
        "/card-disputes",
        _("Charges that banks took back"),
        ("due_by", "rail", "amount", "state", "reason", "why", "words", "answer_at"),
        {"whose": "all"},
        {
            "post_card_dispute_words": {"card_dispute_id": "id"},
            "post_card_dispute_acceptance": {"card_dispute_id": "id"},
        },
        ("is_accepted", "False"),
    ),
    "reviews": Listing(
        "/reviews",
        _("Reviews to judge"),
        ("written_at", "stars", "text", "reply", "appeal"),
        acts={"post_decision": {"review_id": "id"}},
    ),
    "proofs": Listing(
        "/proofs-to-check",
        _("Proofs to look up"),
        ("station_id", "proof", "reference"),
        {"limit": ""},
        acts={"put_proof_check": {"station_id": "station_id", "proof": "proof"}},
    ),
    "deliveries": Listing(
        "/deliveries",
        _("Deliveries that wait for a person"),
        ("recorded_at", "event", "follower", "aggregate", "tries", "error"),
        acts={"post_retry": {"delivery_id": "id"}},
    ),
}


def list_of(path: str) -> str:
    """The page of a list by its path as REST names it; what has none is read as it is."""
    own = path.removeprefix(PREFIX)
    known = (f"/operator/lists/{name}" for name, each in LISTS.items() if each.path == own)
    return next(known, f"/data{own}")


_SEARCHED = 400  # rows of a list, to tell what an act is done to


async def row_of(visitor: Visitor, act: Act, form: Form) -> tuple[tuple[str, ...], Any]:
    """What an act is about to be done to: the columns to show, and the row; None: not known."""
    for listing in LISTS.values():
        ids = listing.acts.get(act.name)
        if not ids:
            continue
        query = {**listing.query, **listing.found_by}
        for row in await visitor.api.all(listing.path, query, _SEARCHED):
            if all(str(row[of]) == form.text(name) for name, of in ids.items()):
                return listing.columns, row
    return (), None


def offered(listing: Listing, row: Mapping[str, Any], known: Mapping[str, Act], back: str) -> Any:
    """What can be done to a row: pairs of an act and where its form is."""
    name, value = listing.only
    if name and str(row.get(name)) != value:
        return []
    return [
        (known[act], act_link(known[act], {key: str(row[of]) for key, of in ids.items()}, back))
        for act, ids in listing.acts.items()
        if act in known and all(row.get(of) is not None for of in ids.values())
    ]
