"""The frame log: every frame at DEBUG in `chargehub.wire`, without id tokens and passwords."""

import logging
import re
from typing import Any

import orjson

wire = logging.getLogger("chargehub.wire")

# 1.6 idTag and parentIdTag; 2.x idToken is an object that holds an idToken.
_TOKENS = frozenset({"idTag", "parentIdTag", "idToken", "additionalIdToken"})
_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")  # name and password in the address of a log or firmware
_PASSWORDS = frozenset({"authorizationkey", "basicauthpassword"})
_SECRETS = frozenset({"apnPassword", "basicAuthPassword", "password", "simPin", "vpn"})
_VALUES = frozenset({"value", "attributeValue", "actualValue"})


def note(identity: str, direction: str, frame: bytes) -> None:
    """Log one frame; '<' came in, '>' went out. Call it only if the logger is enabled."""
    wire.debug("%s %s %s", identity, direction, masked(frame))


def masked(frame: bytes) -> str:
    """A frame for the log. What cannot be read is not shown: nobody knows what is in it."""
    try:
        return orjson.dumps(_without_secrets(orjson.loads(frame))).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return f"unreadable, {len(frame)} bytes"


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return _LOGIN.sub("***@", value) if isinstance(value, str) else value
    hidden = _SECRETS | _VALUES if _is_password(value) else _SECRETS
    return {
        key: _mask(key, item) if key in _TOKENS or key in hidden else _without_secrets(item)
        for key, item in value.items()
    }


def _is_password(value: dict[str, Any]) -> bool:
    """Is this a setting that holds a password: a 1.6 key, or a 2.x variable?"""
    variable = value.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else value.get("key")
    return isinstance(name, str) and name.lower() in _PASSWORDS


def _mask(key: str, value: Any) -> Any:
    """The last two signs of a token are enough to tell two apart; of a password, none."""
    if not isinstance(value, str):
        return _without_secrets(value) if key in _TOKENS else "***"
    return f"***{value[-2:]}" if key in _TOKENS and len(value) > 4 else "***"
