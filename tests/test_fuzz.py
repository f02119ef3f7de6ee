"""Every route is asked with what its OpenAPI document allows, and with what it does not: no fault
of ours, and every answer is as the document says."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chargehub.clock import HandClock
from tests.access_table import ROUTES
from tests.busy import Busy, busy
from tests.conftest import START
from tests.docs_tables import openapi
from tests.hub import RunningHub, application
from tests.test_access import filled

EXAMPLES = 6  # of each route, fit and unfit; eighty find no more and take two minutes
PROMISES: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LIMIT_S = 10.0

derandomised = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Fuzz:
    """Sends cases to a busy hub and holds the answers against the document.

    `seen`: how often each status came; `faults`: what was not as promised.
    """

    def __init__(self, database: str) -> None:
        self.seen: Counter[int] = Counter()
        self.faults: list[str] = []
        self._runner = asyncio.Runner()
        self._hub = RunningHub(database, HandClock(START))
        self._runner.run(self._hub.start())
        self._world: Busy = self._runner.run(busy(self._hub))

    def close(self) -> None:
        self._runner.run(self._hub.close())
        self._runner.close()

    def try_out(self, name: str, operation: Any, mode: GenerationMode) -> None:
        """Ask a route a few times; half of them with the ids of things that are there."""

        @derandomised
        @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
        def ask(case: Case, is_known: bool) -> None:
            if is_known:
                self._name_what_is_there(name, case)
            answer = self._runner.run(self._send(case, ROUTES[name].rightful))
            self.seen[answer.status_code] += 1
            try:
                case.validate_response(answer, checks=PROMISES)
            except FailureGroup as group:
                self.faults += [f"{name} {answer.status_code}: {one}" for one in group.exceptions]

        with suppress(Unsatisfiable):  # a route without parameters cannot be asked unfitly
            ask()

    def _name_what_is_there(self, name: str, case: Case) -> None:
        ids = self._world.ids
        known = ids | {key: filled(value, ids) for key, value in ROUTES[name].ids.items()}
        for fields in (case.path_parameters, case.body):
            if isinstance(fields, dict):
                fields.update({key: known[key] for key in fields.keys() & known.keys()})

    async def _send(self, case: Case, who: str) -> httpx2.Response:
        """Each from an address of its own, so that none is throttled."""
        wanted = case.as_transport_kwargs(base_url="http://hub.test")
        number = self.seen.total()
        address = f"10.0.{number // 256}.{number % 256}"
        app = application(self._hub.hub)
        transport = httpx2.ASGITransport(app=app, client=(address, 1234))
        async with httpx2.AsyncClient(transport=transport) as http, asyncio.timeout(LIMIT_S):
            return await http.request(
                wanted["method"],
                wanted["url"],
                headers={
                    **wanted["headers"],
                    "Authorization": f"Bearer {self._world.person(who).token}",
                },
                params=wanted.get("params"),
                json=wanted.get("json"),
                content=wanted.get("data"),
            )


@pytest.fixture
def fuzz(database: str) -> Iterator[Fuzz]:
    made = Fuzz(database)
    yield made
    made.close()


def routes() -> dict[str, Any]:
    """Every route of the document, in an order in which none takes from the next what it needs."""
    schema = schemathesis.openapi.from_dict(openapi())
    operations = [found.ok() for found in schema.get_all_operations()]
    named = {one.label.replace("/api/v1", ""): one for one in operations}
    assert set(named) == set(ROUTES)
    return {name: named[name] for name in ROUTES}


@pytest.mark.timeout(300)  # 12 s of work; other work on the machine must not fail it
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_request_meets_a_fault_or_an_answer_that_is_not_documented(
    fuzz: Fuzz, database: str
) -> None:
    for name, operation in routes().items():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            fuzz.try_out(name, operation, mode)

    assert fuzz.faults == []
    assert {200, 201, 204, 404, 422} <= set(fuzz.seen), fuzz.seen  # it got through to the actions
