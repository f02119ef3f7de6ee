"""Every rail by the name people choose it by. A new rail is a line here and its settings."""

from chargehub.clock import Clock
from chargehub.payments.rail import Rails
from chargehub.rails.sandbox import Sandbox
from chargehub.rails.token import TokenRail
from chargehub.store.writer import Store

NAMES = ("sandbox", "token")  # of those that `build` makes


def build(store: Store, clock: Clock) -> Rails:
    """The rails of a hub."""
    sandbox = Sandbox(store, clock)
    return Rails(
        collecting={"sandbox": sandbox},
        paying_out={"sandbox": sandbox, "token": TokenRail(store, clock)},
    )
