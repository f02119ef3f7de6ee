"""docs/payments.md tells operators what the hub needs of Stripe: all of it, and nothing else."""

import re
from pathlib import Path

from chargehub.rails.stripe.hearing import StripeNotices
from chargehub.rails.stripe.line import Line
from chargehub.settings import Settings
from tests.docs_tables import refusals, rows_of
from tests.stripe_twin.operations import USED
from tests.tree import text

PAGE = Path("docs/payments.md")
EXPANDED = {"charges": "read"}  # read with holds and with the books, by no operation of its own


def table(heading: str) -> list[list[str]]:
    """The rows of the page's table whose first heading is this."""
    begin = text(PAGE).index(f"| {heading} |")
    return [list(row) for row in rows_of(text(PAGE)[begin:].split("\n\n")[0])]


def test_the_events_are_those_that_are_heard() -> None:
    heard = StripeNotices(Line("sk_test_none"), "").kinds

    assert [row[0] for row in table("Event")] == sorted(f"`{kind}`" for kind in heard)


def test_the_permissions_are_those_of_the_operations_used() -> None:
    needed: dict[str, str] = dict(EXPANDED)
    for operation, (name, _) in USED.items():
        resource = name.rpartition(".")[0]
        is_write = not operation.startswith("Get") or needed.get(resource) == "write"
        needed[resource] = "write" if is_write else "read"

    assert {row[0].strip("`"): row[1] for row in table("Resource")} == needed


def test_settings_and_refusals_are_the_hubs_own() -> None:
    told = text(PAGE)
    settings = {f"CHARGEHUB_{name.upper()}" for name in Settings.model_fields}
    codes = {kind.code for kind in refusals()} | {"authentication_required"}

    named = set(re.findall(r"CHARGEHUB_[A-Z_]+", told)) - {"CHARGEHUB_TEST_STRIPE_KEY"}
    assert named - settings == set()
    assert {name for name in settings if "STRIPE" in name} - named == set()
    failures = [row[0] for row in table("What you see")]
    assert {
        one.strip("`") for one in failures if one.startswith("`") and one.count(" ") == 0
    } <= codes
