"""What a receiver of webhooks does: read, and check who sent it, by its own arithmetic."""

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.contract_pki import Server


def said(receiver: Server) -> list[dict[str, Any]]:
    """The messages that came, in order."""
    return [json.loads(content) for _, _, content in receiver.asked]


def types(receiver: Server) -> list[str]:
    return [one["type"] for one in said(receiver)]


def is_signed(asked: tuple[str, dict[str, str], bytes], secret: str) -> bool:
    """Whether one of the signatures is that of this secret (whsec_…)."""
    _, headers, content = asked
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    key = base64.b64decode(secret.removeprefix("whsec_"))
    own = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    return f"v1,{own}" in headers["webhook-signature"].split(" ")
