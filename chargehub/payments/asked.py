"""What routes of payments share: who pays, the rails, and a means of payment asked of its own."""

from typing import Annotated

from fastapi import Depends, Request

from chargehub.payments.actions import NewMethod
from chargehub.payments.bodies import NewMethodBody
from chargehub.payments.page import HasPages
from chargehub.payments.rail import NamesMethods, Refusal
from chargehub.payments.rails import Rails
from chargehub.payments.rules import MethodRefused, PageNeeded, UnknownRail
from chargehub.people.access import needs
from chargehub.people.rules import Actor

Payer = Annotated[Actor, Depends(needs("payments:write"))]


async def _rails(request: Request) -> Rails:
    rails: Rails = request.app.state.hub.rails
    return rails


CurrentRails = Annotated[Rails, Depends(_rails)]


async def _token_price(request: Request) -> str:
    return str(request.app.state.hub.settings.token_price)


CurrentTokenPrice = Annotated[str, Depends(_token_price)]


async def described(rails: Rails, account_id: str | None, wanted: NewMethodBody) -> NewMethod:
    """What is to be added, as its rail describes it. Raises UnknownRail, PageNeeded, MethodRefused.

    Where a rail has pages for that, nobody names a card: it could be somebody else's. `account_id`
    None: a guest's, who has nothing that rails keep for accounts.
    """
    rail = rails.collecting.get(wanted.rail)
    if rail is None:
        raise UnknownRail(f"You can pay by: {', '.join(sorted(rails.collecting))}.")
    if isinstance(rail, HasPages) and rail.enters_cards:
        raise PageNeeded(wanted.rail)
    reference = wanted.reference
    if isinstance(rail, NamesMethods):
        if account_id is None:
            raise MethodRefused(f"{wanted.rail!r} needs an account. Pay by card, or log in.")
        reference = _accepted(rail.method_of(account_id, reference))
    label = _accepted(await rail.describe(reference))
    return NewMethod(wanted.rail, reference, label, wanted.is_default)


def _accepted(answer: str | Refusal) -> str:
    if isinstance(answer, Refusal):
        raise MethodRefused(answer.detail)
    return answer
