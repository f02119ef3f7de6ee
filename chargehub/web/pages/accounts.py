"""Logging in and out, opening an account, a forgotten password."""

from datetime import datetime
from urllib.parse import urlsplit

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import CurrentForm, Form
from chargehub.web.languages import mark as _
from chargehub.web.visitors import AnyVisitor, Visitor

router = APIRouter()


@router.get("/login")
async def get_login(visitor: AnyVisitor, next: str = "/") -> Response:
    """The form to log in, which leads back to where it was asked for."""
    return visitor.page("people/login.html", form=Form(next=next))


@router.post("/login")
async def post_login(visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Log in."""
    sent = {"email": form.text("email"), "password": form.secret("password")}
    return await _enter(visitor, form, "/logins", sent, "people/login.html")


@router.get("/register")
async def get_registration(visitor: AnyVisitor, next: str = "/") -> Response:
    """The form to open an account."""
    return visitor.page("people/register.html", form=Form(next=next))


@router.post("/register")
async def post_registration(visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Open an account, and be logged in."""
    sent = {
        "email": form.text("email"),
        "password": form.secret("password"),
        "name": form.text("name"),
    }
    return await _enter(visitor, form, "/accounts", sent, "people/register.html")


async def _enter(
    visitor: Visitor, form: Form, path: str, sent: dict[str, str], template: str
) -> Response:
    try:
        opened = await visitor.api.post(path, sent)
    except Refused as refused:
        return visitor.page(template, refused.status, form=form.refused(refused))
    answer = visitor.to(own_path(form.text("next")))
    visitor.log_in(answer, opened["token"], datetime.fromisoformat(opened["expires_at"]))
    return answer


@router.post("/logout")
async def post_logout(visitor: AnyVisitor) -> Response:
    """Log out; twice is once."""
    if visitor.account is not None:
        await visitor.api.delete("/logins/current")
    answer = visitor.to("/", _("You are logged out."))
    visitor.log_out(answer)
    return answer


@router.get("/forgotten")
async def get_forgotten(visitor: AnyVisitor) -> Response:
    """The form to have a code mailed for a new password."""
    return visitor.page("people/forgotten.html")


@router.post("/forgotten")
async def post_forgotten(visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Have a code mailed, if there is such an account; nobody is told whether there is."""
    try:
        await visitor.api.post("/password-resets", {"email": form.text("email")})
    except Refused as refused:
        return visitor.page("people/forgotten.html", refused.status, form=form.refused(refused))
    note = _("If there is an account with this address, a mail with a code is on its way.")
    return visitor.to("/new-password", note)


@router.get("/new-password")
async def get_new_password(visitor: AnyVisitor, token: str = "") -> Response:
    """The form for the code of the mail and a new password."""
    return visitor.page("people/new_password.html", form=Form(token=token))


@router.post("/new-password")
async def post_new_password(visitor: AnyVisitor, form: CurrentForm) -> Response:
    """Set the new password; every device is logged out."""
    sent = {"password": form.secret("password")}
    try:
        await visitor.api.post(f"/password-resets/{form.text('token')[:100]}", sent)
    except Refused as refused:
        return visitor.page("people/new_password.html", refused.status, form=form.refused(refused))
    return visitor.to("/login", _("Your new password counts from now on. Log in with it."))


def own_path(text: str) -> str:
    """A path of ours to go on to; anything that leads elsewhere becomes the front page."""
    parts = urlsplit(text)
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.netloc
    return text if is_ours and "\\" not in text and text.isprintable() else "/"
