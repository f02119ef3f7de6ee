"""Co-owners: how what a station earns is shared, proposed by its owner and agreed to by all."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form, wrong
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, owned
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

OTHERS_MOST = 4  # that a form has room for; more by REST
_WHOLE = 10_000  # basis points: 100 are 1 %


@router.get("/owner/stations/{station_id}/shares")
async def get_station_shares(station_id: str, visitor: KnownVisitor) -> Response:
    """How what it earns is shared, and what is proposed."""
    return await _station(visitor, await owned(visitor, station_id), Form())


async def _station(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    shares = await visitor.api.get(f"/stations/{shown.id}/shares")
    return visitor.page(
        "owner/shares.html",
        status,
        form=form,
        owned=shown,
        zone=shown.zone,
        rows=range(1, OTHERS_MOST + 1),
        **shares,
    )


@router.post("/owner/stations/{station_id}/shares")
async def post_station_shares(
    station_id: str, visitor: KnownVisitor, form: CurrentForm
) -> Response:
    """Propose shares; without others it is all the owner's again."""
    shown = await owned(visitor, station_id)
    try:
        others = {} if form.is_set("alone") else _others(form, visitor)
        asked = {
            "shares": [
                {"account_id": account_id, "basis_points": points}
                for account_id, points in {
                    _own_id(visitor): _WHOLE - sum(others.values()),
                    **others,
                }.items()
            ],
            "starts_at": form.instant("starts_at", shown.zone),
        }
        await visitor.api.put(f"/stations/{station_id}/shares", asked)
    except Refused as refused:
        return await _station(visitor, shown, _refused(form, refused), refused.status)
    note = _("It is proposed. It counts once everybody whom it concerns has agreed.")
    return visitor.to(f"{shown.path}/shares", note)


def _own_id(visitor: Visitor) -> str:
    assert visitor.account is not None
    return str(visitor.account["id"])


def _others(form: Form, visitor: Visitor) -> Mapping[str, int]:
    """The basis points of the others, by account. Raises Refused."""
    found: dict[str, int] = {}
    for row in range(1, OTHERS_MOST + 1):
        account_id = form.text(f"account{row}")
        percent = form.decimal(f"percent{row}", visitor.language)
        if not account_id and percent is None:
            continue
        if not account_id or account_id in found or account_id == _own_id(visitor):
            raise wrong(f"account{row}", _("Give the account number of each other owner once."))
        points = (percent or Decimal()) * 100
        if points < 1 or points % 1:
            raise wrong(f"percent{row}", _("Give a percentage, 0.01 or more."))
        found[account_id] = int(points)
        if sum(found.values()) >= _WHOLE:
            raise wrong(f"percent{row}", _("Together it is too much: something has to be yours."))
    if not found:
        raise wrong("account1", _("Give the account number of each other owner once."))
    return found


def _refused(form: Form, refused: Refused) -> Form:
    """REST names an account that nobody has; it stands in one of the rows."""
    form.refused(refused)
    for row in range(1, OTHERS_MOST + 1):
        account_id = form.text(f"account{row}")
        if refused.code == "bad_shares" and account_id and f" {account_id}." in refused.detail:
            form.errors[f"account{row}"] = _("Nobody has this account number. Ask for it again.")
            form.problem = ""
    return form


@router.get("/owner/shares")
async def get_shares(visitor: KnownVisitor) -> Response:
    """What is offered to whoever visits, and what they have."""
    return await _shares(visitor, Form())


async def _shares(visitor: Visitor, form: Form, status: int = 200) -> Response:
    items: list[Mapping[str, Any]] = (await visitor.api.get("/shares"))["items"]
    own = _own_id(visitor)
    mine = [next(one for one in each["shares"] if one["account_id"] == own) for each in items]
    return visitor.page(
        "owner/offered_shares.html",
        status,
        form=form,
        own_id=own,
        agreements=list(zip(items, mine, strict=True)),
    )


@router.post("/owner/shares/{agreement_id}/agree")
async def post_agreement(agreement_id: str, visitor: KnownVisitor, form: CurrentForm) -> Response:
    """Agree to what was proposed."""
    try:
        await visitor.api.post(f"/shares/{agreement_id}/acceptance")
    except Refused as refused:
        form.problem = refused.detail
        return await _shares(visitor, form, refused.status)
    return visitor.to("/owner/shares", _("You have agreed."))
