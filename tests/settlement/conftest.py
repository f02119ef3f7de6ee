"""The books of a hub with an empty ledger."""

import pytest

from chargehub.clock import HandClock
from chargehub.store.writer import Store
from tests.settlement.books import Books


@pytest.fixture
def books(store: Store, clock: HandClock) -> Books:
    return Books(store, clock)
