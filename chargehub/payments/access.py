"""What routes of payments need of the hub: its rails, and what a token costs."""

from typing import Annotated

from fastapi import Depends, Request

from chargehub.payments.rail import Rails


async def _rails(request: Request) -> Rails:
    rails: Rails = request.app.state.hub.rails
    return rails


async def _token_price(request: Request) -> str:
    return str(request.app.state.hub.settings.token_price)


CurrentRails = Annotated[Rails, Depends(_rails)]
CurrentTokenPrice = Annotated[str, Depends(_token_price)]
