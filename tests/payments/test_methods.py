"""A driver's means of payment, and that sessions and bookings know whether there is one."""

import pytest

from chargehub.payments import actions, tables
from chargehub.payments.rules import NoSuchMethod, TooManyMethods
from chargehub.payments.tables import METHODS_PER_ACCOUNT
from chargehub.people import tables as people
from tests.payments.world import World


async def can_pay(world: World, account_id: str) -> bool:
    account = await world.store.read(people.account, account_id)
    assert account is not None
    return account.can_pay


async def test_who_has_a_method_can_pay(world: World) -> None:
    driver = await world.driver("dora", None)
    before = await can_pay(world, driver)

    first = await world.add_method(driver, "ok")
    second = await world.add_method(driver, "slow")
    await world.remove_method(driver, first)
    with_one = await can_pay(world, driver)
    await world.remove_method(driver, second)

    assert (before, with_one, await can_pay(world, driver)) == (False, True, False)


async def test_the_newest_method_is_paid_with_unless_said_otherwise(world: World) -> None:
    driver = await world.driver("dora", None)
    first = await world.add_method(driver, "ok")
    second = await world.add_method(driver, "slow")
    spare = actions.NewMethod("sandbox", "flaky", "Spare", is_default=False)
    await world.store.do(actions.add_method, driver, spare, world.clock.now())

    default = await world.store.read(tables.default_method, driver)
    await world.remove_method(driver, second)
    left = await world.store.read(tables.methods, driver)

    assert default is not None and default.id == second
    assert [one.label for one in left if one.is_default] == ["Spare"]
    assert first in {one.id for one in left}


async def test_the_first_method_is_always_paid_with(world: World) -> None:
    driver = await world.driver("dora", None)
    spare = actions.NewMethod("sandbox", "ok", "Spare", is_default=False)

    added = await world.store.do(actions.add_method, driver, spare, world.clock.now())

    assert added.is_default


async def test_nobody_removes_somebody_elses_method(world: World) -> None:
    driver, other = await world.driver("dora", None), await world.driver("dirk")
    method = await world.add_method(driver, "ok")

    with pytest.raises(NoSuchMethod):
        await world.remove_method(other, method)
    await world.remove_method(driver, method)
    with pytest.raises(NoSuchMethod):
        await world.remove_method(driver, method)


async def test_a_wallet_has_a_limit(world: World) -> None:
    driver = await world.driver("dora", None)
    for _ in range(METHODS_PER_ACCOUNT):
        await world.add_method(driver, "ok")

    with pytest.raises(TooManyMethods):
        await world.add_method(driver, "ok")
