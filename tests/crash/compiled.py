"""Statements compiled once for all lives: that was two thirds of what a life costs."""

from sqlalchemy import Engine


class Compiled:
    """What the first engine of a kind has compiled, those after it need not."""

    def __init__(self) -> None:
        self._first: dict[str, Engine] = {}

    def share(self, kind: str, engine: Engine) -> None:
        """The cache goes by the dialect, so that is shared too."""
        first = self._first.setdefault(kind, engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
