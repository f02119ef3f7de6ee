"""The pages of the hub that pages of rails lead back to: a sentence, no script, nothing loaded."""

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


def return_page(title: str, sentence: str, then: str, status: int = 200) -> HTMLResponse:
    """A page in HTML. All three are written by the hub; `then` may be a link."""
    text = _PAGE.format(title=title, sentence=sentence, then=then)
    return HTMLResponse(text, status, _HEADERS)
