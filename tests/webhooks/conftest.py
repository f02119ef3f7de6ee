"""A hub that may send to loopback, and a receiver that keeps what it was sent."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from chargehub.clock import HandClock
from chargehub.store import outbox
from tests.contract_pki import Server, listening
from tests.hub import RunningHub


@pytest.fixture
def receiver() -> Iterator[Server]:
    with listening() as made:
        made.says = b"ok"
        yield made


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    own: dict[str, Any] = {"webhook_private_addresses": True, "login_days": 365}
    running = RunningHub(database, clock, **own)
    await running.start()
    yield running
    await running.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is not tried again while the test lasts, however slow the machine is."""
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 3600.0)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again without a wait."""
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
