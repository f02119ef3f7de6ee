"""What people read: words by gettext, and numbers, money, times as their language writes them.

Each language is a folder of catalogues (`*.po`), read as they are when the hub starts. English is
what the code says.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates, negotiate_locale, numbers
from babel.messages import Catalog, mofile, pofile
from babel.support import Translations

from chargehub.units import CURRENCIES, TOKEN, exponent, major
from chargehub.web.sentences import Sentences

FOLDER = Path(__file__).parent / "languages"
NAMES: Mapping[str, str] = {"en": "English", "de": "Deutsch", "nb": "Norsk", "es": "Español"}
Unit = Literal["day", "hour", "minute"]
_UNITS: Sequence[tuple[Unit, int]] = (("day", 1_440), ("hour", 60), ("minute", 1))
REFUSALS = "refusals"  # the catalogue of what REST says no with
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?Z")
_MONEY = re.compile(r"\b(\d+(?:\.\d+)?) ([A-Z]{3})\b")
_ASKED_AS = {"no": "nb", "nn": "nb"}  # browsers in Norway ask for any of the three


def mark(text: str) -> str:
    """The text itself; marks it as one to be translated where it is shown (`_` by custom)."""
    return text


@dataclass(frozen=True)
class Language:
    """One language: its words, and how it writes figures."""

    code: str

    @cached_property
    def locale(self) -> Locale:
        """What babel knows of it; English as Europe writes it, with 24 hours."""
        return Locale.parse("en_GB" if self.code == "en" else self.code)

    @cached_property
    def words(self) -> Translations:
        """Its translations of what pages say, all catalogues in one."""
        whole = Translations()
        for name, catalogue in catalogues(self.code).items():
            if name == REFUSALS:
                continue
            compiled = BytesIO()
            mofile.write_mo(compiled, catalogue)
            compiled.seek(0)
            whole.merge(Translations(compiled))
        return whole

    @cached_property
    def sentences(self) -> Sentences:
        """Its translations of what REST says no with."""
        catalogue = catalogues(self.code).get(REFUSALS, ())
        return Sentences({str(each.id): str(each.string) for each in catalogue if each.string})

    def say(self, text: str, **values: object) -> str:
        """The text in this language, with its `%(name)s` filled in."""
        said = str(self.words.gettext(text))
        return said % values if values else said

    def refusal(self, detail: str, zone: str = "UTC") -> str:
        """What REST or a form said no with, in this language, with its instants and amounts.

        English where there is no translation.
        """
        said = self.sentences.said(detail)
        if said == detail:
            said = str(self.words.gettext(detail))
        said = _INSTANT.sub(lambda at: self.moment(at[0], zone), said)
        return _MONEY.sub(lambda found: self._written(found[0], found[1], found[2]), said)

    def _written(self, text: str, amount: str, currency: str) -> str:
        return self.price(amount, currency) if currency in CURRENCIES else text

    def money(self, amount_minor: int, currency: str) -> str:
        """An amount with all digits of its currency: €12.34, 12,34 €; tokens as 1.5 CHG."""
        if currency == TOKEN:
            return f"{self.number(major(amount_minor, currency).normalize())} {currency}"
        return str(
            numbers.format_currency(
                major(amount_minor, currency),
                currency,
                locale=self.locale,
                currency_digits=False,
                format=_with_digits(self.locale, exponent(currency)),
            )
        )

    def amount(self, amount_minor: int, currency: str) -> str:
        """An amount without its currency, as a field has it: 12.34, 12,34."""
        return self.number(major(amount_minor, currency))

    def field_time(self, at: datetime | str, zone: str) -> str:
        """An instant as a field for a local time has it."""
        return local(at, zone).strftime("%Y-%m-%dT%H:%M")

    def price(self, text: str, currency: str) -> str:
        """A price per something as REST writes it, with all its digits: €0.45, €0.4525."""
        value = Decimal(text)
        digits = max(exponent(currency), -int(value.normalize().as_tuple().exponent))
        pattern = _with_digits(self.locale, digits)
        return str(
            numbers.format_currency(
                value, currency, locale=self.locale, currency_digits=False, format=pattern
            )
        )

    def number(self, value: Decimal | int) -> str:
        """A number with the language's signs."""
        return str(numbers.format_decimal(value, locale=self.locale, decimal_quantization=False))

    def energy(self, energy_wh: int) -> str:
        """Wh as kWh with two digits: 7.25 kWh."""
        return f"{_rounded(self, Decimal(energy_wh) / 1000, '0.01')} kWh"

    def power(self, power_w: int) -> str:
        """W as kW: 11 kW, 3.7 kW."""
        return f"{_rounded(self, Decimal(power_w) / 1000, '0.1')} kW"

    def distance(self, distance_m: int) -> str:
        """Metres as people say them: 350 m, 1.2 km."""
        if distance_m < 1_000:
            return f"{distance_m} m"
        return f"{_rounded(self, Decimal(distance_m) / 1000, '0.1')} km"

    def percent(self, value: Decimal | int | str) -> str:
        """A value of a hundred: 98.5 %."""
        return str(
            numbers.format_percent(
                Decimal(value) / 100, locale=self.locale, decimal_quantization=False
            )
        )

    def moment(self, at: datetime | str, zone: str) -> str:
        """A day, a time and its zone: Tue 3 Mar, 18:30 CET."""
        when = local(at, zone)
        day = dates.format_skeleton("MMMEd", when, locale=self.locale)
        return f"{day}, {self.time(when, zone)} {dates.get_timezone_name(when, width='short', locale=self.locale)}"  # noqa: E501

    def time(self, at: datetime | str, zone: str) -> str:
        """A time of day there: 18:30."""
        return str(dates.format_time(local(at, zone), "HH:mm", locale=self.locale))

    def day(self, at: datetime | date | str, zone: str = "UTC") -> str:
        """A date there: 3 March 2026."""
        when = at if type(at) is date else local(at, zone)  # type: ignore[arg-type]
        return str(dates.format_date(when, "long", locale=self.locale))

    def weekday(self, at: datetime | str, zone: str) -> str:
        """A short date with its weekday: Tue 3 Mar."""
        return str(dates.format_skeleton("MMMEd", local(at, zone), locale=self.locale))

    def month(self, text: str) -> str:
        """A month like 2026-03 in words."""
        when = date.fromisoformat(f"{text}-01")
        return str(dates.format_skeleton("yMMMM", when, locale=self.locale))

    def duration(self, seconds: int) -> str:
        """How long: 2 hours, 35 minutes; days and hours where it is longer than a day."""
        parts: list[str] = []
        left = max(0, seconds) // 60
        for unit, minutes in _UNITS:
            many, left = divmod(left, minutes)
            if many and len(parts) < 2:
                parts.append(numbers_of(self, unit, many))
        return ", ".join(parts) or numbers_of(self, "minute", 0)

    def ago(self, at: datetime | str, now: datetime) -> str:
        """How far away: 5 minutes ago, in 2 hours."""
        gap = instant(at) - now
        return str(dates.format_timedelta(gap, add_direction=True, locale=self.locale))


