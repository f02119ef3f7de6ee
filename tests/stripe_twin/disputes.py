"""Disputes: a bank takes money back; evidence may win it again."""

from typing import Any

from tests.stripe_twin import balances
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page

_DUE_S = 7 * 86_400
_WINNING, _LOSING = "winning_evidence", "losing_evidence"
EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


def opened(world: World, charge: Object, reason: str) -> Object:
    """The bank of a card takes a charge back."""
    evidence: dict[str, Any] = {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}}
    made: Object = {
        "id": world.new_id("dp"),
        "object": "dispute",
        "amount": charge["amount_captured"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.clock.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence,
        "evidence_details": {
            "due_by": world.clock.now + _DUE_S,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "83"},
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
    _book(world, made, -made["amount"], balances.DISPUTE_FEE_MINOR)
    charge["disputed"] = True
    world.add(PLATFORM, made)
    world.tell("charge.dispute.created", made)
    world.tell("charge.dispute.funds_withdrawn", made)
    return made


def decide(world: World, dispute_id: str, is_won: bool) -> Object:
    """The bank decides; what was lost may be won after all."""
    found = world.one(PLATFORM, "dispute", dispute_id)
    decidable = "needs_response", "under_review", *(("lost",) if is_won else ())
    assert found["status"] in decidable, found["status"]
    found["status"] = "won" if is_won else "lost"
    if is_won:
        _book(world, found, found["amount"], 0)
        world.one(PLATFORM, "charge", found["charge"])["disputed"] = False
        world.tell("charge.dispute.funds_reinstated", found)
    world.tell("charge.dispute.closed", found)
    return found


def _book(world: World, dispute: Object, amount: int, fee: int) -> None:
    booked = balances.book(
        world, PLATFORM, "adjustment", amount, dispute["currency"], dispute["id"], fee_minor=fee
    )
    booked["reporting_category"] = "dispute" if amount < 0 else "dispute_reversal"
    dispute["balance_transactions"] = [*dispute["balance_transactions"], booked]


@answers("GetDisputesDispute")
def read(world: World, call: Call) -> Object:
    """A dispute."""
    return world.one(PLATFORM, "dispute", call.path["dispute"])


@answers("GetDisputes")
def listed(world: World, call: Call) -> Object:
    """Disputes, the newest first."""
    found = [
        one
        for one in world.all(PLATFORM, "dispute").values()
        if all(call.get(name) in (None, one[name]) for name in ("charge", "payment_intent"))
    ]
    return page(call, "/v1/disputes", found)


@answers("PostDisputesDispute")
def submit(world: World, call: Call) -> Object:
    """Keep evidence, and send it to the bank unless `submit` is false. Once."""
    found = world.one(PLATFORM, "dispute", call.path["dispute"])
    if found["status"] != "needs_response" or world.clock.now > found["evidence_details"]["due_by"]:
        raise Refused("This dispute is already closed, or its evidence was submitted.")
    told = call.get("evidence") or {}
    found["evidence"] |= told
    details = found["evidence_details"]
    details["has_evidence"] = details["has_evidence"] or bool(told)
    changed(found, call)
    if call.get("submit") is not False:
        details["submission_count"] += 1
        found["status"] = "under_review"
        world.tell("charge.dispute.updated", found)
        text = told.get("uncategorized_text") or ""
        if text in (_WINNING, _LOSING):  # as in Stripe's test mode
            return decide(world, found["id"], text == _WINNING)
    return found


@answers("PostDisputesDisputeClose")
def give_in(world: World, call: Call) -> Object:
    """Accept that it is lost."""
    return decide(world, call.path["dispute"], False)
