"""Pages say no in the language of who reads them, though REST says it in English."""

import pytest

from chargehub.web.languages import language
from chargehub.web.sentences import Sentences
from tests.web.browsing import BrowsedHub

GERMAN = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "de-AT,en;q=0.5"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_is_wrong_is_said_in_the_language_of_the_browser(
    browsed: BrowsedHub, database: str
) -> None:
    sent = {"email": "anna@example.org", "password": "wrong horse"}
    login = await browsed.api.post("/login", data=sent, headers=GERMAN)
    register = await browsed.api.post("/register", data={**sent, "name": ""}, headers=GERMAN)
    nowhere = await browsed.api.get("/nowhere", headers=GERMAN)

    assert "Die E-Mail-Adresse oder das Passwort stimmt nicht." in login.text
    assert "Das wird gebraucht." in register.text
    assert "Hier ist nichts" in nowhere.text


def test_figures_are_taken_over_and_instants_are_told_as_people_say_them() -> None:
    known = {"Wait %(wait_s)s seconds.": "Warte %(wait_s)s Sekunden."}

    assert Sentences(known).said("Wait 12 seconds.") == "Warte 12 Sekunden."
    assert Sentences(known).said("Wait 12 minutes.") == "Wait 12 minutes."
    told = language("en").refusal("It opens at 2026-03-02T18:30Z.", "Europe/Oslo")
    assert told == "It opens at Mon 2 Mar, 19:30 CET."
    assert language("de").refusal("Up to 12.50 EUR.") == "Up to 12,50\xa0€."
    assert language("de").refusal("Up to 12.50 ABC.") == "Up to 12.50 ABC."


def test_the_sentence_that_says_most_is_the_one() -> None:
    known = {"Choose %(what)s": "Wähle %(what)s", "Choose %(what)s or none": "%(what)s oder nichts"}

    assert Sentences(known).said("Choose A or none") == "A oder nichts"
    assert Sentences(known).said("Choose A") == "Wähle A"


def test_sentences_one_after_the_other_are_found_one_by_one() -> None:
    known = {"Wait. Or go.": "Warte. Oder geh.", "Booking %(id)s runs.": "Buchung %(id)s läuft."}

    assert Sentences(known).said("Booking 7 runs. Wait. Or go. Booking 8 runs.") == (
        "Buchung 7 läuft. Warte. Oder geh. Buchung 8 läuft."
    )
    assert Sentences(known).said("Wait. Or go. Or not.") == "Wait. Or go. Or not."


def test_a_percent_sign_is_only_a_percent_sign() -> None:
    assert language("de").refusal("100 % of nothing, %(s)s and %d") == (
        "100 % of nothing, %(s)s and %d"
    )


def test_english_says_what_the_framework_says_in_everyday_words() -> None:
    assert language("en").refusal("Field required") == "This is needed."
    assert language("en").refusal("String should have at least 10 characters") == (
        "Write 10 characters at least."
    )
