"""`GET /operator/settings`: the settings in force, without what is secret in them."""

import re
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel

from chargehub.people.access import CurrentOperator
from chargehub.settings import Settings

router = APIRouter(tags=["operation"])

HIDDEN: Final = "••••"
_USER = re.compile(r"://[^/?#]*@")
_QUERY = re.compile(r"\?.+")
_SECRET = ("secret", "_key", "_token", "_password")  # how the name of a secret ends


class HubSettingBody(BaseModel):
    """A setting. `value`: as text, what is secret in it hidden; empty: not set."""

    name: str
    value: str
    is_default: bool
    meaning: str


class HubSettingsBody(BaseModel):
    """All of them, in the order of the documentation."""

    items: list[HubSettingBody]


@router.get("/operator/settings")
async def get_operator_settings(operator: CurrentOperator, request: Request) -> HubSettingsBody:
    """The settings that this hub runs with; passwords and keys are hidden. For operators."""
    settings: Settings = request.app.state.hub.settings
    items = [
        HubSettingBody(
            name=f"CHARGEHUB_{name.upper()}",
            value=shown(name, getattr(settings, name)),
            is_default=getattr(settings, name) == field.default,
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]
    return HubSettingsBody(items=items)


def shown(name: str, value: Any) -> str:
    """A value as others may read it: no secret, no user, password or query of an address."""
    text = "" if value is None else str(value)
    if name.endswith(_SECRET):
        return HIDDEN if text else ""
    if "://" not in text:
        return text
    return _QUERY.sub(f"?{HIDDEN}", _USER.sub(f"://{HIDDEN}@", text, count=1), count=1)
