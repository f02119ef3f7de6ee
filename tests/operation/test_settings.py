"""Operators read the settings in force, and no secret by them."""

import pytest

from chargehub.clock import HandClock
from chargehub.operation.settings_routes import HIDDEN, shown
from tests.hub import RunningHub


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_settings_are_told_without_secrets(database: str, clock: HandClock) -> None:
    secrets = {"smtp_url": "smtp://mailer:hunter2@mail.example.org:25", "map_key": "k3y-of-maps"}
    hub = RunningHub(database, clock, **secrets)
    await hub.start()
    try:
        operator = await hub.operator()
        answer = await hub.api.get(
            "/api/v1/operator/settings", headers={"Authorization": f"Bearer {operator.token}"}
        )
    finally:
        await hub.close()

    told = {one["name"]: one["value"] for one in answer.json()["items"]}
    assert told["CHARGEHUB_SMTP_URL"] == f"smtp://{HIDDEN}@mail.example.org:25"
    assert told["CHARGEHUB_SECRET"] == told["CHARGEHUB_MAP_KEY"] == HIDDEN
    assert told["CHARGEHUB_STRIPE_KEY"] == ""
    for secret in ("hunter2", "mailer", "k3y-of-maps", hub.settings.secret):
        assert secret not in answer.text


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("stripe_webhook_secret", "whsec_1", HIDDEN),
        ("database", "postgresql://hub:pw@db/hub", f"postgresql://{HIDDEN}@db/hub"),
        ("database", "sqlite:////var/hub.sqlite", "sqlite:////var/hub.sqlite"),
        ("feed_url", "https://a.example/x?token=1", f"https://a.example/x?{HIDDEN}"),
        ("secret_file", "chargehub.secret", "chargehub.secret"),
        ("tick_s", 30, "30"),
    ],
)
def test_what_is_secret_is_hidden(name: str, value: object, told: str) -> None:
    assert shown(name, value) == told
