"""What a fleet must remember between two runs: its secret, logins and station passwords.

A JSON file only its owner can read. Account passwords and id tokens are derived from the secret;
station passwords are made by the hub and cannot be derived.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Any

import orjson

MODE = 0o600
VERSION = 1


class BadState(ValueError):
    """The state file is not one, or belongs to something else; the text says what to do."""


class State:
    """`path` None: kept in memory only. Every change is on the disk when its method returns."""

    def __init__(
        self, path: Path | None, name: str, secret: str | None = None, family: str | None = None
    ) -> None:
        """Open the state of the set `name`, or begin one; `secret` None: a random one.

        With `family` a file may be of any set whose name begins so. Raises BadState if it is
        another set's or was begun with another secret.
        """
        self._path = path
        self._family = family
        is_new = path is None or not path.exists()
        self._kept = self._begin(name, secret) if is_new else self._open(name, secret)
        self._save()

    @property
    def name(self) -> str:
        """The set's name, part of every account's address and every external reference."""
        name: str = self._kept["name"]
        return name

    def email(self, role: str, who: str) -> str:
        """The address of an account. The domain is reserved for examples: no mail arrives."""
        return f"{role}-{_slug(who)}@{_slug(self.name)}.example"

    def password(self, email: str) -> str:
        """The password of an account."""
        return self._derived("password", email, 18)

    def id_token(self, who: str) -> str:
        """A driver's id token: 18 characters that every OCPP version can carry."""
        digest = self._digest("id token", f"{self.name}:{who}")
        return "RP" + base64.b32encode(digest[:10]).decode("ascii")

    def login(self, email: str) -> str | None:
        """The token of an account's last login."""
        token: str | None = self._kept["logins"].get(email)
        return token

    def keep_login(self, email: str, token: str) -> None:
        """Remember a login."""
        self._kept["logins"][email] = token
        self._save()

    def station(self, ref: str) -> dict[str, Any] | None:
        """What is known of a station: identity, password, version."""
        station: dict[str, Any] | None = self._kept["stations"].get(ref)
        return station

    def keep_station(self, ref: str, station: dict[str, Any]) -> None:
        """Remember a station."""
        self._kept["stations"][ref] = station
        self._save()

    def setting(self, name: str) -> Any:
        """How the set was first used (its tariff, say); None: not said yet."""
        return self._kept["settings"].get(name)

    def keep_setting(self, name: str, value: Any) -> None:
        """Remember how the set is used."""
        self._kept["settings"][name] = value
        self._save()

    def drop_if_empty(self) -> None:
        """Remove the file if nothing was registered with it: it would only stand in the way."""
        if self._path is not None and not self._kept["logins"] and not self._kept["stations"]:
            self._path.unlink(missing_ok=True)

    def _begin(self, name: str, secret: str | None) -> dict[str, Any]:
        return {
            "version": VERSION,
            "name": name,
            "secret": secret or secrets.token_urlsafe(32),
            "settings": {},
            "logins": {},
            "stations": {},
        }

    def _open(self, name: str, secret: str | None) -> dict[str, Any]:
        assert self._path is not None
        try:
            kept: dict[str, Any] = orjson.loads(self._path.read_bytes())
            is_ours = kept["version"] == VERSION
        except (orjson.JSONDecodeError, KeyError, TypeError):
            is_ours = False
        if not is_ours:
            raise BadState(f"{self._path} is not a state file of this program.")
        is_this = kept["name"] == name
        if not is_this and not (self._family and kept["name"].startswith(self._family)):
            raise BadState(f"{self._path} is the state of “{kept['name']}”; give another --state.")
        if secret is not None and kept["secret"] != secret:
            raise BadState(f"{self._path} was begun with another --secret.")
        return kept

    def _derived(self, purpose: str, of: str, length: int) -> str:
        return base64.urlsafe_b64encode(self._digest(purpose, of)[:length]).decode("ascii")

    def _digest(self, purpose: str, of: str) -> bytes:
        key: str = self._kept["secret"]
        return hmac.digest(key.encode(), f"{purpose}:{of}".encode(), "sha256")

    def _save(self) -> None:
        """Replace the file in one step; it never exists with other rights or half written."""
        if self._path is None:
            return
        partial = self._path.with_name(self._path.name + ".partial")
        partial.unlink(missing_ok=True)
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(file, "wb") as out:
            out.write(orjson.dumps(self._kept, option=orjson.OPT_INDENT_2))
            out.flush()
            os.fsync(out.fileno())
        partial.replace(self._path)


def _slug(text: str) -> str:
    """Letters, digits and hyphens, and a short hash: different names give different slugs."""
    plain = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:30]
    return f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".strip("-")
