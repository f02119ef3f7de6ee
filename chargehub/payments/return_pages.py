"""The pages of the hub that pages of rails lead back to: a sentence, no script, nothing loaded."""

from html import escape

from fastapi.responses import HTMLResponse

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
NO_PAGE: dict[int | str, dict[str, object]] = {
    404: {
        "description": "The hub knows of no such page, and says so.",
        "content": {
            "text/html": {},
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        },
    }
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
<p>{sentence}</p>
<p>{then}</p>
</body>
</html>
"""


BACK = "/back"  # of the hub's own pages: it knows where its visitor came from


def go_on(app_url: str) -> str:
    """A link to the app of this hub; to the hub's own pages where it has none."""
    return f'<a href="{escape(app_url or BACK)}">Go on</a>'


def look_again(app_url: str) -> str:
    """A link to the same page, for whom it comes too soon; and on, for who has given it up."""
    return f'<a href="">Look again</a> · {go_on(app_url)}'


def return_page(
    title: str, sentence: str, then: str, status: int = 200, on_to: str = ""
) -> HTMLResponse:
    """A page in HTML. All of it is written by the hub; `then` may be a link.

    `on_to`: a page that browsers go on to by themselves, for nothing is to be done here.
    """
    text = _PAGE.format(title=title, sentence=sentence, then=then)
    leading = {"Refresh": f"0; url={on_to}"} if on_to else {}
    return HTMLResponse(text, status, _HEADERS | leading)


def on_from(became: str, done: str, app_url: str) -> str:
    """Where browsers go on to by themselves: nothing is to be done, and there is no other app."""
    return BACK if became == done and not app_url else ""
