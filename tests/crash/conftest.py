from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.crash.harness import Undisturbed, undisturbed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Undisturbed]:
    """Played once for all tests of this process."""
    async with undisturbed(tmp_path_factory.mktemp("crash")) as found:
        print(f"{found.count} points, {len(found.boundaries())} of them boundaries")
        yield found
