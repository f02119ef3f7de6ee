"""Every language says all that pages say, with the same figures in it."""

import re

import pytest

from tests.web import words

PLACES = re.compile(r"%\((\w+)\)")


@pytest.mark.parametrize("code", words.LANGUAGES)
def test_no_text_is_missing(code: str) -> None:
    assert words.missing(code) == set()


@pytest.mark.parametrize("code", words.LANGUAGES)
def test_what_is_filled_in_is_the_same(code: str) -> None:
    wrong = [
        text
        for text, translation in words.known(code).items()
        if _places(text) != _places(translation)
    ]

    assert wrong == []


@pytest.mark.parametrize("code", words.LANGUAGES)
def test_nothing_is_kept_that_no_page_says(code: str) -> None:
    assert words.known(code).keys() - words.said() == set()


def _places(text: words.Text) -> set[str]:
    parts = (text,) if isinstance(text, str) else tuple(text)
    return {name for part in parts for name in PLACES.findall(part)}
