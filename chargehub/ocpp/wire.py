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
# SetNetworkProfile; a VPN is hidden whole, for its `key` is a secret and a setting's is a name.
_SECRETS = frozenset({"apnPassword", "basicAuthPassword", "password", "simPin", "vpn"})
# Most frames hold none of this, and need not be taken apart. An escape could spell any of it.
_MAY_HIDE = re.compile(rb"idtag|idtoken|authorizationkey|password|simpin|vpn|\\u", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/\s\"@]*@")  # of a URL that a station is to load up to or down from


def note(identity: str, direction: str, frame: bytes) -> None:
    """Log one frame; '<' came in, '>' went out. Call it only if the logger is enabled."""
    wire.debug("%s %s %s", identity, direction, masked(frame))


def masked(frame: bytes) -> str:
    """A frame for the log."""
    return shown(frame)[1]


def shown(frame: bytes) -> tuple[Any, str]:
    """A frame's content, and its text for the log.

    What cannot be read is not shown: nobody knows what is in it.
    """
    try:
        content = orjson.loads(frame)
        is_plain = _MAY_HIDE.search(frame) is None
        text = frame if is_plain else orjson.dumps(_without_secrets(content))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return None, f"unreadable, {len(frame)} bytes"
    return content, _LOGIN.sub("***@", text.decode()) if b"@" in text else text.decode()


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    hidden = _TOKENS | _SECRETS
    if _is_password(value):
        hidden |= _VALUES
    return {
        key: _mask(key, item) if key in hidden else _without_secrets(item)
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
