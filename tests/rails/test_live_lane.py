"""The lane to Stripe itself, tried at the twin: what it is made of works, and no live key does."""

import os
import subprocess
import sys

import pytest

from chargehub.payments.rail import Captured, Held, RailUnreachable, Refusal
from tests.rails.test_contract import hold_order, stripe, take_order
from tests.rails.test_live import cards, checked
from tests.stripe_twin.app import KEY
from tests.tree import ROOT


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc", "pk_test_abc", ""])
def test_a_key_that_moves_real_money_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="test mode"):
        checked(key)


async def test_its_cards_agree_refuse_and_lose_answers() -> None:
    async with stripe() as (twin, _):
        case = await cards(KEY, twin.world.pages)
        rail = case.build(None, None)  # type: ignore[arg-type]

        assert isinstance(await rail.authorise(hold_order(case.good), "h"), Held)
        assert isinstance(await rail.authorise(hold_order(case.refusing), "r"), Refusal)
        assert isinstance(await rail.describe(case.unfit), Refusal)
        with pytest.raises(RailUnreachable):
            await rail.take(take_order(case.losing), "t")
        assert isinstance(await rail.take(take_order(case.losing), "t"), Captured)
        assert len(twin.world.all("", "charge")) == 3


def test_without_a_key_it_is_reported_as_skipped_with_the_reason() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "CHARGEHUB_TEST_STRIPE_KEY"}
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-n", "0", "tests/rails/test_live.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert "CHARGEHUB_TEST_STRIPE_KEY holds no key of Stripe's test mode" in told.stdout
    assert "passed" not in told.stdout
