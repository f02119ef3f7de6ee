"""What REST shows of the keys that sign receipts, as a JSON Web Key Set."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class ReceiptKeyBody(BaseModel):
    """A public key of the hub. `x`: its 32 bytes in base64url; `kid`: their SHA-256.

    It signed receipts from `created_at` to `retired_at`; null: it still does.
    """

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    use: Literal["sig"]
    kid: str
    x: str
    created_at: datetime
    retired_at: datetime | None


class ReceiptKeysBody(BaseModel):
    """Every key that ever signed a receipt, the newest first. For `verify-receipt --keys`."""

    keys: list[ReceiptKeyBody]
