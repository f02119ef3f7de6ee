"""One hub for all cases of 1.6, and a booted station for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conformance.case import Site, opened_site
from tests.conformance.v16.station import Case16


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def site(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    async with opened_site(sqlite_template, tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="package")
async def case(site: Site) -> AsyncIterator[Case16]:
    made = await Case16.booted(site)
    yield made
    await made.closes()
