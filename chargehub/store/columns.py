"""Column types and ids that are the same on SQLite and PostgreSQL."""

import secrets
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Serial = BigInteger().with_variant(Integer(), "sqlite")
_MICROSECOND = timedelta(microseconds=1)
_NAMESPACE = uuid.UUID("6f6c1f0e-6a4e-5d0e-9c55-0b1f6a3f7c11")


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z. Raises ValueError for a naive instant."""
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {moment!r}")
    return (moment - EPOCH) // _MICROSECOND


def _stored(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds(moment)


def _instant(stored: int | None) -> datetime | None:
    return None if stored is None else EPOCH + timedelta(microseconds=stored)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as whole microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        return _stored  # no driver changes whole numbers; a decorator's own way is twice as slow

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[int | None], datetime | None]:
        return _instant


class Json(TypeDecorator[Any]):
    """A JSON value, stored as text with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class _Sequence:
    """Counts upwards within one process, from the real clock, so that ids sort by birth."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, (time.time_ns() // 1_000_000) << 12)
            return self._last


_sequence = _Sequence()


def new_id() -> str:
    """A UUID of version 7 as text: 48 bits of milliseconds, 12 counted, 62 random.

    Source: RFC 9562, section 5.7 with the counter of section 6.2.
    """
    counted = _sequence.next()
    value = (
        (counted >> 12) << 80 | 7 << 76 | (counted & 0xFFF) << 64 | 2 << 62 | secrets.randbits(62)
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def first_id(at: datetime) -> str:
    """The smallest id that `new_id` could have made then: to look at newer rows alone."""
    text = f"{max(0, microseconds(at) // 1000):012x}"
    return f"{text[:8]}-{text[8:]}"


def values_of(record: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, not copied: `asdict` copies deeply, ten times as slow."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def derived_id(*parts: str) -> str:
    """The same parts give the same id, for ever: steps of a settlement, repeated deliveries."""
    return str(uuid.uuid5(_NAMESPACE, ":".join(parts)))
