"""Buckets per address: bursts pass, floods wait, memory is bounded."""

import asyncio

import pytest
from fastapi import APIRouter, Depends
from hypothesis import given
from hypothesis import strategies as st

from chargehub.errors import TooMany
from chargehub.rest.throttle import Narrow, Throttle, Throttled
from tests.rest.app import application, client

router = APIRouter()
SLOW = Throttled("slow", rate_per_s=0.001, burst=2)
NARROW = Narrow("narrow", at_once=2, waiting=3)


@router.post("/slow", status_code=204, dependencies=[Depends(SLOW)])
async def post_slow() -> None: ...


@given(
    rate=st.floats(0.01, 100),
    burst=st.integers(1, 50),
    steps=st.lists(st.floats(0, 100), max_size=100),
)
def test_no_address_gets_more_than_its_burst_and_rate(
    rate: float, burst: int, steps: list[float]
) -> None:
    throttle = Throttle(rate, burst)
    now_s, passed = 0.0, 0

    for step in steps:
        now_s += step
        try:
            throttle.take("192.0.2.1", now_s)
            passed += 1
        except TooMany:
            pass

    assert passed <= burst + now_s * rate + 1e-6


@given(rate=st.floats(0.01, 10), burst=st.integers(1, 20))
def test_who_waits_as_told_gets_through(rate: float, burst: int) -> None:
    throttle = Throttle(rate, burst)
    for _ in range(burst):
        throttle.take("192.0.2.1", 0.0)

    with pytest.raises(TooMany) as refusal:
        throttle.take("192.0.2.1", 0.0)

    throttle.take("192.0.2.1", float(refusal.value.retry_after_s))


def test_the_number_of_addresses_is_bounded() -> None:
    throttle = Throttle(1, 1, addresses=10)

    for number in range(1000):
        throttle.take(f"192.0.2.{number}", 0.0)

    assert len(throttle) == 10


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("not an address", "not an address", True),
    ],
)
async def test_one_subscriber_has_one_bucket(first: str, second: str, is_same: bool) -> None:
    app = application(router)
    async with client(app, first) as one, client(app, second) as other:
        await asyncio.gather(*[one.post("/slow") for _ in range(2)])

        answer = await other.post("/slow")

    assert answer.status_code == (429 if is_same else 204)


async def test_two_hubs_in_one_process_share_no_buckets() -> None:
    async with client(application(router)) as one, client(application(router)) as other:
        await asyncio.gather(*[one.post("/slow") for _ in range(2)])

        refused, passed = await one.post("/slow"), await other.post("/slow")

    assert refused.status_code == 429
    assert refused.json()["code"] == "too_many_requests"
    assert int(refused.headers["retry-after"]) > 900
    assert passed.status_code == 204


async def test_few_are_let_in_at_once_few_wait_and_the_others_are_told_so() -> None:
    """What reads much must leave readers for stations and for people who log in."""
    inside, most, leave = 0, 0, asyncio.Event()
    heavy = APIRouter()

    @heavy.get("/heavy", dependencies=[Depends(NARROW, scope="function")])
    async def get_heavy() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await leave.wait()
        inside -= 1

    async with client(application(heavy)) as http:
        asked = [asyncio.create_task(http.get("/heavy")) for _ in range(9)]
        refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        leave.set()
        statuses = [(await answer).status_code for answer in asked]
        again = await http.get("/heavy")

    assert refused
    assert most == 2
    assert sorted(statuses) == [200] * 5 + [503] * 4
    assert again.status_code == 200
