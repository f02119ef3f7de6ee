"""Every language says all that pages say, with the same figures in it."""

import re

import pytest

from chargehub.web.languages import NAMES, language
from chargehub.web.sentences import PLACE
from tests.web import refusals, words

PLACES = re.compile(r"%\((\w+)\)")


@pytest.mark.parametrize("code", words.LANGUAGES)
def test_no_text_is_missing(code: str) -> None:
    assert words.missing(words.said(), words.known(code)) == set()


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


@pytest.mark.parametrize("code", NAMES)
def test_what_rest_says_no_with_is_said_in_each_language(code: str) -> None:
    assert words.missing(words.refused(code), words.known_refusals(code)) == set()
    assert words.known_refusals(code).keys() - words.refused(code) == set()


@pytest.mark.parametrize("code", NAMES)
def test_a_refusal_has_its_own_figures_in_each_language(code: str) -> None:
    """Each is found by what was filled in, though another one may look alike."""
    for text, translation in words.known_refusals(code).items():
        assert isinstance(text, str)
        assert isinstance(translation, str)
        figures = {name: f"<{index}>" for index, name in enumerate(PLACE.findall(text))}

        assert _places(translation) <= figures.keys()
        assert language(code).refusal(_filled(text, figures)) == _filled(translation, figures)


def test_a_refusal_leaves_out_no_figure_of_the_hub() -> None:
    own = {text for texts in refusals.of_code().values() for text in texts}
    wrong = [
        text
        for code in words.LANGUAGES
        for text, translation in words.known_refusals(code).items()
        if text in own and _places(text) != _places(translation)
    ]

    assert wrong == []


def test_every_sentence_of_a_refusal_is_read_from_the_code() -> None:
    """But those that somebody else says, or that are put together from others."""
    assert refusals.unread() == set(refusals.UNREAD)


def _filled(text: str, figures: dict[str, str]) -> str:
    return PLACE.sub(lambda place: figures[place[1]], text)


def _places(text: words.Text) -> set[str]:
    parts = (text,) if isinstance(text, str) else tuple(text)
    return {name for part in parts for name in PLACES.findall(part)}
