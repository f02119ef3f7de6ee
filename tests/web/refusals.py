"""The sentences that the hub says no with, as they stand in the code; figures are `%(name)s`.

They are the arguments of every kind of refusal and of what is wrong with a field, wherever they
stand: as a text, a constant, one of several, or what a function makes.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from chargehub import errors
from chargehub.web.sentences import PLACE
from tests import docs_tables
from tests.tree import sources, syntax

# Whose sentences are translated. Those of other folders are said to machines and operators alone,
# and stay English.
FOLDERS = (
    "bookings",
    "checkups",
    "disputes",
    "energy",
    "guests",
    "listings",
    "owing",
    "payments",
    "people",
    "personal",
    "rails",
    "reputation",
    "rest",
    "search",
    "sessions",
    "settlement",
    "stations",
    "tariffs",
)

# What pydantic says of a field; it has no list of them that could be asked for.
FRAMEWORK = (
    "Field required",
    "Input should be a valid string",
    "Input should be a valid integer",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid integer, got a number with a fractional part",
    "Input should be a valid number",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be a finite number",
    "Input should be a valid decimal",
    "Decimal input should be an integer, float, string or Decimal object",
    "Decimal input should have no more than %(max_digits)s digits in total",
    "Decimal input should have no more than %(decimal_places)s decimal places",
    "Decimal input should have no more than %(decimal_places)s decimal place",
    "Input should be a valid boolean",
    "Input should be a valid boolean, unable to interpret input",
    "Input should be a valid list",
    "Input should be a valid dictionary",
    "Input should be a valid dictionary or object to extract fields from",
    "Input should be a valid UUID, %(error)s",
    "Input should be a valid date",
    "Input should be a valid date or datetime, %(error)s",
    "Input should be a valid date in the format YYYY-MM-DD, %(error)s",
    "Input should be a valid datetime",
    "Input should be a valid datetime, %(error)s",
    "Input should be a valid datetime or date, %(error)s",
    "Input should have timezone info",
    "Input should be a valid time",
    "Input should be in a valid time format, %(error)s",
    "Input should be a valid URL, %(error)s",
    "Input should be %(expected)s",
    "Input should be greater than %(gt)s",
    "Input should be greater than or equal to %(ge)s",
    "Input should be less than %(lt)s",
    "Input should be less than or equal to %(le)s",
    "Input should be a multiple of %(multiple_of)s",
    "String should have at least %(min_length)s character",
    "String should have at least %(min_length)s characters",
    "String should have at most %(max_length)s character",
    "String should have at most %(max_length)s characters",
    "String should match pattern '%(pattern)s'",
    "Extra inputs are not permitted",
    "List should have at least %(min_length)s item after validation, not %(actual_length)s",
    "List should have at least %(min_length)s items after validation, not %(actual_length)s",
    "List should have at most %(max_length)s item after validation, not %(actual_length)s",
    "List should have at most %(max_length)s items after validation, not %(actual_length)s",
)

# What cannot be read from the code where it is said: a rail says it, or it was said elsewhere.
UNREAD = (
    "chargehub/guests/ad_hoc_routes.py: page.detail",
    "chargehub/guests/paying.py: found.detail",
    "chargehub/meters/actions.py: str(error)",
    "chargehub/payments/asked.py: answer.detail",
    "chargehub/payments/onboarding.py: made.detail",
    "chargehub/payments/onboarding.py: reference.detail",
    "chargehub/payments/paying_in.py: having",
    "chargehub/payments/paying_in.py: opened.detail",
    "chargehub/payments/payout_routes.py: refusal",
    "chargehub/payments/payout_routes.py: wanted.because",
    "chargehub/payments/routes.py: destination.detail",
    "chargehub/payments/setting_up.py: page.detail",
    "chargehub/payments/setting_up.py: sorted(having)",
    "chargehub/personal/erasing.py: ' '.join(in_the_way)",
    "chargehub/rails/prepaid.py: row.refusal_detail",
    "chargehub/rails/sandbox.py: entry.refusal_detail",
    "chargehub/rest/problems.py: fault['msg'].removeprefix('Value error, ')",
    "chargehub/rest/problems.py: str(error)",
    "chargehub/rest/problems.py: str(error.detail)",
    "chargehub/sessions/access_codes.py: detail",
)

_FIELDS = tuple(  # whose ValueErrors pydantic tells of a field
    Path("chargehub") / name
    for name in (
        "disputes/bodies.py",
        "tariffs/costs.py",
        "tariffs/dynamic.py",
        "tariffs/fields.py",
        "tariffs/pricing.py",
        "tariffs/windows.py",
    )
)
_GATHERED = ("payments", "personal")  # folders that list all that is in the way

_SAID_IN = {  # which argument of what else says something is the sentence
    "PydanticCustomError": 1,
    "FieldProblem": 1,
    "problem": 2,
    "Refusal": 1,
    "Unavailable": 0,
}


def said() -> set[str]:
    """Every sentence that is to be translated."""
    return {text for folder in FOLDERS for text in of_code().get(folder, ())} | set(FRAMEWORK)


@cache
def of_code() -> Mapping[str, set[str]]:
    """The sentences of the hub by the folder that says them; `FRAMEWORK` is not among them."""
    found: dict[str, set[str]] = {}
    for path in _files():
        folder = found.setdefault(path.parts[1].removesuffix(".py"), set())
        for node in _arguments(path):
            folder |= {text for text in _texts(node, path) if _has_words(text)}
    return found


def _has_words(text: str) -> bool:
    """Whether it says anything itself; what says only what is put into it would fit everything."""
    return re.search("[a-z]{2}", PLACE.sub("", text)) is not None


def unread() -> set[str]:
    """Places where a sentence is made in a way that is not understood here: `file: argument`."""
    return {
        f"{path}: {ast.unparse(node)}"
        for path in _files()
        for node in _arguments(path)
        if not _texts(node, path)
    }


def _files() -> Iterator[Path]:
    for path in sources("chargehub"):
        if path.parts[1] not in ("web", "store", "ocpp", "commands"):
            yield path


@cache
def _kinds() -> Mapping[str, set[bool]]:
    """Names of refusals, and whether they are given their sentence by who raises them: two may
    have one name."""
    plain = (errors.Refused.__init__, errors.TooMany.__init__)
    kinds: dict[str, set[bool]] = {}
    for kind in docs_tables.refusals():
        kinds.setdefault(kind.__name__, set()).add(kind.__init__ in plain)
    return kinds


def _arguments(path: Path) -> Iterator[ast.expr]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Yield) and node.value and path.parts[1] in _GATHERED:
            yield from (each for each in (node.value,) if _ends(each))
        if isinstance(node, ast.ClassDef) and False in _kinds().get(node.name, ()):
            yield from _given_on(node)
        if isinstance(node, ast.Call):
            argument = _sentence_of(node, path)
            if argument is not None:
                yield argument


def _ends(node: ast.expr) -> bool:
    """Whether it is a text that ends like a sentence: one of several in the way."""
    last = node.values[-1] if isinstance(node, ast.JoinedStr) else node
    return isinstance(last, ast.Constant) and str(last.value).endswith(".")


def _given_on(kind: ast.ClassDef) -> Iterator[ast.expr]:
    """What a kind that makes its own sentence says."""
    for node in ast.walk(kind):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__":
            yield node.args[0]
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            yield from (each for each in node.args.defaults if _ends(each))


def _sentence_of(call: ast.Call, path: Path) -> ast.expr | None:
    name = _last(call.func)
    named = {word.arg: word.value for word in call.keywords}
    if name in _SAID_IN:
        place = _SAID_IN[name]
        return call.args[place] if len(call.args) > place else named.get("detail")
    if name == "append" and path.parts[1] in _GATHERED and _ends(call.args[0]):
        return call.args[0]
    if name == "ValueError" and path in _FIELDS:
        return call.args[0]
    given = call.args[0] if call.args else named.get("detail")
    kinds = _kinds().get(name, set())
    return given if True in kinds or (kinds and given and _ends(given)) else None


def _texts(node: ast.expr, path: Path) -> list[str]:
    """What an expression may say; empty if that is not to be seen."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr():
            return [_template(node), *_inner(node, path)]
        case ast.IfExp():
            return [*_texts(node.body, path), *_texts(node.orelse, path)]
        case ast.BoolOp():
            return [text for value in node.values for text in _texts(value, path)]
        case ast.Call():
            made = _looked_up(node.func, path)
            module = getattr(made, "__module__", None) or "chargehub"
            there = Path(module.replace(".", "/")).with_suffix(".py")
            return _returned(_last(node.func), there if module.startswith("chargehub.") else path)
        case ast.Name() | ast.Attribute():
            return _assigned(node, path) or _values(_looked_up(node, path))
        case ast.Subscript():
            return _values(_looked_up(node.value, path))
    return []


