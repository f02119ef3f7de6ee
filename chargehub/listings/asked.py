"""What routes of listings ask of the running hub."""

from typing import Annotated

from fastapi import Depends, Request


async def _takes_cards(request: Request) -> bool:
    takes_cards: bool = request.app.state.hub.takes_cards
    return takes_cards


TakesCards = Annotated[bool, Depends(_takes_cards)]
"""Whether people without an account can pay, on pages of one of the hub's rails."""
