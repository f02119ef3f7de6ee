"""Settings from flags and environment, with mistakes told as a sentence."""

import sys
from typing import NoReturn

from pydantic import ValidationError

from chargehub.settings import Settings


def load(**flags: object) -> Settings:
    """The settings; flags that were given come before the environment."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = error.errors()[0]
        fail(f"CHARGEHUB_{str(wrong['loc'][0]).upper()}: {wrong['msg']}")


def fail(sentence: str) -> NoReturn:
    """Say what is wrong and end with status 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)
