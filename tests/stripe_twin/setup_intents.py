"""Setup intents: a card is made ready for being charged while its holder is away."""

from tests.stripe_twin.customers import attach, card_of, method
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.world import PLATFORM, Call, Object, World, answers, changed, page

_KIND = "setup_intent"


@answers("PostSetupIntents")
def create(world: World, call: Call) -> Object:
    """An intent, and at once its confirmation where that is asked for."""
    made = new(world, call.get("customer"), call.get("usage") or "off_session")
    changed(made, call)
    if told := call.get("payment_method"):
        made["payment_method"] = method(world, told)["id"]
        made["status"] = "requires_confirmation"
    if call.get("confirm"):
        confirmed(world, made)
    return made


def new(world: World, customer: str | None, usage: str = "off_session") -> Object:
    """An intent that waits for its card."""
    intent_id = world.new_id("seti")
    made: Object = {
        "id": intent_id,
        "object": _KIND,
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{world.new_id('s')[2:]}",
        "created": world.clock.now,
        "customer": customer,
        "description": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": None,
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": usage,
    }
    world.tell("setup_intent.created", made)
    return world.add(PLATFORM, made)


def confirmed(world: World, intent: Object) -> Object:
    """Ask the card's bank; it may want to hear from its holder first. Raises Refused."""
    found = world.one(PLATFORM, "payment_method", intent["payment_method"])
    if card_of(found).authentication != "nothing":
        intent["status"] = "requires_action"
        url = f"{world.pages}/authenticate/{intent['id']}"
        intent["next_action"] = {
            "redirect_to_url": {"return_url": None, "url": url},
            "type": "redirect_to_url",
        }
        world.tell("setup_intent.requires_action", intent)
        return intent
    return authenticated(world, intent)


def authenticated(world: World, intent: Object) -> Object:
    """The holder agreed, or nobody asked: the card is ready. Raises Refused."""
    found = world.one(PLATFORM, "payment_method", intent["payment_method"])
    try:
        if intent["customer"]:
            attach(world, found, intent["customer"])
    except Refused as refused:
        intent |= {"status": "requires_payment_method", "last_setup_error": dict(refused.error)}
        world.tell("setup_intent.setup_failed", intent)
        raise
    found["_was_set_up"] = True
    intent |= {"status": "succeeded", "next_action": None}
    world.tell("setup_intent.succeeded", intent)
    return intent


@answers("GetSetupIntentsIntent")
def read(world: World, call: Call) -> Object:
    """A setup intent."""
    return world.one(PLATFORM, _KIND, call.path["intent"])


@answers("GetSetupIntents")
def listed(world: World, call: Call) -> Object:
    """Setup intents, the newest first."""
    found = [
        one
        for one in world.all(PLATFORM, _KIND).values()
        if call.get("customer") in (None, one["customer"])
    ]
    return page(call, "/v1/setup_intents", found)


@answers("PostSetupIntentsIntentCancel")
def cancel(world: World, call: Call) -> Object:
    """It is not wanted any more."""
    found = world.one(PLATFORM, _KIND, call.path["intent"])
    if found["status"] in ("succeeded", "canceled"):
        raise Refused("You cannot cancel this SetupIntent.", code="setup_intent_unexpected_state")
    found |= {"status": "canceled", "cancellation_reason": call.get("cancellation_reason")}
    world.tell("setup_intent.canceled", found)
    return found
