"""Payloads made from the official schemas by seed, and frames that are broken on purpose."""

import json
import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any, Final

import orjson

FOLDERS: Final = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
TEXT: Final = string.ascii_letters + string.digits + "*-_=:+|@. "
EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST: Final = 60  # signs of a text that may be longer
DEEPEST: Final = 4  # from there on only what is required

Schema = Mapping[str, Any]


@cache
def schema(version: str, action: str, *, answer: bool = False) -> Schema:
    """The official schema of a call or of its answer. Raises FileNotFoundError if it has none."""
    folder = resources.files("ocpp").joinpath(FOLDERS[version], "schemas")
    names = [f"{action}Response.json"] if answer else [f"{action}Request.json", f"{action}.json"]
    for name in names:
        file = folder.joinpath(name)
        if file.is_file():
            found: Schema = json.loads(file.read_text(encoding="utf-8-sig"))
            return found
    raise FileNotFoundError(names)


class Samples:
    """Valid payloads of one schema after another; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._root: Schema = {}

    def of(self, wanted: Schema) -> Any:
        """A payload that fits."""
        self._root = wanted
        return self._value(wanted, 0)

    def _value(self, node: Schema, depth: int) -> Any:
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            return self._value(self._root["definitions"][name], depth)
        if "enum" in node:
            return self._random.choice(node["enum"])
        make = getattr(self, f"_{node.get('type', 'string')}")
        return make(node, depth)

    def _object(self, node: Schema, depth: int) -> dict[str, Any]:
        required = node.get("required", ())
        return {
            name: self._value(each, depth + 1)
            for name, each in node.get("properties", {}).items()
            if name in required or (depth < DEEPEST and self._random.random() < 0.5)
        }

    def _array(self, node: Schema, depth: int) -> list[Any]:
        least = node.get("minItems", 0)
        most = min(node.get("maxItems", least + 2), least + 2)
        count = self._random.randint(least, most)
        return [self._value(node["items"], depth + 1) for _ in range(count)]

    def _string(self, node: Schema, _depth: int) -> str:
        if node.get("format") == "date-time":
            at = EPOCH + timedelta(seconds=self._random.randrange(10**7))
            return at.isoformat().replace("+00:00", "Z")
        if node.get("format") == "uri":
            return "https://example.org/" + self._text(8)
        return self._text(self._random.randint(1, min(node.get("maxLength", LONGEST), LONGEST)))

    def _text(self, length: int) -> str:
        return "".join(self._random.choices(TEXT, k=length))

    def _integer(self, node: Schema, _depth: int) -> int:
        return self._random.randint(int(node.get("minimum", -3)), int(node.get("maximum", 10**6)))

    def _number(self, node: Schema, depth: int) -> float:
        return self._integer(node, depth) + (0.5 if "maximum" not in node else 0)

    def _boolean(self, _node: Schema, _depth: int) -> bool:
        return self._random.random() < 0.5


class Faults:
    """Frames that were right, and are no longer."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._ways = (self._cut, self._flip, self._doubled, self._swapped, self._nested, self._odd)

    def break_(self, frame: bytes) -> bytes:
        """The frame with one fault; it may be readable still."""
        return self._random.choice(self._ways)(frame)

    def _cut(self, frame: bytes) -> bytes:
        return frame[: self._random.randrange(len(frame))]

    def _flip(self, frame: bytes) -> bytes:
        at = self._random.randrange(len(frame))
        return frame[:at] + bytes([self._random.randrange(256)]) + frame[at + 1 :]

    def _doubled(self, frame: bytes) -> bytes:
        start = self._random.randrange(len(frame))
        end = self._random.randrange(start, len(frame))
        return frame[:end] + frame[start:]

    def _swapped(self, frame: bytes) -> bytes:
        """A value of another type at some place."""
        message = orjson.loads(frame)
        holder, key = self._place(message)
        holder[key] = self._random.choice(
            [None, True, -1, 2**70, 1e300, "", "\x00", [], {}, "é" * 99]
        )
        return json.dumps(message).encode()

    def _nested(self, frame: bytes) -> bytes:
        depth = self._random.choice([30, 300, 3_000])
        return frame.replace(b"{", b"[" * depth + b"{", 1)

    def _odd(self, frame: bytes) -> bytes:
        message = orjson.loads(frame)
        message[0] = self._random.choice([0, 1, 2, 3, 4, 5, 6, 7, "2", None, -1, 2.5])
        return json.dumps(message).encode()

    def _place(self, value: Any) -> tuple[Any, Any]:
        """Somewhere in a JSON value: what holds it, and the key or index."""
        holder, key = value, self._random.randrange(len(value))
        while (
            isinstance(inner := holder[key], list | dict) and inner and self._random.random() < 0.8
        ):
            holder = inner
            key = self._random.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        return holder, key
