"""The operator's desk: lists of REST's as tables, and each thing that operators do as a form."""

from fastapi import APIRouter, Response

from chargehub.web.acts import Act
from chargehub.web.api import Refused
from chargehub.web.desk import LISTS, DeskVisitor, act_link, acts_of, offered, row_of
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.pages.accounts import own_path
from chargehub.web.visitors import Visitor

router = APIRouter()

# What an operator may do besides what is an operator's alone.
_ALSO = ("post_stop",)


@router.get("/operator/lists/{name}")
async def get_list(name: str, visitor: DeskVisitor, cursor: str = "") -> Response:
    """A list, page after page."""
    listing = LISTS.get(name)
    if listing is None:
        raise Refused(404, {})
    found = await visitor.api.get(listing.path, {**listing.query, "cursor": cursor})
    known, back = await acts_of(visitor), f"/operator/lists/{name}"
    rows = found["items"]
    columns = listing.columns or tuple(rows[0] if rows else ())
    return visitor.page(
        "operator/list.html",
        listing=listing,
        columns=columns,
        rows=[(row, offered(listing, row, known, back)) for row in rows],
        next=found.get("next"),
        also=[(known[act], act_link(known[act], {}, back)) for act in listing.also],
    )


@router.get("/operator/acts/{name}")
async def get_act(name: str, visitor: DeskVisitor) -> Response:
    """The form of one thing to do, with what it does in a sentence."""
    act = await _act(visitor, name)
    return await _page(visitor, act, Form(visitor.request.query_params.multi_items()))


@router.post("/operator/acts/{name}")
async def post_act(name: str, visitor: DeskVisitor, form: CurrentForm) -> Response:
    """Do it, as whoever asks REST would."""
    act = await _act(visitor, name)
    try:
        path, body = act.filled(form), act.body(form)
        if act.method == "POST":
            await visitor.api.post(path, body, form.key)
        elif act.method == "PUT":
            await visitor.api.put(path, body)
        elif act.method == "PATCH":
            await visitor.api.patch(path, body)
        else:
            await visitor.api.delete(path)
    except Refused as refused:
        return await _page(visitor, act, form.refused(refused), refused.status)
    return visitor.to(_back(form), _("Done. It is noted in the log who did it."))


async def _act(visitor: Visitor, name: str) -> Act:
    act = (await acts_of(visitor)).get(name)
    if act is None or ("operator" not in act.scopes and name not in _ALSO):
        raise Refused(404, {})
    return act


async def _page(visitor: Visitor, act: Act, form: Form, status: int = 200) -> Response:
    columns, row = await row_of(visitor, act, form)
    return visitor.page(
        "operator/act.html", status, act=act, form=form, back=_back(form), columns=columns, row=row
    )


def _back(form: Form) -> str:
    path = own_path(form.text("back"))
    return path if path != "/" else "/operator"
