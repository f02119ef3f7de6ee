"""What routes of payments share: who pays, the rails, and a means of payment asked of its own."""

from typing import Annotated

from fastapi import Depends, Request

from chargehub.payments.actions import NewMethod
from chargehub.payments.bodies import NewMethodBody
from chargehub.payments.rail import HasPages, Rails, Refusal
from chargehub.payments.rules import MethodRefused, PageNeeded, UnknownRail
from chargehub.people.access import needs
from chargehub.people.rules import Actor

Payer = Annotated[Actor, Depends(needs("payments:write"))]


async def _rails(request: Request) -> Rails:
    rails: Rails = request.app.state.hub.rails
    return rails


CurrentRails = Annotated[Rails, Depends(_rails)]


async def described(rails: Rails, wanted: NewMethodBody) -> NewMethod:
    """What is to be added, as its rail describes it. Raises UnknownRail, PageNeeded, MethodRefused.

    Where a rail has pages, nobody names a card: it could be somebody else's.
    """
    rail = rails.collecting.get(wanted.rail)
    if rail is None:
        raise UnknownRail(f"You can pay by: {', '.join(sorted(rails.collecting))}.")
    if isinstance(rail, HasPages):
        raise PageNeeded(wanted.rail)
    label = await rail.describe(wanted.reference)
    if isinstance(label, Refusal):
        raise MethodRefused(label.detail)
    return NewMethod(wanted.rail, wanted.reference, label, wanted.is_default)
