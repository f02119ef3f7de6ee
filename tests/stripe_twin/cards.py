"""The cards of Stripe's test mode that the twin knows, by token and by number, and what they do.

Source: Stripe's documentation, "Test card numbers".
"""

from dataclasses import dataclass
from typing import Literal

Wants = Literal["nothing", "once", "always"]
DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "expired_card": "Your card has expired.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card. `authentication`: when its bank wants to hear from its holder; `once`: not again for
    what was set up. `declines`: why every charge is refused. `disputes`: every charge is disputed.
    `grows`: a hold can be made larger. `overcapture_percent`: how far beyond a hold is captured.
    """

    last4: str
    brand: str = "visa"
    authentication: Wants = "nothing"
    declines: str | None = None
    disputes: str | None = None
    grows: bool = True
    overcapture_percent: int = 0
    days: int = 7


CARDS = {
    "4242424242424242": Card("4242"),
    "5555555555554444": Card("4444", "mastercard", grows=False),
    "378282246310005": Card("0005", "amex", grows=False, overcapture_percent=20),
    "4000000000000002": Card("0002", declines="generic_decline"),
    "4000000000009995": Card("9995", declines="insufficient_funds"),
    "4000000000000341": Card("0341", declines="generic_decline"),  # only once it is attached
    "4000002500003155": Card("3155", authentication="once"),
    "4000002760003184": Card("3184", authentication="always"),
    "4000000000000259": Card("0259", disputes="fraudulent"),
    "4000000000002685": Card("2685", disputes="product_not_received"),
}
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
}
BY_LAST4 = {card.last4: card for card in CARDS.values()}
CAN_BE_SET_UP = {
    number for number in CARDS if number not in ("4000000000000002", "4000000000009995")
}
