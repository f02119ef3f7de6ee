"""A station's settings as text, by the names its OCPP version gives them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Access = Literal["read_write", "read_only", "write_only"]
BOOLEANS = ("true", "false")
Written = Literal["accepted", "rejected", "read_only", "unknown"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. A value of digits only takes digits only, one of yes and no those alone."""

    value: str
    access: Access = "read_write"


class Settings:
    """Name -> value. `password_name` is the one that changes the station's own password.

    `guards` judge what is written to some: False rejects it.
    """

    def __init__(self, known: Mapping[str, Setting], password_name: str) -> None:
        self._known = dict(known)
        self.password_name = password_name
        self.new_password: str | None = None
        self.guards: dict[str, Callable[[str], bool]] = {}

    def provide(self, more: Mapping[str, Setting]) -> None:
        """Add settings that not every station has."""
        self._known.update(more)

    def names(self) -> list[str]:
        """Every name, those that only can be written included."""
        return list(self._known)

    def access(self, name: str) -> Access | None:
        """How a setting may be used; None: there is no such setting."""
        setting = self._known.get(name)
        return setting.access if setting else None

    def __getitem__(self, name: str) -> str:
        return self._known[name].value

    def read(self, name: str) -> str | None:
        """A value; None where it is unknown or may not be read."""
        setting = self._known.get(name)
        return None if setting is None or setting.access == "write_only" else setting.value

    def write(self, name: str, value: str) -> Written:
        """Set a value, if it is known, may be written and fits."""
        setting = self._known.get(name)
        if setting is None:
            return "unknown"
        if setting.access == "read_only":
            return "read_only"
        if not self._takes(name, setting, value):
            return "rejected"
        if setting.value in BOOLEANS and value.lower() not in BOOLEANS:
            return "rejected"
        self._known[name] = Setting(value, setting.access)
        if name == self.password_name:
            self.new_password = value
        return "accepted"

    def put(self, name: str, value: str) -> None:
        """Change a value from inside, whoever may write it."""
        self._known[name] = Setting(value, self._known[name].access)

    def _takes(self, name: str, setting: Setting, value: str) -> bool:
        if name in self.guards:
            return self.guards[name](value)
        return value.isdigit() or not setting.value.isdigit()
