"""Connected accounts of owners: onboarding by a hosted page, requirements, capabilities."""

from typing import Any

from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page

_KIND = "account"
LINK_LASTS_S = 300
_NEEDED = ["business_profile.url", "external_account", "individual.dob.day", "tos_acceptance.date"]


@answers("PostAccounts")
def create(world: World, call: Call) -> Object:
    """An account that its owner completes on the hosted page."""
    told = call.get("controller") or {}
    made: Object = {
        "id": world.new_id("acct"),
        "object": _KIND,
        "business_profile": None,
        "business_type": call.get("business_type"),
        "capabilities": dict.fromkeys(call.get("capabilities") or {}, "inactive"),
        "charges_enabled": False,
        "controller": {
            "fees": {"payer": (told.get("fees") or {}).get("payer") or "account"},
            "is_controller": True,
            "losses": {"payments": (told.get("losses") or {}).get("payments") or "stripe"},
            "requirement_collection": told.get("requirement_collection") or "stripe",
            "stripe_dashboard": {
                "type": (told.get("stripe_dashboard") or {}).get("type") or "full"
            },
            "type": "application",
        },
        "country": call.get("country") or "DE",
        "created": world.clock.now,
        "default_currency": "eur",
        "details_submitted": False,
        "email": None,
        "external_accounts": {
            "data": [],
            "has_more": False,
            "object": "list",
            "url": "/v1/accounts/external_accounts",
        },
        "future_requirements": _requirements([]),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(_NEEDED),
        "settings": {
            "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
            "card_payments": {
                "statement_descriptor_prefix": None,
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
            "payments": dict.fromkeys(
                (
                    "statement_descriptor",
                    "statement_descriptor_kana",
                    "statement_descriptor_kanji",
                )
            ),
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
        },
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "none",
    }
    return world.add(PLATFORM, changed(made, call, "email"))


def _requirements(due: list[str], disabled: str | None = None) -> Object:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled or ("requirements.past_due" if due else None),
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def account(world: World, account_id: str) -> Object:
    """A connected account. Raises Refused."""
    return world.one(PLATFORM, _KIND, account_id)


@answers("GetAccountsAccount")
def read(world: World, call: Call) -> Object:
    """A connected account; of one that is not the platform's nothing is told."""
    if call.path["account"] not in world.all(PLATFORM, _KIND):
        raise Refused(
            f"The provided key does not have access to account '{call.path['account']}' "
            "(or that account does not exist).",
            status=403,
            code="account_invalid",
        )
    return account(world, call.path["account"])


@answers("PostAccountsAccount")
def change(world: World, call: Call) -> Object:
    """Change an account; its payout schedule among others."""
    found = account(world, call.path["account"])
    schedule = call.get("settings", "payouts", "schedule")
    if schedule is not None:
        found["settings"]["payouts"]["schedule"] |= schedule
    for name in call.get("capabilities") or {}:
        found["capabilities"].setdefault(name, "inactive")
    changed(found, call, "email")
    world.tell("account.updated", found, found["id"])
    return found


@answers("GetAccounts")
def listed(world: World, call: Call) -> Object:
    """Connected accounts, the newest first."""
    return page(call, "/v1/accounts", list(world.all(PLATFORM, _KIND).values()))


@answers("PostAccountLinks")
def link(world: World, call: Call) -> Object:
    """A page of Stripe's on which the owner tells what is required. It opens once."""
    found = account(world, call.get("account"))
    if call.get("type") != "account_onboarding" and not found["details_submitted"]:
        raise Refused("The account has not been onboarded yet.", param="type")
    token = world.new_id("acctlink")
    made = {
        "object": "account_link",
        "created": world.clock.now,
        "expires_at": world.clock.now + LINK_LASTS_S,
        "url": f"{world.pages}/onboarding/{token}",
    }
    world.links[token] = {**made, "account": found["id"], "return_url": call.get("return_url")}
    return made


@answers("PostAccountsAccountLoginLinks")
def login(world: World, call: Call) -> Object:
    """A page of Stripe's on which an owner sees balance and payouts."""
    found = account(world, call.path["account"])
    if not found["details_submitted"]:
        raise Refused(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    return {
        "object": "login_link",
        "created": world.clock.now,
        "url": f"{world.pages}/dashboard/{found['id']}",
    }


def complete(world: World, account_id: str) -> Object:
    """The owner told everything that is required, and Stripe believes it."""
    found = account(world, account_id)
    bank: dict[str, Any] = {
        "id": world.new_id("ba"),
        "object": "bank_account",
        "account": account_id,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "TWIN BANK",
        "country": found["country"],
        "currency": "eur",
        "default_for_currency": True,
        "fingerprint": "fptwin",
        "last4": "3000",
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }
    found["external_accounts"]["data"] = [bank]
    found["capabilities"] = dict.fromkeys(found["capabilities"], "active")
    found |= {
        "charges_enabled": True,
        "payouts_enabled": True,
        "details_submitted": True,
        "requirements": _requirements([]),
    }
    world.tell("account.updated", found, account_id)
    return found


def require(world: World, account_id: str, *due: str) -> Object:
    """Stripe wants to know more, and pays nothing out before."""
    found = account(world, account_id)
    found |= {"payouts_enabled": False, "requirements": _requirements(list(due))}
    found["capabilities"] = dict.fromkeys(found["capabilities"], "inactive")
    world.tell("account.updated", found, account_id)
    return found