def numbers_of(language: Language, unit: Unit, many: int) -> str:
    """So many of a unit of time."""
    gap = timedelta(**{f"{unit}s": many})
    return str(
        dates.format_timedelta(gap, granularity=unit, threshold=10_000, locale=language.locale)
    )


def instant(at: datetime | str) -> datetime:
    """An instant as REST writes it, aware."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def local(at: datetime | str, zone: str) -> datetime:
    """An instant as a clock on a wall there shows it."""
    return instant(at).astimezone(ZoneInfo(zone))


def catalogues(code: str) -> Mapping[str, Catalog]:
    """The catalogues of a language by their names."""
    read = {}
    for path in sorted((FOLDER / code).glob("*.po")):
        with path.open("rb") as file:
            read[path.stem] = pofile.read_po(file, locale=code)
    return read


@cache
def language(code: str) -> Language:
    """A language by its code; English for one that is not there."""
    return Language(code if code in NAMES else "en")


def chosen(wanted: str, accepted: str) -> Language:
    """What somebody chose, or the best of what a browser accepts (Source: RFC 9110, 12.5.4)."""
    if wanted in NAMES:
        return language(wanted)
    asked = [_ASKED_AS.get(each, each) for each in _in_order(accepted)]
    return language(negotiate_locale(asked, list(NAMES), sep="-") or "en")


def _in_order(accepted: str) -> Sequence[str]:
    ranked = []
    for each in accepted.split(",")[:20]:
        name, _, weight = each.strip().partition(";q=")
        ranked.append((-_weight(weight), name.strip().lower()))
    return [name for _, name in sorted(ranked, key=lambda pair: pair[0])]


def _weight(text: str) -> Decimal:
    return Decimal(text) if text.replace(".", "", 1).isdigit() and len(text) < 6 else Decimal(1)


def _rounded(language: Language, value: Decimal, step: str) -> str:
    return language.number(value.quantize(Decimal(step)).normalize() + 0)


@cache
def _with_digits(locale: Locale, digits: int) -> str:
    pattern = str(locale.currency_formats["standard"].pattern)
    return pattern.replace("0.00", f"0.{'0' * digits}" if digits else "0")
