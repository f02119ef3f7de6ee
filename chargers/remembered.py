"""What a simulated station remembers of its line from one run to the next."""

import json
import os
from pathlib import Path

NAME = "line.json"


class Remembered:
    """Profile, address and password of the last line; all None without a folder, and where the
    station is given another address than it was given then: a new hub knows nothing of it.
    """

    def __init__(self, folder: Path | None, given_url: str) -> None:
        self._path = None if folder is None else folder / NAME
        told = {}
        if self._path is not None and self._path.exists():
            told = json.loads(self._path.read_text())
        told = told if told.get("given_url") == given_url else {}
        self.profile: int | None = told.get("profile")
        self.url: str | None = told.get("url")
        self._given_url = given_url
        self.password: str | None = told.get("password")

    def keep(self, profile: int, url: str, password: str | bytes) -> None:
        """What the hub let the station in with. A password that is no text is not kept."""
        if self._path is None:
            return
        text = password if isinstance(password, str) else None
        line = {"profile": profile, "url": url, "password": text, "given_url": self._given_url}
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
            json.dump(line, file)
        fresh.replace(self._path)
