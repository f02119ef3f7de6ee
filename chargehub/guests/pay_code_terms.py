"""On what terms this hub makes codes, for routes and for what shows them by itself."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends

from chargehub.guests.scanning import CodeTerms
from chargehub.settings import Settings
from chargehub.stations.offered import CurrentSettings


def code_terms(settings: Settings) -> CodeTerms:
    """By its settings, in which the secret is set."""
    base = settings.app_url or settings.public_url or f"http://{settings.http}"
    return CodeTerms(settings.secret.encode(), base, timedelta(minutes=settings.pay_code_minutes))


async def _terms(settings: CurrentSettings) -> CodeTerms:
    return code_terms(settings)


CurrentCodeTerms = Annotated[CodeTerms, Depends(_terms)]
