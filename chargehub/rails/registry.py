"""Every rail by the name people choose it by. A new rail is a line here and its settings."""

from chargehub.clock import Clock
from chargehub.payments.books import KeepsBooks
from chargehub.payments.rail import Collects, PaysOut
from chargehub.payments.rails import Offered, Rails
from chargehub.rails.prepaid import PrepaidBalances
from chargehub.rails.sandbox_books import SandboxBooks
from chargehub.rails.sandbox_pages import SandboxWithPages
from chargehub.rails.stripe.books import StripeBooks
from chargehub.rails.stripe.customers import Customers
from chargehub.rails.stripe.disputes import StripeDisputes
from chargehub.rails.stripe.hearing import StripeNotices
from chargehub.rails.stripe.line import Line
from chargehub.rails.stripe.onboarding import StripeOwners
from chargehub.rails.stripe.pages import StripeWithPages
from chargehub.rails.token import TokenRail
from chargehub.settings import Settings
from chargehub.store.writer import Store


def names(settings: Settings) -> tuple[str, ...]:
    """The rails that `build` makes by these settings. The sandbox gives way to real money."""
    has_sandbox = not settings.stripe_key or settings.sandbox_beside_stripe
    offered = {"stripe": bool(settings.stripe_key), "sandbox": has_sandbox}
    offered |= {"prepaid": True, "token": True}  # the hub's own
    return tuple(name for name, is_offered in offered.items() if is_offered)


def _at_capture(settings: Settings) -> dict[str, str]:
    """The rails that pay owners at the capture, and where the hub's account is."""
    is_wanted = bool(settings.stripe_key) and settings.stripe_charges == "destination"
    return {"stripe": settings.stripe_country or settings.country} if is_wanted else {}


def build(store: Store, clock: Clock, settings: Settings) -> Rails:
    """The rails of a hub."""
    line = Line(settings.stripe_key, settings.stripe_url or None)
    public_url = settings.public_url or f"http://{settings.http}"
    sandbox = SandboxWithPages(store, clock, public_url)
    offered = names(settings)
    collecting: dict[str, Collects] = {
        "stripe": StripeWithPages(line, Customers(line, store, clock)),
        "sandbox": sandbox,
        "prepaid": PrepaidBalances(store, clock),
    }
    paying_out: dict[str, PaysOut] = {
        "stripe": StripeOwners(line),
        "sandbox": sandbox,
        "token": TokenRail(store, clock),
    }
    books: dict[str, KeepsBooks] = {"stripe": StripeBooks(line), "sandbox": SandboxBooks(store)}
    return Rails(
        collecting=Offered((name, rail) for name, rail in collecting.items() if name in offered),
        paying_out=Offered((name, rail) for name, rail in paying_out.items() if name in offered),
        books={name: rail for name, rail in books.items() if name in offered},
        notices=(
            {"stripe": StripeNotices(line, settings.stripe_webhook_secret)}
            if "stripe" in offered
            else {}
        ),
        at_capture=_at_capture(settings),
        disputes={"stripe": StripeDisputes(line)} if "stripe" in offered else {},
    )
