"""What a rail requires, in words."""

from chargehub.payments.required import sentences


def test_codes_become_sentences_once_each() -> None:
    codes = ["individual.dob.day", "individual.dob.month", "external_account"]

    assert sentences(codes) == (
        "Tell your date of birth.",
        "Name the bank account that you are paid on.",
    )


def test_the_longest_known_part_of_a_code_counts() -> None:
    assert "photo of your identity card" in sentences(["individual.verification.document"])[0]
    assert sentences(["tos_acceptance.date"]) == ("Accept the terms of the payment service.",)
    assert sentences(["representative.dob.day"]) == (
        "Complete what is asked about who acts for the company.",
    )


def test_an_unknown_code_is_told_as_it_is() -> None:
    assert "“individual.shoe_size”" in sentences(["individual.shoe_size"])[0]
    assert "“future_thing.a”" in sentences(["future_thing.a"])[0]
