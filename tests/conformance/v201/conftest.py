"""One hub for all cases of 2.x, and a booted station for each, in 2.0.1 and in 2.1."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chargehub.ocpp.versions import Version
from tests.conformance.bench import VERSIONS
from tests.conformance.case import Site, opened_site
from tests.conformance.v201.station import Case2


@pytest.fixture(params=["2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> Version:
    return VERSIONS[request.param]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def site(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    async with opened_site(sqlite_template, tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="package")
async def case(site: Site, version: Version) -> AsyncIterator[Case2]:
    made = await Case2.booted(site, version)
    yield made
    await made.closes()
