"""An operator finds anything by what somebody on the telephone has in hand."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.hub import Person, RunningHub
from tests.stories.test_debts import owing


@pytest.fixture
async def hub(database: str, clock: HandClock) -> AsyncIterator[RunningHub]:
    running = RunningHub(database, clock)
    await running.start()
    yield running
    await running.close()


async def found(operator: Person, text: str) -> set[tuple[str, str]]:
    items = (await operator.get(f"/operator/search?q={text}"))["items"]
    return {(one["kind"], one["id"]) for one in items}


async def test_anything_is_found_by_what_one_has_of_it(hub: RunningHub) -> None:
    owner, driver, place = await owing(hub)
    operator = await hub.operator()
    (debt,) = (await driver.get("/debts"))["items"]
    session = ("session", debt["session_id"])
    station = ("station", place.station_id)

    assert await found(operator, "DRIVER@example") == {("account", driver.account_id)}
    assert await found(operator, place.identity) == {station}
    assert session in await found(operator, debt["session_id"][:-1])
    hanging = await found(operator, driver.account_id)
    assert {("account", driver.account_id), session} <= hanging
    assert station in await found(operator, owner.account_id)
    assert {"session", "payment", "cdr"} <= {
        kind for kind, _ in await found(operator, debt["session_id"])
    }
    (shown,) = (await operator.get(f"/operator/search?q={debt['session_id'][:-1]}"))["items"]
    assert shown["title"] == "closed · 2026-03-02 08:00 UTC"
    assert await found(operator, "%25%25%25") == set()
    assert await found(operator, "nobody here") == set()
    await operator.get("/operator/search?q=ab", 422)
    await driver.get("/operator/search?q=driver", 403)
