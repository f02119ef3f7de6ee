"""Lists come in pages, and a cursor is a place in one list."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st

from chargehub.errors import Invalid
from chargehub.rest.manners import CurrentPage, Page, PageQuery, cursor, page, sort_key
from tests.rest.app import application, client

router = APIRouter()
NUMBERS = list(range(1, 121))
KEYS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
    | st.integers(-(2**63) + 1, 2**63 - 1),
    max_size=4,
).map(tuple)


@router.get("/numbers")
async def get_numbers(asked: CurrentPage) -> Page[int]:
    after = asked.after_key(int)
    rows = [number for number in NUMBERS if after is None or number > int(after[0])]
    return page(rows[: asked.fetch], asked, key=lambda number: (number,), body=lambda n: n)


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with client(application(router)) as http:
        yield http


@given(KEYS)
def test_a_cursor_gives_its_key_back(key: tuple[str | int, ...]) -> None:
    assert sort_key(cursor(key)) == key


@given(st.text(max_size=60))
def test_any_other_text_is_refused_as_a_cursor(text: str) -> None:
    try:
        key = sort_key(text)
    except Invalid as refusal:
        assert refusal.code == "bad_cursor"
    else:
        assert sort_key(cursor(key)) == key


@pytest.mark.parametrize("limit", [1, 7, 50, 119, 120, 121, 200])
async def test_the_pages_are_the_list(http: httpx2.AsyncClient, limit: int) -> None:
    seen: list[int] = []
    params: dict[str, str | int] = {"limit": limit}

    while True:
        answer = (await http.get("/numbers", params=params)).json()
        assert 0 < len(answer["items"]) <= limit
        seen += answer["items"]
        if answer["next"] is None:
            break
        params["cursor"] = answer["next"]

    assert seen == NUMBERS


async def test_fifty_is_a_page_if_nothing_is_said(http: httpx2.AsyncClient) -> None:
    answer = (await http.get("/numbers")).json()

    assert answer["items"] == NUMBERS[:50]


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1.5"])
async def test_a_page_has_1_to_200_items(http: httpx2.AsyncClient, limit: str) -> None:
    answer = await http.get("/numbers", params={"limit": limit})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.limit"


@pytest.mark.parametrize(
    "foreign", ["!", "AAAA", cursor(("a",)), cursor((1, 2)), cursor(()), "W3RydWVd", "WzEuNV0"]
)
async def test_a_cursor_of_another_list_is_refused(http: httpx2.AsyncClient, foreign: str) -> None:
    answer = await http.get("/numbers", params={"cursor": foreign})

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_cursor"
    assert answer.json()["detail"] == (
        "The cursor is not one this list gave. Ask for the first page again."
    )


def test_a_list_by_id_takes_one_text() -> None:
    assert PageQuery(50, None).after_id() is None
    assert PageQuery(50, ("a",)).after_id() == "a"
