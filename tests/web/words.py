"""The texts of pages, and which of them a language lacks.

`python -m tests.web.words AREA` adds to each language's `AREA.po` what no catalogue of it has yet,
empty, to be translated; and takes out of all of them what no page says any more. With `refusals`
it does so for what REST says no with, which has a catalogue of its own.
"""

import sys
from collections.abc import Iterable, Mapping

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from chargehub.web.languages import FOLDER, NAMES, REFUSALS, catalogues
from tests.tree import ROOT
from tests.web import refusals

LANGUAGES = tuple(code for code in NAMES if code != "en")
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {
    "templates/**.html": {
        "newstyle_gettext": "true",
        "extensions": "jinja2.ext.do",
        "silent": "false",  # else a template with a mistake in it would say nothing at all
    }
}
_KEYWORDS = {"_": None, "say": None, "gettext": None, "ngettext": (1, 2)}

Text = str | tuple[str, ...]


def said() -> set[Text]:
    """Every text of pages; a pair where it has a plural."""
    found = extract_from_dir(ROOT / "chargehub" / "web", _METHODS, _OPTIONS, _KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found if message}


def refused(code: str) -> set[Text]:
    """Every sentence that REST says no with; in English those that it does not write itself."""
    return set(refusals.FRAMEWORK if code == "en" else refusals.said())


def known(code: str) -> dict[Text, Text]:
    """What a language has of what pages say: its texts by those of the code."""
    return _texts(catalogue for name, catalogue in catalogues(code).items() if name != REFUSALS)


def known_refusals(code: str) -> dict[Text, Text]:
    """What a language has of what REST says no with."""
    return _texts(catalogue for name, catalogue in catalogues(code).items() if name == REFUSALS)


def missing(wanted: Iterable[Text], there: Mapping[Text, Text]) -> set[Text]:
    """What is said and has no translation."""
    return {text for text in wanted if not _is_whole(there.get(text, ""))}


def _texts(read: Iterable[Catalog]) -> dict[Text, Text]:
    return {each.id: each.string for catalogue in read for each in catalogue if each.id}


def _is_whole(text: Text) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _renew(code: str, area: str) -> int:
    """Write a language's catalogues anew. Returns how many texts are to be translated."""
    is_refusals = area == REFUSALS
    wanted = refused(code) if is_refusals else said()
    there = known_refusals(code) if is_refusals else known(code)
    read = {area: Catalog(locale=code), **catalogues(code)}
    for name, catalogue in read.items():
        if (name == REFUSALS) == is_refusals:
            kept = {each.id: each.string for each in catalogue if each.id in wanted}
            added = dict.fromkeys(wanted - there.keys(), "") if name == area else {}
            _write(code, name, kept | added)
    return len(missing(wanted, known_refusals(code) if is_refusals else known(code)))


def _write(code: str, name: str, texts: Mapping[Text, Text]) -> None:
    fresh = Catalog(locale=code, fuzzy=False)
    for text in sorted(texts, key=str):
        fresh.add(text, texts[text])
    with (FOLDER / code / f"{name}.po").open("wb") as file:
        write_po(file, fresh, width=100, omit_header=True, sort_output=True)


def main(arguments: Iterable[str]) -> None:
    (area,) = arguments
    for code in NAMES if area == REFUSALS else LANGUAGES:
        (FOLDER / code).mkdir(exist_ok=True)
        print(f"{code}: {_renew(code, area)} to be translated")


if __name__ == "__main__":
    main(sys.argv[1:])
