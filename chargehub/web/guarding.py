"""What every page is guarded by: no form from elsewhere, nothing loaded from elsewhere.

Source: OWASP, "Cross-Site Request Forgery Prevention", fetch metadata with `Origin` as fallback;
W3C, "Content Security Policy Level 3".
"""

from functools import cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READING = ("GET", "HEAD")
_HEADERS = {
    "Referrer-Policy": "same-origin",  # none at all would hide the origin of our own forms
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=()",
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie, Accept-Language",
}


class Guard:
    """Refuses forms that another site sends, and tells browsers what pages may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault(
                    "Content-Security-Policy", policy(scope["hub"].settings.map_tiles)
                )
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if is_ours(scope):
            await self._app(scope, receive, guarded)
        else:
            refusal = PlainTextResponse("This form was sent by another site.", 403)
            await refusal(scope, receive, guarded)


@cache
def policy(map_tiles: str) -> str:
    """What a page may load: our own files, and pictures of the map from where they are."""
    tiles = urlsplit(map_tiles.replace("{s}", "*"))
    images = f" {tiles.scheme}://{tiles.netloc}" if tiles.netloc else ""
    return (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors 'none'; img-src 'self' data:{images}"
    )


def is_ours(scope: Scope) -> bool:
    """Whether a request may be done: it reads, or one of our own pages sent it."""
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if scope["method"] in _READING:
        return True
    if site is not None:
        return site in ("same-origin", "none")
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == headers.get("host")
