"""People and programs that ask a running hub for nonsense: the exact error, and nothing changes."""

from collections.abc import AsyncIterator

import pytest

from chargehub.clock import HandClock
from tests.busy import Busy, busy
from tests.hub import RunningHub
from tests.stories.bad_requests import CASES, Case
from tests.test_access import everything, filled


@pytest.fixture
async def world(database: str, clock: HandClock) -> AsyncIterator[Busy]:
    hub = RunningHub(database, clock)
    await hub.start()
    try:
        yield await busy(hub)
    finally:
        await hub.close()


async def answered(world: Busy, case: Case) -> tuple[int, str, str, str]:
    """Status, code, detail and field of the error."""
    method, path = case.request.split(" ")
    headers = {"content-type": "application/json", **dict(case.headers)}
    if case.who != "nobody":
        headers["Authorization"] = f"Bearer {world.person(case.who).token}"
    is_raw = isinstance(case.body, bytes)
    body = {"content": case.body} if is_raw else {"json": filled(case.body, world.ids)}
    address = f"/api/v1{path.format_map(world.ids)}"
    answer = await world.hub.api.request(method, address, headers=headers, **body)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    told = problem.get("errors", [{"field": "", "detail": problem["detail"]}])[0]
    return answer.status_code, problem["code"], told["detail"], told["field"]


async def test_every_bad_request_has_its_error_and_changes_nothing(world: Busy) -> None:
    before = await world.hub.hub.store.read(everything)
    wrong = {}

    for kind, cases in CASES.items():
        for case in cases:
            found = await answered(world, case)
            if found != (case.status, case.code, case.detail, case.where):
                wrong[kind, case.request, str(case.body)[:80]] = found
    await world.hub.settle()

    assert wrong == {}
    changed = await world.hub.hub.store.read(everything)
    noted = {"account", "operator_note"}  # a login that failed, what an operator tried
    assert {name for name, rows in before.items() if rows != changed[name]} <= noted
