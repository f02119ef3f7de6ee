"""Files that pages load: our own, and Leaflet's out of its wheel; kept by browsers for ever.

Their address has a hash of all of them, so that a new version is another address.
"""

import hashlib
from functools import cache
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).parent / "static"
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@cache
def files() -> dict[str, Path]:
    """Every file that may be loaded, by its name: `chargehub.css`, `leaflet/leaflet.js`."""
    leaflet = Path(import_module("xstatic.pkg.leaflet").BASE_DIR)
    known = {f"leaflet/{name}": leaflet / name for name in ("leaflet.js", "leaflet.css")}
    known |= {path.name: path for path in sorted(FOLDER.iterdir()) if path.suffix in _MEDIA_TYPES}
    return known


@cache
def version() -> str:
    """A hash of all files."""
    whole = hashlib.sha256()
    for name, path in sorted(files().items()):
        whole.update(name.encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def address(name: str) -> str:
    """Where a browser finds a file. Raises KeyError for one that is not there."""
    assert name in files(), name
    return f"/static/{version()}/{name}"


def install(site: FastAPI) -> None:
    """Serve the files, and the two that need an address at the root."""

    @site.get("/static/{version}/{name:path}")
    async def get_file(version: str, name: str) -> Response:
        return _file(name, _FOR_EVER)

    @site.get("/worker.js")
    async def get_worker() -> Response:
        return _file("worker.js", {"Cache-Control": "no-cache"})

    @site.get("/favicon.ico")
    async def get_icon() -> Response:
        return _file("icon.svg", _FOR_EVER)


def _file(name: str, headers: dict[str, str]) -> Response:
    path = files().get(name)
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, headers=headers, media_type=_MEDIA_TYPES[path.suffix])