def _inner(node: ast.JoinedStr, path: Path) -> list[str]:
    """The sentences that are put into one."""
    names = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    return [
        text
        for name in names
        if isinstance(name, ast.Name)
        for text in _assigned(name, path)
        if " " in text
    ]


def _template(node: ast.JoinedStr) -> str:
    written, names = "", set[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            written += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            name = base = _name(part.value)
            while name in names:
                name = f"{base}_{len(names)}"
            names.add(name)
            written += f"%({name})s"
    return written


def _name(node: ast.expr) -> str:
    """A word for what is filled in."""
    match node:
        case ast.Name() | ast.Attribute():
            return re.sub(r"\W", "", _last(node)).strip("_").lower()
        case ast.Call() if node.args:
            return _name(node.args[0])
        case ast.Call():
            return _name(node.func)
        case ast.BinOp():
            return _name(node.left)
        case ast.Subscript():
            return _name(node.value)
    return "value"


def _returned(name: str, path: Path) -> list[str]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            made = (
                one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value
            )
            return [text for value in made for text in _texts(value, path)]
    return []


def _assigned(node: ast.expr, path: Path) -> list[str]:
    """What a name was set to, or was put to it, anywhere in its file."""
    if not isinstance(node, ast.Name):
        return []
    return [
        text.strip() if isinstance(one, ast.AugAssign) else text
        for one in ast.walk(syntax(path))
        if isinstance(one, ast.Assign | ast.AugAssign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in _targets(one))
        and not isinstance(one.value, ast.Name | ast.Attribute)
        for text in _texts(one.value, path)
    ]


def _targets(one: ast.Assign | ast.AugAssign) -> list[ast.expr]:
    return one.targets if isinstance(one, ast.Assign) else [one.target]


def _looked_up(node: ast.expr, path: Path) -> Any:
    """The value of a name of a module, its own or an imported one."""
    module = sys.modules.get(".".join(path.with_suffix("").parts))
    found: Any = module
    for part in ast.unparse(node).split("."):
        found = getattr(found, part, None)
    return found


def _values(found: Any) -> list[str]:
    if isinstance(found, Mapping):
        found = tuple(found.values())
    texts = found if isinstance(found, tuple) else (found,)
    return [text for text in texts if isinstance(text, str)]


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rsplit(".", 1)[-1]
