"""What a browser does with the sandbox's page for a hold."""

import re
from typing import Any

from tests.hub import RunningHub


async def answer(hub: RunningHub, page_url: str, button: str) -> Any:
    """Read the page, and send one of its forms."""
    path = page_url.partition("/api/v1")[2]
    shown = await hub.api.get(f"/api/v1{path}")
    assert shown.status_code == 200
    assert "script" not in shown.text and "form-action 'self'" in str(shown.headers)
    (target,) = re.findall(rf'action="([^"]*/{button})"', shown.text)
    return await hub.api.post(f"/api/v1{path.rpartition('/')[0]}/{target}")
