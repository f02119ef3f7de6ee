"""What stations send that does not fit its schema, and what is made of it: a table of repairs.

A repair is a pure function from a fault to edits of the payload; none: it does not apply. What
names somebody, or a session, is never changed, nor a number but for its form: money hangs on them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import jsonschema_rs
import orjson

from chargehub.ocpp.schemas import faults, problem_of

ROUNDS: Final = 4  # a repair may show the next fault: a lone object, a field in it, its value
FAULTS: Final = 500  # looked at in one round

Path = tuple[str | int, ...]
Edits = tuple[tuple[Path, Any], ...]

_GONE: Final = object()
_SIGNS = re.compile(r"[^a-z0-9]")
_WHOLE = re.compile(r"-?\d{1,18}(\.0{1,9})?")
_DECIMAL = re.compile(r"-?\d{1,18}\.\d{1,12}")
_TRUTH: Mapping[Any, bool] = {"true": True, "false": False, "1": True, "0": False}
_TOKENS = frozenset({"idTag", "parentIdTag", "idToken", "type"})
_IN_SAMPLES = "sampledValue"
_MAY_BE_EMPTY = frozenset({_IN_SAMPLES, "meterValue"})


@dataclass(frozen=True, slots=True)
class Words:
    """What a version of OCPP allows in its own words; keys are names of fields.

    `neutral`: what stands for an unknown word, None: nothing. `spellings` of words. `labels`: the
    ends of paths whose text is for people and may be cut. `registers`: whole numbers of which
    stations send fractions. `opaque`: text that stations send as objects.
    """

    neutral: Mapping[str, str | None]
    labels: tuple[str, ...]
    spellings: Mapping[str, str] = field(default_factory=dict)
    registers: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """One place that does not fit: the value there, and what the schema asks for."""

    path: Path
    value: Any
    asked: Mapping[str, Any]
    words: Words

    @property
    def name(self) -> str:
        """The field it stands in, whatever its place in a list."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")

    def wants(self, *types: str) -> bool:
        """Does the schema ask for one of these types?"""
        return bool(self.path) and not set(types).isdisjoint(self.asked["types"])

    def becomes(self, value: Any) -> Edits:
        """The edit that puts this value in its place."""
        return ((self.path, value),)


def leave_out_extra(fault: Fault) -> Edits:
    """Fields that the schema does not know."""
    return tuple(((*fault.path, name), _GONE) for name in fault.asked["unexpected"])


def leave_out_empty(fault: Fault) -> Edits:
    """A field without content is a field that is absent; a required one is missed afterwards."""
    is_field = bool(fault.path) and isinstance(fault.path[-1], str)
    if not is_field or not (fault.value is None or fault.value in ("", [], {})):
        return ()
    return () if fault.name == "measurand" and fault.value == "" else fault.becomes(_GONE)


def cut(fault: Fault) -> Edits:
    """Text for people that is longer than the schema allows."""
    path = ".".join(step for step in fault.path if isinstance(step, str))
    if not path.endswith(fault.words.labels):
        return ()
    return fault.becomes(fault.value[: fault.asked["limit"]])


def same_letters(fault: Fault) -> Edits:
    """A word in the wrong case, or with spaces, dots or lines that do not belong there."""
    options = fault.asked["options"]
    wanted = _letters(fault.value)
    meant = [option for option in options if wanted and _letters(option) == wanted]
    return fault.becomes(meant[0]) if len(meant) == 1 else ()


def _letters(word: Any) -> str:
    return _SIGNS.sub("", word.lower()) if isinstance(word, str) else ""


def respell(fault: Fault) -> Edits:
    """A word that is written in another way than the standard's."""
    word = fault.words.spellings.get(fault.value) if isinstance(fault.value, str) else None
    return fault.becomes(word) if word in fault.asked["options"] else ()


def leave_out_sample(fault: Fault) -> Edits:
    """A sample whose measurand, unit, phase or place is unknown. Without the word alone it would
    be taken for something else: a register at the outlet."""
    if _IN_SAMPLES not in fault.path or fault.name in fault.words.neutral:
        return ()
    return ((fault.path[: fault.path.index(_IN_SAMPLES) + 2], _GONE),)


def neutral(fault: Fault) -> Edits:
    """The standard's own word for what it has no word for."""
    if fault.name not in fault.words.neutral:
        return ()
    word = fault.words.neutral[fault.name]
    if word is None:
        return fault.becomes(_GONE)
    return fault.becomes(word) if word in fault.asked["options"] else ()


def as_list(fault: Fault) -> Edits:
    """One thing where a list of one is asked for."""
    return fault.becomes([fault.value]) if fault.wants("array") else ()


def as_item(fault: Fault) -> Edits:
    """A list of one thing where the thing is asked for."""
    is_one = isinstance(fault.value, list) and len(fault.value) == 1
    return fault.becomes(fault.value[0]) if is_one and fault.wants("object") else ()


