"""What happens at the twin without the hub: money moves, whether or not it hears of it."""

from collections.abc import Callable, Mapping

from tests.stripe_twin import disputes, payment_intents, refunds
from tests.stripe_twin.world import PLATFORM, Call, World


def _hold_gone(world: World) -> None:
    """Somebody cancels the newest hold at Stripe itself."""
    *_, newest = world.all(PLATFORM, "payment_intent").values()
    payment_intents.cancel(world, Call({}, {"intent": newest["id"]}))


def _refund_returned(world: World) -> None:
    """A bank does not take the newest refund."""
    *_, newest = world.all(PLATFORM, "refund")
    refunds.fail(world, newest)


def _disputed(world: World) -> None:
    """A bank takes back the first charge that was captured."""
    captured = (one for one in world.all(PLATFORM, "charge").values() if one["captured"])
    disputes.opened(world, next(captured), "fraudulent")


def _dispute_won(world: World) -> None:
    """It gives that back."""
    (dispute,) = world.all(PLATFORM, "dispute")
    disputes.decide(world, dispute, is_won=True)


OUTSIDE: Mapping[str, Callable[[World], None]] = {
    "captured below the hold": _hold_gone,
    "another booking is held": _disputed,
    "captured above the hold": _dispute_won,
    "a session whose stop is lost": _refund_returned,
}
"""Before which scene it happens."""
LAST = "paid out"
"""By this scene all is heard of: days after the events were read, and the books twice."""
