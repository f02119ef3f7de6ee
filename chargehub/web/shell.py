"""Templates: one environment for each language, with its words and its way to write figures."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chargehub.web import assets, charts
from chargehub.web.languages import NAMES, Language, instant


def render(language: Language, template: str, values: Mapping[str, Any]) -> str:
    """A template as text in this language."""
    page = _environment(language).get_template(template)
    return page.render(language=language, languages=NAMES, **values)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("chargehub.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
    figures = ("money", "number", "energy", "power", "distance", "percent", "moment", "time", "day")
    more = ("weekday", "month", "duration", "ago", "refusal")
    environment.filters.update({name: getattr(language, name) for name in (*figures, *more)})
    environment.filters["decimal"] = Decimal
    environment.filters["instant"] = instant
    environment.filters["date"] = lambda text: language.day(date.fromisoformat(text))
    environment.globals["static"] = assets.address
    environment.globals["bars"] = lambda *arguments: Markup(charts.bars(language, *arguments))
    environment.globals["line"] = lambda *arguments: Markup(charts.line(language, *arguments))
    return environment