def as_number(fault: Fault) -> Edits:
    """A number that came as text."""
    text = fault.value.strip() if isinstance(fault.value, str) else ""
    if fault.wants("integer", "number") and _WHOLE.fullmatch(text):
        return fault.becomes(int(text.partition(".")[0]))
    is_decimal = _DECIMAL.fullmatch(text) is not None
    if is_decimal and (fault.wants("number") or fault.name in fault.words.registers):
        return fault.becomes(float(text))
    return ()


def as_whole(fault: Fault) -> Edits:
    """A register with a fraction of a Wh."""
    is_fraction = isinstance(fault.value, float) and fault.wants("integer")
    is_register = fault.name in fault.words.registers
    return fault.becomes(int(fault.value)) if is_fraction and is_register else ()


def as_text(fault: Fault) -> Edits:
    """A number or a truth where text is asked for, but an id token may have lost noughts."""
    is_simple = isinstance(fault.value, int | float) and fault.name not in _TOKENS
    if not is_simple or not fault.wants("string"):
        return ()
    return fault.becomes(orjson.dumps(fault.value).decode())


def as_json(fault: Fault) -> Edits:
    """An object where a vendor's own text is asked for."""
    if fault.name not in fault.words.opaque or not fault.wants("string"):
        return ()
    is_nested = isinstance(fault.value, dict | list)
    return fault.becomes(orjson.dumps(fault.value).decode()) if is_nested else ()


def as_truth(fault: Fault) -> Edits:
    """A truth that came as text or as 0 and 1."""
    meant = _TRUTH.get(str(fault.value).strip().lower()) if fault.wants("boolean") else None
    return () if meant is None else fault.becomes(meant)


Repair = Callable[[Fault], Edits]

REPAIRS: Mapping[str, Mapping[str, Repair]] = {  # what the schema asks -> rule -> repair, in order
    "additionalProperties": {"extra_field": leave_out_extra},
    "enum": {
        "empty_field": leave_out_empty,
        "word_case": same_letters,
        "word_spelling": respell,
        "sample_unknown": leave_out_sample,
        "word_unknown": neutral,
    },
    "maxLength": {"text_too_long": cut},
    "minItems": {"empty_field": leave_out_empty},
    "type": {
        "empty_field": leave_out_empty,
        "number_as_text": as_number,
        "fraction": as_whole,
        "truth_as_text": as_truth,
        "text_as_number": as_text,
        "object_as_text": as_json,
        "list_of_one": as_item,
        "lone_item": as_list,
    },
}
NO_SAMPLES: Final = "no_samples"  # the schema asks for one at least; the hub can do without


def mend(validator: jsonschema_rs.Validator, payload: Any, words: Words) -> tuple[str, ...]:
    """Repair a payload in place; the rules that were applied, once for each place.

    Raises CallProblem, if not everything can be repaired, for the first thing that cannot.
    """
    if validator.is_valid(payload):
        return ()
    found = first = faults(validator, payload)
    rules: list[str] = []
    for _ in range(ROUNDS):
        serious = [error for error in islice(found, FAULTS) if not _is_bearable(error)]
        if not serious:
            return (*rules, *(NO_SAMPLES for _ in found))
        repaired = [_repaired(payload, error, words) for error in serious]
        if not all(repaired):
            hopeless = serious[repaired.index([])] if found is first else first[0]
            raise problem_of(hopeless)
        rules.extend(rule for each in repaired for rule, _ in each)
        _apply(payload, [edit for each in repaired for _, edit in each])
        found = faults(validator, payload)
    raise problem_of(first[0])


def _is_bearable(error: jsonschema_rs.ValidationError) -> bool:
    path = error.instance_path
    return error.kind.name == "minItems" and bool(path) and path[-1] in _MAY_BE_EMPTY


def _repaired(
    payload: Any, error: jsonschema_rs.ValidationError, words: Words
) -> list[tuple[str, tuple[Path, Any]]]:
    """The first repair that applies, by its rule; empty: none does."""
    path = tuple(error.instance_path)
    fault = Fault(path, _at(payload, path), error.kind.as_dict(), words)
    for rule, repair in REPAIRS.get(error.kind.name, {}).items():
        if edits := repair(fault):
            return [(rule, edit) for edit in edits]
    return []


def _at(payload: Any, path: Path) -> Any:
    for step in path:
        payload = payload[step]
    return payload


def _apply(payload: Any, edits: Iterable[tuple[Path, Any]]) -> None:
    """New values first; then what goes, from the end, so that places in lists stay true."""
    gone: set[Path] = set()
    for path, value in edits:
        if value is _GONE:
            gone.add(path)
        else:
            _at(payload, path[:-1])[path[-1]] = value
    for path in sorted(gone, key=lambda path: [str(step).zfill(9) for step in path], reverse=True):
        del _at(payload, path[:-1])[path[-1]]
