"""Sentences that REST says no with, found again in a catalogue though figures stand in them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

PLACE = re.compile(r"%\((\w+)\)s")
_ENDS = re.compile(r"(?<=[.?!]) ")
_MOST = 12  # sentences one after the other
_LONGEST = 1_000  # characters; what is longer is no sentence, and would take long to compare


@dataclass(frozen=True)
class Sentences:
    """Translations of sentences; where `%(name)s` stands in one, anything may have stood."""

    known: Mapping[str, str]

    def said(self, detail: str) -> str:
        """The translation with the figures of the sentence; the sentence itself without one.

        What was filled in is translated too if it is a sentence of the catalogue itself, and so
        are several sentences one after the other.
        """
        parts = _ENDS.split(detail) if len(detail) <= _LONGEST else ()
        if len(parts) > _MOST:
            return detail
        said, start = [], 0
        while start < len(parts):  # as many as are one text, then what comes after them
            for end in range(len(parts), start, -1):
                text = self._one(" ".join(parts[start:end]))
                if text is not None:
                    break
            else:
                return detail
            said.append(text)
            start = end
        return " ".join(said) or detail

    def _one(self, detail: str) -> str | None:
        """The translation of one text; a figure in it holds no further sentence but known ones."""
        there = self.known.get(detail)
        if there is not None:
            return there
        for pattern, translation in self._patterns:
            found = pattern.fullmatch(detail)
            if found:
                values = {name: (text, self.said(text)) for name, text in found.groupdict().items()}
                if not any(_ENDS.search(text) and text == said for text, said in values.values()):
                    return _filled(translation, {name: said for name, (_, said) in values.items()})
        return None

    @cached_property
    def _patterns(self) -> Sequence[tuple[re.Pattern[str], str]]:
        """The most words first: the sentence that says most of what was said is the one."""
        texts = [text for text in self.known if PLACE.search(text)]
        texts.sort(key=lambda text: -len(PLACE.sub("", text)))
        return [(_pattern(text), self.known[text]) for text in texts]


def _pattern(text: str) -> re.Pattern[str]:
    parts = PLACE.split(text)  # words, name, words, name, words
    written = [
        f"(?P<{part}>.*?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    ]
    return re.compile("".join(written), re.DOTALL)


def _filled(text: str, values: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: values[place[1]], text)
