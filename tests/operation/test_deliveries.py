"""Parked deliveries: operators see them, and have them tried again; the machine counts them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehub import events
from chargehub.clock import HandClock
from chargehub.store import outbox
from chargehub.store.work import Work
from tests.hub import RunningHub


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


def mail_of_nobody(work: Work, mail_id: str) -> None:
    work.record(events.MailRequested(mail_id))


async def parked_mail(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail that is to be sent and is not there: it can never be."""
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    await hub.hub.store.do(mail_of_nobody, "gone")
    await hub.until(lambda: hub.hub.relay.parked == 1)


async def figure(hub: RunningHub, name: str) -> str:
    lines = (await hub.api.get("/metrics")).text.splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"chargehub_{name} "))


async def test_an_operator_sees_what_is_parked_and_has_it_tried_again(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await hub.operator()
    await parked_mail(hub, monkeypatch)

    (shown,) = (await operator.get("/deliveries?state=parked"))["items"]
    counted = await figure(hub, "deliveries_parked")
    retried = await operator.post(f"/deliveries/{shown['id']}/retry", expect=202)
    await hub.until(lambda: hub.hub.relay.parked == 1)

    assert (shown["event"], shown["follower"]) == (
        "MailRequested",
        "people.actions.record_mail_sent",
    )
    assert (shown["state"], shown["tries"]) == ("parked", outbox.MAX_TRIES)
    assert "gone" in shown["error"]
    assert counted == "1.0"
    assert (retried["state"], retried["tries"]) == ("pending", 0)
    assert (await operator.get("/deliveries?state=pending"))["items"] == []
    assert [one["id"] for one in (await operator.get("/deliveries"))["items"]] == [shown["id"]]


async def test_only_what_is_parked_is_tried_again_by_hand(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await hub.operator()
    await parked_mail(hub, monkeypatch)
    (shown,) = (await operator.get("/deliveries"))["items"]
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 3600.0)

    await operator.post(f"/deliveries/{shown['id']}/retry", expect=202)
    again: dict[str, Any] = await operator.post(f"/deliveries/{shown['id']}/retry", expect=409)
    unknown = await operator.post("/deliveries/nothing/retry", expect=404)

    assert (again["code"], unknown["code"]) == ("conflict", "not_found")
    await asyncio.wait_for(hub.hub.relay.idle(), 10)


async def test_lists_of_deliveries_come_in_pages(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await hub.operator()
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    for number in range(3):
        await hub.hub.store.do(mail_of_nobody, f"gone-{number}")
    await hub.until(lambda: hub.hub.relay.parked == 3)

    first = await operator.get("/deliveries?limit=2")
    rest = await operator.get(f"/deliveries?limit=2&cursor={first['next']}")

    found = [one["aggregate"] for one in (*first["items"], *rest["items"])]
    assert len(set(found)) == 3
    assert rest["next"] is None
