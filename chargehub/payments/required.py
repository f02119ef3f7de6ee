"""What a rail still wants to know of an owner, in sentences. Pure.

The codes are Stripe's. Source: Stripe's documentation, "Required verification information".
"""

from collections.abc import Sequence

_OF_A_PERSON = {
    "address": "Tell your home address.",
    "dob": "Tell your date of birth.",
    "email": "Tell your e-mail address.",
    "first_name": "Tell your first name.",
    "full_name_aliases": "Tell other names that you are known by.",
    "id_number": "Tell your tax or identity number.",
    "last_name": "Tell your last name.",
    "nationality": "Tell your nationality.",
    "phone": "Tell your telephone number.",
    "political_exposure": "Say whether you hold a high public office.",
    "ssn_last_4": "Tell the last four digits of your social security number.",
    "verification.additional_document": "Send a second document, one that shows your address.",
    "verification.document": "Send a photo of your identity card or passport.",
    "verification.proof_of_liveness": "Take a photo of yourself.",
}
_OTHERS = {
    "business_profile": "Say what you are paid for.",
    "business_type": "Say whether you are paid as a person or a company.",
    "company": "Complete what is asked about your company.",
    "directors": "Say who directs the company.",
    "executives": "Say who leads the company.",
    "external_account": "Name the bank account that you are paid on.",
    "owners": "Say who owns the company.",
    "representative": "Complete what is asked about who acts for the company.",
    "tos_acceptance": "Accept the terms of the payment service.",
}


def sentences(codes: Sequence[str]) -> tuple[str, ...]:
    """What to do, once each, in the order of the codes; a code that is new to us is told as it
    is."""
    return tuple(dict.fromkeys(_sentence(code) for code in codes))


def _sentence(code: str) -> str:
    first, _, rest = code.partition(".")
    table, text = (_OF_A_PERSON, rest) if first == "individual" else (_OTHERS, code)
    while text:
        if text in table:
            return table[text]
        text = text.rpartition(".")[0]
    return f"The payment service asks for “{code}”; its page says what that is."
