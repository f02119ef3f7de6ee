"""Charts as SVG made here: no script, read aloud by their title and a table beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from chargehub.web.languages import Language

_WIDTH, _HEIGHT, _FOOT = 640, 180, 22


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what stands below it, how high it is, and what it says when one asks."""

    label: str
    value: int
    says: str


def bars(language: Language, title: str, shown: Sequence[Bar]) -> str:
    """A bar chart. Values are whole and of one unit; a negative one hangs below the line."""
    top = max((bar.value for bar in shown), default=0)
    low = min(0, min((bar.value for bar in shown), default=0))
    span = max(top - low, 1)
    room = _HEIGHT - _FOOT
    step = _WIDTH / max(len(shown), 1)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
    ]
    zero = room * top / span
    for index, bar in enumerate(shown):
        height = room * abs(bar.value) / span
        y = zero - height if bar.value >= 0 else zero
        x = index * step
        parts.append(
            f'<g><title>{escape(bar.says)}</title><rect x="{x + step * 0.15:.1f}" y="{y:.1f}"'
            f' width="{step * 0.7:.1f}" height="{max(height, 1):.1f}" rx="3"/>'
            f'<text x="{x + step / 2:.1f}" y="{_HEIGHT - 6}">{escape(bar.label)}</text></g>'
        )
    parts.append("</svg>")
    return "".join(parts)


def line(language: Language, title: str, values: Sequence[int]) -> str:
    """A line chart of values at equal distances, the power of a session say."""
    top = max((*values, 1))
    step = _WIDTH / max(len(values) - 1, 1)
    room = _HEIGHT - _FOOT
    points = " ".join(
        f"{index * step:.1f},{room - room * value / top + 2:.1f}"
        for index, value in enumerate(values)
    )
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f'<polyline points="{points}"/></svg>'
    )
