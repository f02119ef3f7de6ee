"""The page at /docs: Swagger UI over our OpenAPI, from files installed with the hub.

FastAPI's own page loads script and style from a public host. This one loads nothing from outside,
and its content policy makes the browser refuse to: nor can what is typed there leave for elsewhere.
"""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse

from chargehub.errors import NotFound

# The package is used for its files alone: it carries the current distribution of Swagger UI.
_FILES = Path(str(files("fastapi_offline"))) / "static"
_MEDIA_TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}

# Addresses are relative, so that the page works behind a proxy that adds a path.
_SCRIPT = """
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#explorer",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
});
"""
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ChargeHub API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The same is at <a href="openapi.json">openapi.json</a>.
</noscript>
<div id="explorer"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>{_SCRIPT}</script>
</body>
</html>
"""
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; script-src 'self' 'sha256-{_HASH}'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def install(app: FastAPI) -> None:
    """Add the page to an application made without FastAPI's own (`docs_url=None`)."""

    @app.get("/docs", include_in_schema=False)
    async def get_page() -> HTMLResponse:
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})

    @app.get("/docs/{name}", include_in_schema=False)
    async def get_file(name: str) -> FileResponse:
        if name not in _MEDIA_TYPES:
            raise NotFound("There is nothing at this address.")
        return FileResponse(_FILES / name, media_type=_MEDIA_TYPES[name])
