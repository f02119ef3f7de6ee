"""Who visits a page: their login, their language, their clock; and how they are answered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import available_timezones

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from chargehub.web import shell
from chargehub.web.api import Api, Refused
from chargehub.web.forms import Form
from chargehub.web.languages import Language, chosen
from chargehub.web.languages import mark as _

LOGIN, LANGUAGE, ZONE, NOTE = "chargehub_login", "language", "time_zone", "note"
_YEAR_S = 365 * 86_400
_NOTE_S = 60


class NotLoggedIn(Exception):
    """A page for somebody who is known; the login comes first, and leads back."""


class Visitor:
    """One request of a browser."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.token = request.cookies.get(cookie_name(request), "")
        self.api = Api(request.scope["api"], request.scope, self.token)
        self.language: Language = chosen(
            request.query_params.get(LANGUAGE) or request.cookies.get(LANGUAGE, ""),
            request.headers.get("accept-language", ""),
        )
        self.account: Mapping[str, Any] | None = None

    @property
    def hub(self) -> Any:
        """The running hub: for its clock and settings alone."""
        return self.request.scope["hub"]

    @property
    def now(self) -> datetime:
        """Business time."""
        now: datetime = self.hub.clock.now()
        return now

    @property
    def zone(self) -> str:
        """The time zone of the browser, as it told in a cookie; UTC where it did not."""
        told = unquote(self.request.cookies.get(ZONE, ""))
        return told if told in _zones() else "UTC"

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page made of a template; `form` is always there."""
        values.setdefault("form", Form())
        note = unquote(self.request.cookies.get(NOTE, ""))
        answer = HTMLResponse(self._rendered(template, {"note": note, **values}), status)
        if note:
            answer.delete_cookie(NOTE)
        self.remember_language(answer)
        return answer

    def to(self, path: str, note: str = "") -> Response:
        """Go on to another page of ours, with a sentence to be shown there once."""
        answer = RedirectResponse(path, 303)
        if note:
            answer.set_cookie(NOTE, quote(note), _NOTE_S, httponly=True, samesite="lax")
        return answer

    def away(self, url: str) -> Response:
        """Go on to a page of somebody else's, a rail's say.

        Not by a redirect: browsers hold a form's redirects against `form-action`, which knows our
        own pages alone.
        """
        if urlsplit(url).scheme not in ("http", "https"):
            raise Refused(502, {"detail": _("The page to go on to has no address.")})
        text = self._rendered("away.html", {"url": url, "note": ""})
        return HTMLResponse(text, headers={"Refresh": f"0; url={url}"})

    def _rendered(self, template: str, values: Mapping[str, Any]) -> str:
        known = {"account": self.account, "zone": self.zone, "now": self.now}
        path = self.request.url.path
        return shell.render(self.language, template, {**known, "path": path, **values})

    def log_in(self, answer: Response, token: str, until: datetime) -> None:
        """Keep a login where no script can read it."""
        lasts = max(timedelta(), until - self.now)
        answer.set_cookie(
            cookie_name(self.request),
            token,
            int(lasts.total_seconds()),
            secure=is_secure(self.request),
            httponly=True,
            samesite="lax",
        )

    def log_out(self, answer: Response) -> None:
        """Forget the login."""
        name, secure = cookie_name(self.request), is_secure(self.request)
        answer.delete_cookie(name, secure=secure, httponly=True, samesite="lax")

    def remember_language(self, answer: Response) -> None:
        """Keep the language that was chosen by a link."""
        if self.request.query_params.get(LANGUAGE):
            answer.set_cookie(LANGUAGE, self.language.code, _YEAR_S, samesite="lax")


def is_secure(request: Request) -> bool:
    """Whether people reach this hub by HTTPS."""
    settings = request.scope["hub"].settings
    return bool(settings.public_url.startswith("https:")) or request.url.scheme == "https"


def cookie_name(request: Request) -> str:
    """Of the login; with HTTPS the prefix keeps other hosts from setting it (RFC 6265bis)."""
    return f"__Host-{LOGIN}" if is_secure(request) else LOGIN


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


async def visitor_of(request: Request) -> Visitor:
    """Who sent this request; a login that holds no longer is none."""
    visitor = Visitor(request)
    if visitor.token:
        try:
            visitor.account = await visitor.api.get("/accounts/me")
        except Refused as refused:
            if refused.status != 401:
                raise
            visitor.token = ""
            visitor.api = Api(request.scope["api"], request.scope, "")
    return visitor


AnyVisitor = Annotated[Visitor, Depends(visitor_of)]
"""Whoever visits; `account` is None for who is not logged in."""


async def _known(visitor: AnyVisitor) -> Visitor:
    if visitor.account is None:
        raise NotLoggedIn
    return visitor


KnownVisitor = Annotated[Visitor, Depends(_known)]
"""Somebody who is logged in; others are asked to log in first, and come back."""
