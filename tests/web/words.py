"""The texts of pages, and which of them a language lacks.

`python -m tests.web.words AREA` adds to each language's `AREA.po` what no catalogue of it has yet,
empty, to be translated; and takes out of all of them what no page says any more.
"""

import sys
from collections.abc import Iterable

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from chargehub.web.languages import FOLDER, NAMES
from tests.tree import ROOT

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


def catalogues(code: str) -> dict[str, Catalog]:
    """The catalogues of a language by their names."""
    read = {}
    for path in sorted((FOLDER / code).glob("*.po")):
        with path.open("rb") as file:
            read[path.stem] = read_po(file, locale=code)
    return read


def known(code: str) -> dict[Text, Text]:
    """What a language has: its texts by those of the code."""
    return {
        message.id: message.string
        for catalogue in catalogues(code).values()
        for message in catalogue
        if message.id
    }


def missing(code: str) -> set[Text]:
    """What pages say and the language does not."""
    there = known(code)
    return {text for text in said() if not _is_whole(there.get(text, ""))}


def _is_whole(text: Text) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)


def _renew(code: str, area: str) -> int:
    wanted, there, read = said(), known(code), catalogues(code)
    read.setdefault(area, Catalog(locale=code))
    for name, catalogue in read.items():
        fresh = Catalog(locale=code, fuzzy=False)
        kept = [(message.id, message.string) for message in catalogue if message.id in wanted]
        added = [(text, "") for text in wanted - there.keys()] if name == area else []
        for text, translation in sorted((*kept, *added), key=str):
            fresh.add(text, translation)
        with (FOLDER / code / f"{name}.po").open("wb") as file:
            write_po(file, fresh, width=100, omit_header=True, sort_output=True)
    return len(missing(code))


def main(arguments: Iterable[str]) -> None:
    (area,) = arguments
    for code in LANGUAGES:
        print(f"{code}: {_renew(code, area)} to be translated")


if __name__ == "__main__":
    main(sys.argv[1:])
